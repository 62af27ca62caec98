"""What staff decided of rules, each by the rule's key, so that it outlives every mining."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.audit import audit_page
from recommendations.admin.base import Page, may_decide
from recommendations.admin.curating import CuratedAdmin
from recommendations.exceptions import InvalidInput
from recommendations.models import Decision, RuleDecision, RuleKind
from recommendations.services.decide import RULE_KEY, Wanted, decide_each, require_freezable, withdraw


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

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "strength" in self.fields:  # Who may only look has no fields.
            self.fields["strength"].required = False

    class Meta:
        model = RuleDecision
        fields = ("rule_key", "decision", "strength", "starts_at", "ends_at", "note")

    def clean(self) -> dict[str, Any]:
        """The decision as the service takes it."""
        said: dict[str, Any] = super().clean() or {}
        if self.errors:
            return said
        try:
            self.wanted = Wanted(
                said.get("rule_key", self.instance.rule_key),
                Decision(said["decision"]),
                said["note"],
                (said["starts_at"], said["ends_at"]),
                said["strength"],
            )
            require_freezable([self.wanted])
        except InvalidInput as error:
            self.add_error(error.field, error.message)
        return said


@admin.register(RuleDecision)
class RuleDecisionAdmin(CuratedAdmin):
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
        ("decision", "strength"),
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
        return may_decide(request) or request.user.has_perm("recommendations.view_ruledecision")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_decide(request)

    def has_change_permission(self, request: HttpRequest, obj: RuleDecision | None = None) -> bool:
        return may_decide(request)

    def has_delete_permission(self, request: HttpRequest, obj: RuleDecision | None = None) -> bool:
        return may_decide(request)

    def items_of(self, row: Any) -> Iterable[int]:
        sides = row.rule_key.rpartition(":")[2]
        return [int(part) for part in sides.replace("=>", ",").split(",") if part.isdecimal()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A decision stays that of its rule."""
        return (*self.readonly_fields, "rule_key") if obj is not None else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        user: Any = request.user
        decide_each([form.wanted], user_id=user.pk)
        obj.pk = RuleDecision.objects.get(rule_key=form.wanted.rule_key).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        user: Any = request.user
        withdraw(rule_keys=[obj.rule_key], user_id=user.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        user: Any = request.user
        withdraw(rule_keys=list(queryset.values_list("rule_key", flat=True)), user_id=user.pk)

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
