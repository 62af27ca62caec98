"""What staff decide of many rules at once, from their list, or of one, from its page."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from recommendations.admin.apart import keep_apart_page
from recommendations.admin.base import DECIDE, Page, ReadOnlyAdmin, listed, may_decide, more_than
from recommendations.admin.moments import MomentField
from recommendations.admin.sheets import sheet_pages
from recommendations.exceptions import InvalidInput
from recommendations.models import Decision, Rule
from recommendations.models.rules import STRENGTHS, USUAL_STRENGTH
from recommendations.services import claims
from recommendations.services.decide import Period, decide, withdraw
from recommendations.services.weekend import this_weekend

MOST_TOLD = 10
ALWAYS, WEEKEND, DATES = "always", "weekend", "dates"


class NoteForm(ActionForm):
    """Beside the action to run: why."""

    note = forms.CharField(label=_("Note:"), required=False, max_length=1_000)


class DecideForm(forms.Form):
    """A decision with its dates, of however many rules."""

    rule_keys = forms.CharField(widget=forms.HiddenInput)
    back = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2_000)
    decision = forms.ChoiceField(label=_("decision"), choices=Decision)
    strength = forms.FloatField(
        label=_("strength of a boost"),
        min_value=STRENGTHS[0],
        max_value=STRENGTHS[1],
        initial=USUAL_STRENGTH,
        required=False,
        help_text=_("1.1 to 10: how many times the rule counts in the order of a list"),
    )
    when = forms.ChoiceField(label=_("when"), initial=ALWAYS, widget=forms.RadioSelect)
    starts_at = MomentField(label=pgettext_lazy("a period", "from"), required=False)
    ends_at = MomentField(label=pgettext_lazy("a period", "to"), required=False)
    note = forms.CharField(
        label=_("note"), required=False, max_length=1_000, help_text=_("empty: an earlier note stays")
    )

    def __init__(self, *args: Any, weekend: Period, **options: Any) -> None:
        super().__init__(*args, **options)
        self.weekend = weekend
        self.fields["when"].choices = [  # type: ignore[attr-defined]
            (ALWAYS, _("from now on, without an end")),
            (WEEKEND, gettext("this weekend, %(period)s") % {"period": in_words(weekend)}),
            (DATES, _("between these times")),
        ]

    def clean_rule_keys(self) -> list[str]:
        """The rules' keys, which hold no space."""
        return sorted(set(self.cleaned_data["rule_keys"].split()))

    def period(self) -> Period:
        """From when to when."""
        said = self.cleaned_data
        return {ALWAYS: (None, None), WEEKEND: self.weekend}.get(said["when"], (said["starts_at"], said["ends_at"]))


