"""What staff decided of rules, each by the rule's key, so that it outlives every mining."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.audit import audit_page
from recommendations.admin.base import BasketryAdmin, Page
from recommendations.admin.deciding import decides_rules
from recommendations.models import RuleDecision, RuleKind

RULE_KEY = (
    r"^([0-9]{1,18}(,[0-9]{1,18}){0,2}|(substitute|viewed_together|viewed_then_bought):[0-9]{1,18})=>[0-9]{1,18}$"
)


class RuleDecisionForm(forms.ModelForm):  # type: ignore[type-arg]
    rule_key = forms.CharField(
        label=_("rule key"),
        max_length=100,
        help_text=_(
            "Item ids as in 3,8=>12: up to three, ascending, and the one they lead to. The kind goes before "
            "unless it is what is bought together, as in substitute:3=>12."
        ),
        validators=[RegexValidator(RULE_KEY)],
    )

    class Meta:
        model = RuleDecision
        fields = ("rule_key", "decision", "starts_at", "ends_at", "note")


@admin.register(RuleDecision)
class RuleDecisionAdmin(BasketryAdmin):
    form = RuleDecisionForm
    list_display = (
        "rule_key",
        "kind",
        "products",
        "decision",
        "starts_at",
        "ends_at",
        "decided_by",
        "decided_at",
        "note",
    )
    list_filter = ("decision",)
    list_select_related = ("decided_by",)
    fields = (
        "rule_key",
        ("kind", "products"),
        "decision",
        ("starts_at", "ends_at"),
        "note",
        ("decided_by", "decided_at"),
    )
    readonly_fields = ("kind", "products", "decided_by", "decided_at")
    search_fields = ("rule_key",)
    exact_fields = ("rule_key",)
    search_help_text = _("Search by the whole rule key.")
    ordering = ("-decided_at", "-id")

    def pages(self) -> Sequence[Page]:
        return [audit_page(self)]

    def has_view_permission(self, request: HttpRequest, obj: RuleDecision | None = None) -> bool:
        return decides_rules(request) or request.user.has_perm("recommendations.view_ruledecision")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return decides_rules(request)

    def has_change_permission(self, request: HttpRequest, obj: RuleDecision | None = None) -> bool:
        return decides_rules(request)

    def has_delete_permission(self, request: HttpRequest, obj: RuleDecision | None = None) -> bool:
        return decides_rules(request)

    def items_of(self, row: Any) -> Iterable[int]:
        sides = row.rule_key.rpartition(":")[2]
        return [int(part) for part in sides.replace("=>", ",").split(",") if part.isdecimal()]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        obj.decided_by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description=_("kind"))
    def kind(self, decision: Any) -> str:
        kind = decision.rule_key.rpartition(":")[0] or (RuleKind.COMPLEMENT if decision.rule_key else "")
        return str(dict(RuleKind.choices).get(kind, kind))

    @admin.display(description=_("products"))
    def products(self, decision: Any) -> str:
        """The titles on both sides; empty on the form of a new decision."""
        known = getattr(decision, "titles", {})
        sides = [
            gettext(" and ").join(known.get(int(pk), pk) for pk in side.split(",") if pk.isdecimal())
            for side in decision.rule_key.rpartition(":")[2].split("=>")
        ]
        return " => ".join(side for side in sides if side)
