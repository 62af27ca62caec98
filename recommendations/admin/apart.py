"""Keep the categories of a rule's two products apart."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import BasketryAdmin
from recommendations.admin.moments import MomentField
from recommendations.exceptions import InvalidInput
from recommendations.models import Rule
from recommendations.services import bans, claims
from recommendations.services.titles import categories_of, context_of


class ApartForm(forms.Form):
    """Which category of the one side, and which of the other."""

    category = forms.ChoiceField(label=_("category"))
    beside = forms.ChoiceField(label=_("not beside"))
    starts_at = MomentField(label=pgettext_lazy("a period", "from"), required=False)
    ends_at = MomentField(label=pgettext_lazy("a period", "to"), required=False)
    note = forms.CharField(label=_("note"), required=False, max_length=1_000)

    def __init__(self, *args: Any, left: Sequence[str], right: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        apart = next(((one, other) for one in left for other in right if one != other), ("", ""))
        for name, keys, first in zip(("category", "beside"), (left, right), apart, strict=True):
            self.fields[name].choices = [(key, key) for key in keys]  # type: ignore[attr-defined]
            self.fields[name].initial = first

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("category") and said.get("category") == said.get("beside"):
            self.add_error("beside", _("Choose two categories: a category cannot be kept apart from itself."))
        return said


def keep_apart_page(model_admin: BasketryAdmin, request: HttpRequest) -> HttpResponse:
    """Ask which categories, with the two products' own to choose from; keep them apart where it is sent."""
    pk = request.GET.get("rule", "")
    rule: Any = Rule.objects.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
    if rule is None:
        raise Http404
    model_admin.dress([rule], request)
    known = categories_of([*claims.antecedents(rule), rule.consequent_id], context_of(request))
    left = list(dict.fromkeys(key for pk in claims.antecedents(rule) for key in known.get(pk, ())))
    form = ApartForm(request.POST or None, left=left, right=known.get(rule.consequent_id, ()))
    if request.method == "POST" and form.is_valid():
        user: Any = request.user
        try:
            ban = bans.keep_apart(
                **form.cleaned_data, may_change=user.has_perm("recommendations.change_categoryban"), user_id=user.pk
            )
        except InvalidInput as error:
            form.add_error(error.field, error.message)
        else:
            words = gettext("%(category)s and %(beside)s are kept apart.")
            told = words % {"category": ban.category, "beside": ban.beside}
            model_admin.message_user(request, told, messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:recommendations_rule_changelist"))
    context = {"form": form, "claims": [claims.sentence(rule, rule.titles)], "more": ""}
    return model_admin.render(request, "decide.html", title=gettext("Keep categories apart"), context=context)
