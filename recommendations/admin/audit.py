"""Who of the staff changed what, from which values to which: the log's entries of the plugin, newest first."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.admin.models import ACTION_FLAG_CHOICES, ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import BasketryAdmin, Page, sees_persons
from recommendations.admin.change_words import changes_of, items_in, values_of
from recommendations.models import Shopper
from recommendations.services.audit import LOOKED
from recommendations.services.titles import context_of, titles

PER_PAGE = 50

DONE = {ADDITION: _("added"), CHANGE: _("changed"), DELETION: _("deleted")}


def day_input() -> forms.DateInput:
    """The browser's own calendar, which wants days written as ISO 8601 does."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AuditForm(forms.Form):
    """Which entries: of whom, of what kind of row, what was done, from which day to which."""

    who = forms.CharField(label=_("By"), required=False, max_length=150, help_text=_("The whole user name."))
    model = forms.ChoiceField(label=_("Of"), required=False)
    done = forms.TypedChoiceField(
        label=_("What was done"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("anything")), *((flag, DONE[flag]) for flag, _words in ACTION_FLAG_CHOICES)],
    )
    since = forms.DateField(label=_("From day"), required=False, widget=day_input())
    until = forms.DateField(label=_("To day"), required=False, widget=day_input())
    before = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, types: Mapping[int, ContentType], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = sorted((str(one.name), str(pk)) for pk, one in types.items())
        chosen: Any = self.fields["model"]
        chosen.choices = [("", _("anything")), *((pk, name) for name, pk in kinds)]


def audit_page(model_admin: BasketryAdmin) -> Page:
    """The page, beside the list of this admin."""

    def view(request: HttpRequest) -> HttpResponse:
        types = {one.pk: one for one in ContentType.objects.filter(app_label=model_admin.opts.app_label)}
        if not sees_persons(request):
            types = {pk: one for pk, one in types.items() if one.model != Shopper._meta.model_name}
        form = AuditForm(types, request.GET)
        entries = list(_entries(form.cleaned_data, types)[: PER_PAGE + 1]) if form.is_valid() else []
        more = len(entries) > PER_PAGE
        entries = entries[:PER_PAGE]
        named = titles(items_in(entries), context_of(request))
        older = request.GET.copy()
        older["before"] = str(entries[-1].pk) if more else ""
        context = {
            "form": form,
            "rows": [_row(entry, named) for entry in entries],
            "older": f"?{older.urlencode()}" if more else "",
        }
        return model_admin.render(request, "audit.html", title=_("Changes by staff"), context=context)

    return Page("audit", "audit/", "admin.view_logentry", view, label=_("Changes by staff"))


def _entries(asked: Mapping[str, Any], types: Mapping[int, ContentType]) -> QuerySet[LogEntry]:
    entries = LogEntry.objects.select_related("user", "content_type").order_by("-id")
    entries = entries.filter(content_type__in=[int(asked["model"])] if asked["model"] else list(types))
    if asked["who"]:
        username = LogEntry.user.field.related_model.USERNAME_FIELD  # type: ignore[attr-defined]
        entries = entries.filter(**{f"user__{username}": asked["who"]})
    if asked["done"] is not None:
        entries = entries.filter(action_flag=asked["done"])
    if asked["since"]:
        entries = entries.filter(action_time__gte=make_aware(datetime.combine(asked["since"], time.min)))
    if asked["until"]:
        following = asked["until"] + timedelta(days=1)
        entries = entries.filter(action_time__lt=make_aware(datetime.combine(following, time.min)))
    return entries.filter(pk__lt=asked["before"]) if asked["before"] else entries


def _row(entry: LogEntry, named: Mapping[int, str]) -> dict[str, Any]:
    has_looked = entry.change_message == LOOKED
    return {
        "at": entry.action_time,
        "who": entry.user,
        "what": _("looked at") if has_looked else DONE.get(entry.action_flag, ""),
        "kind": entry.content_type.name if entry.content_type else "",
        "name": entry.object_repr,
        "url": _url(entry),
        "changes": changes_of(entry, named),
        "told": "" if has_looked or values_of(entry) is not None else entry.get_change_message(),
    }


def _url(entry: LogEntry) -> str:
    if entry.action_flag == DELETION:
        return ""
    try:
        return entry.get_admin_url() or ""
    except NoReverseMatch:
        return ""