class DecidingAdmin(ReadOnlyAdmin):
    """A list of rules that staff decide of."""

    action_form = NoteForm
    actions = ("decide_with_dates", "approve", "reject", "hide_this_weekend", "freeze", "boost", "keep_apart", "forget")
    change_form_template = "admin/recommendations/rule_form.html"

    def pages(self) -> Sequence[Page]:
        return (
            *super().pages(),
            *sheet_pages(self),
            Page("decide", "decide/", DECIDE, self.decide_page),
            Page(
                "apart",
                "keep-apart/",
                "recommendations.add_categoryban",
                lambda request: keep_apart_page(self, request),
            ),
        )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return may_decide(request)

    def has_ban_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("recommendations.add_categoryban"))

    @admin.action(description=_("Decide of the selected rules, with dates …"), permissions=["decide"])
    def decide_with_dates(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._ask(request, _keys(queryset), back=request.META.get("QUERY_STRING", ""))

    @admin.action(description=_("Approve the selected rules"), permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.APPROVED)

    @admin.action(description=_("Reject the selected rules"), permissions=["decide"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.REJECTED)

    @admin.action(
        description=_("Hide the selected rules' products beside each other this weekend"), permissions=["decide"]
    )
    def hide_this_weekend(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.REJECTED, period=_weekend())

    @admin.action(description=_("Freeze the selected rules"), permissions=["decide"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.FROZEN)

    @admin.action(description=_("Boost the selected rules"), permissions=["decide"])
    def boost(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.BOOSTED)

    @admin.action(description=_("Keep the categories of the selected rule apart …"), permissions=["ban"])
    def keep_apart(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, gettext("Select one rule to keep its categories apart."), messages.ERROR)
            return None
        return HttpResponseRedirect(f"{self.page_url('apart')}?rule={chosen[0].pk}")

    @admin.action(description=_("Withdraw what was decided of the selected rules"), permissions=["decide"])
    def forget(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        user: Any = request.user
        withdrawn = withdraw(rule_keys=_keys(queryset), user_id=user.pk)
        words = ngettext("%(count)d decision withdrawn.", "%(count)d decisions withdrawn.", withdrawn)
        self.message_user(request, words % {"count": withdrawn}, messages.SUCCESS)

    def decide_page(self, request: HttpRequest) -> HttpResponse:
        """Ask for a decision with its dates; take it where it is sent."""
        if request.method != "POST":
            rule = request.GET.get("rule", "")
            keys = Rule.objects.filter(pk=rule) if rule.isdecimal() and len(rule) < 19 else Rule.objects.none()
            return self._ask(request, _keys(keys), back="")
        form = DecideForm(request.POST, weekend=_weekend())
        if not form.is_valid():
            return self._page(request, form, request.POST.get("rule_keys", "").split())
        said, keys = form.cleaned_data, form.cleaned_data["rule_keys"]
        try:
            self._take(request, keys, Decision(said["decision"]), said["note"], form.period(), said["strength"])
        except InvalidInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self._page(request, form, keys)
        return HttpResponseRedirect(f"{reverse(f'admin:{self._named}_changelist')}?{said['back']}")

    def _ask(self, request: HttpRequest, keys: list[str], *, back: str) -> HttpResponse:
        form = DecideForm(initial={"rule_keys": " ".join(keys), "back": back[:2_000]}, weekend=_weekend())
        return self._page(request, form, keys)

    def _page(self, request: HttpRequest, form: DecideForm, keys: Sequence[str]) -> HttpResponse:
        rules: list[Any] = list(Rule.objects.live().filter(key__in=keys[:MOST_TOLD]).order_by("-orders"))
        self.dress(rules, request)
        context = {
            "form": form,
            "action": self.page_url("decide"),
            "claims": [claims.sentence(rule, rule.titles) for rule in rules],
            "more": more_than(len(keys), MOST_TOLD),
        }
        return self.render(request, "decide.html", title=gettext("Decide of rules"), context=context)

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[Any], decision: Decision, period: Period = (None, None)
    ) -> None:
        """What holds from now on unless a period is named: dates of an earlier decision are not this one's."""
        note = request.POST.get("note", "").strip().replace("\x00", "")[:1_000]
        try:
            self._take(request, _keys(queryset), decision, note, period, None)
        except InvalidInput as error:
            self.message_user(request, error.message, messages.ERROR)

    def _take(
        self,
        request: HttpRequest,
        keys: Sequence[str],
        decision: Decision,
        note: str,
        period: Period,
        strength: float | None,
    ) -> None:
        user: Any = request.user
        decided = decide(
            rule_keys=keys, decision=decision, note=note, period=period, strength=strength, user_id=user.pk
        )
        words = ngettext("%(count)d rule is %(decision)s.", "%(count)d rules are %(decision)s.", decided)
        told = words % {"count": decided, "decision": decision.label}
        if any(period):
            told = f"{told} {in_words(period)}"
        self.message_user(request, told, messages.SUCCESS)


def in_words(period: Period) -> str:
    """From when to when, in the page's time zone."""
    first, last = (date_format(timezone.localtime(one), "DATETIME_FORMAT") if one else "…" for one in period)
    return gettext("%(first)s to %(last)s") % {"first": first, "last": last}


def _weekend() -> Period:
    return this_weekend(timezone.now())


def _keys(rules: QuerySet[Any]) -> list[str]:
    return list(listed(rules).values_list("key", flat=True))
