"""What staff decide of many rules at once, from their list."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from recommendations.admin.base import ReadOnlyAdmin, listed
from recommendations.models import Decision
from recommendations.services.decide import decide, withdraw


class DecisionForm(ActionForm):
    """Beside the action to run: why."""

    note = forms.CharField(label=_("Note:"), required=False, max_length=1_000)


class DecidingAdmin(ReadOnlyAdmin):
    """A list of rules that staff decide of."""

    action_form = DecisionForm
    actions = ("approve", "reject", "freeze", "boost", "forget")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return decides_rules(request)

    @admin.action(description=_("Approve the selected rules"), permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.APPROVED)

    @admin.action(description=_("Reject the selected rules"), permissions=["decide"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.REJECTED)

    @admin.action(description=_("Freeze the selected rules"), permissions=["decide"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.FROZEN)

    @admin.action(description=_("Boost the selected rules"), permissions=["decide"])
    def boost(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._decide(request, queryset, Decision.BOOSTED)

    @admin.action(description=_("Withdraw what was decided of the selected rules"), permissions=["decide"])
    def forget(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        user: Any = request.user
        withdrawn = withdraw(rule_keys=_keys(queryset), user_id=user.pk)
        words = ngettext("%(count)d decision withdrawn.", "%(count)d decisions withdrawn.", withdrawn)
        self.message_user(request, words % {"count": withdrawn}, messages.SUCCESS)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Any], decision: Decision) -> None:
        user: Any = request.user
        note = request.POST.get("note", "").strip().replace("\x00", "")[:1_000]
        decided = decide(rule_keys=_keys(queryset), decision=decision, note=note, user_id=user.pk)
        words = ngettext("%(count)d rule is %(decision)s.", "%(count)d rules are %(decision)s.", decided)
        self.message_user(request, words % {"count": decided, "decision": decision.label}, messages.SUCCESS)


def decides_rules(request: HttpRequest) -> bool:
    """Whether the member of staff may decide of rules."""
    user: Any = request.user
    return bool(user.has_perm("recommendations.decide_rule"))


def _keys(rules: QuerySet[Any]) -> list[str]:
    return list(listed(rules).values_list("key", flat=True))
