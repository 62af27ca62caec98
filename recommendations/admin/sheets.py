"""Rules out of their list as a file, and decisions back from one: looked at first, then written as a whole."""

from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import DECIDE, BasketryAdmin, Page, more_than
from recommendations.exceptions import InvalidInput, MissingPackage, UnreadableFile
from recommendations.services.export_rules import exported
from recommendations.services.import_decisions import CHANGES, MOST_BYTES, Plan, confirm, plan
from recommendations.services.sheets import as_csv, can_xlsx, write_xlsx
from recommendations.services.titles import context_of

EXPORT = "recommendations.export_rule"
MOST_SHOWN = 200
REST_OF_FORM = 1_000
"""Bytes of a form beside the plan that it hands back."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FileForm(forms.Form):
    file = forms.FileField(label=_("file"), help_text=_("CSV or XLSX as exported, of at most 5 MB and 50,000 lines."))

    def clean_file(self) -> bytes:
        """Its content, where that is not too large."""
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            words = _("The file has %(size)s bytes; at most %(most)s are read.")
            raise forms.ValidationError(words % {"size": f"{given.size:,}", "most": f"{MOST_BYTES:,}"})
        return bytes(given.read())


def sheet_pages(model_admin: BasketryAdmin) -> Sequence[Page]:
    """The views that a list of rules has beside it for files."""

    def export_csv(request: HttpRequest) -> HttpResponse:
        rows = _rows(model_admin, request, "csv")
        answer: Any = StreamingHttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="rules.csv"'
        return answer  # type: ignore[no-any-return]

    def export_xlsx(request: HttpRequest) -> HttpResponse:
        if not can_xlsx():
            raise Http404
        file = TemporaryFile()  # noqa: SIM115 (the answer closes it)
        write_xlsx(_rows(model_admin, request, "xlsx"), file)
        file.seek(0)
        answer: Any = FileResponse(file, as_attachment=True, filename="rules.xlsx", content_type=XLSX)
        return answer  # type: ignore[no-any-return]

    def import_page(request: HttpRequest) -> HttpResponse:
        return _import(model_admin, request)

    xlsx = [Page("export_xlsx", "export.xlsx", EXPORT, export_xlsx, _("Export as XLSX"), filtered=True)]
    return [
        Page("export_csv", "export.csv", EXPORT, export_csv, _("Export as CSV"), filtered=True),
        *(xlsx if can_xlsx() else []),
        Page("import", "import/", DECIDE, import_page, _("Import decisions")),
    ]


def _rows(model_admin: BasketryAdmin, request: HttpRequest, form: str) -> Any:
    """What the list's filters leave, however long it is."""
    user: Any = request.user
    try:
        rules = model_admin.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        raise Http404 from None
    filters = {name: values for name, values in request.GET.lists() if name not in ("p", "o", "all")}
    return exported(rules, context_of(request), filters=filters, form=form, user_id=user.pk)


def _import(model_admin: BasketryAdmin, request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form, found = FileForm(), None
    if request.method == "POST" and "sealed" in request.POST:
        try:
            changed = confirm(request.POST["sealed"], user_id=user.pk)
        except InvalidInput as error:
            messages.error(request, error.message)
        else:
            words = ngettext("%(count)d decision changed.", "%(count)d decisions changed.", changed)
            messages.success(request, words % {"count": changed})
            return HttpResponseRedirect(reverse("admin:recommendations_rule_changelist"))
    elif request.method == "POST":
        form = FileForm(request.POST, request.FILES)
        found = _planned(form)
    sealed = found.sealed() if found and found.changes and not found.problems else ""
    if found and not _comes_back(sealed):
        form.add_error("file", gettext("It changes more than this page can confirm at once: give it in parts."))
        found = None
    context = {
        "form": form,
        "plan": found,
        "counts": [(label, found.counts[kind]) for kind, label in CHANGES.items()] if found else [],
        "changes": [(CHANGES[kind], line) for kind, line in found.changes[:MOST_SHOWN]] if found else [],
        "more": more_than(len(found.changes), MOST_SHOWN) if found else "",
        "sealed": sealed,
    }
    return model_admin.render(request, "import.html", title=gettext("Import decisions"), context=context)


def _comes_back(sealed: str) -> bool:
    """Whether the host takes a form with this in it."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return most is None or len(sealed) + REST_OF_FORM <= most


def _planned(form: FileForm) -> Plan | None:
    """What the file would change; None where it cannot be read, which the form then says."""
    if not form.is_valid():
        return None
    try:
        return plan(form.cleaned_data["file"])
    except (UnreadableFile, MissingPackage) as error:
        form.add_error("file", str(error))
        return None
