"""Rules with both products and their counts in words, and what staff decide of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import BasketryAdmin, ReadOnlyAdmin, listed, table
from recommendations.admin.ranges import RangeFilter
from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    Decision,
    LivePointer,
    Rule,
    RuleDecision,
    RuleKind,
    RuleStatus,
)
from recommendations.services import claims
from recommendations.services.decide import decide, withdraw
from recommendations.services.live import pairs_now, rule_apart, rule_now

MOST_VERSIONS = 10
UNDECIDED = "none"
RULE_KEY = (
    r"^([0-9]{1,18}(,[0-9]{1,18}){0,2}|(substitute|viewed_together|viewed_then_bought):[0-9]{1,18})=>[0-9]{1,18}$"
)
WAITING = "waiting"
MEASURES = ("orders", "shoppers", "support", "confidence", "lift", "leverage", "conviction")


class VersionFilter(admin.SimpleListFilter):
    """The live version unless another one is asked for."""

    title = _("version")
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        versions = Artefact.objects.filter(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED).order_by("-id")
        return [(str(version.pk), str(version)) for version in versions[:MOST_VERSIONS]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        version = self.value()
        if version in dict(self.lookup_choices):
            return queryset.filter(artefact=version)
        live = LivePointer.objects.filter(kind=ArtefactKind.RULES).values_list("artefact_id", flat=True).first()
        return queryset.filter(artefact=live)

    def has_output(self) -> bool:
        """Always: without it a version in the making would show before the first one is published."""
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": _("live")} if number == 0 else choice


class DecisionFilter(admin.SimpleListFilter):
    title = _("decision")
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*Decision.choices, (UNDECIDED, _("undecided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        decided = RuleDecision.objects.values("rule_key")
        if self.value() == UNDECIDED:
            return queryset.exclude(key__in=decided)
        if self.value():
            return queryset.filter(key__in=decided.filter(decision=self.value()))
        return queryset


class HoldFilter(admin.SimpleListFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(WAITING, _("waits for review")), *RuleStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == WAITING:
            return queryset.filter(pk__in=Rule.objects.waiting(timezone.now()).values("pk"))
        return queryset.filter(status=self.value()) if self.value() else queryset


class DecisionForm(ActionForm):
    """Beside the action to run: why."""

    note = forms.CharField(label=_("Note:"), required=False, max_length=1_000)


@admin.register(Rule)
class RuleAdmin(ReadOnlyAdmin):
    list_display = (
        "claim",
        "kind",
        "now",
        "held",
        "decided",
        "support_text",
        "confidence_text",
        "lift_text",
        "leverage_text",
        "conviction_text",
        "weighted_lift_text",
        "p_text",
        "shoppers",
    )
    list_filter = (VersionFilter, "kind", HoldFilter, DecisionFilter, *((one, RangeFilter) for one in MEASURES))
    fields = (
        ("claim", "kind"),
        "now",
        "held",
        "apart",
        "decided",
        ("antecedent", "antecedent_2", "antecedent_3", "consequent"),
        ("orders", "antecedent_orders", "consequent_orders", "total_orders", "shoppers"),
        ("support_text", "confidence_text", "lift_text", "leverage_text", "conviction_text"),
        ("weighted_lift_text", "p_text", "expected"),
        ("key", "artefact"),
    )
    list_select_related = ("antecedent", "antecedent_2", "antecedent_3", "consequent", "artefact")
    search_fields = ("key",)
    search_help_text = _("Search by product key, words of a title, or the whole rule key.")
    exact_fields = ("key",)
    item_fields = ("antecedent", "antecedent_2", "antecedent_3", "consequent")
    ordering = ("-orders",)
    action_form = DecisionForm
    actions = ("approve", "reject", "freeze", "boost", "forget")

    def dress(self, rows: Sequence[Any], request: HttpRequest) -> None:
        super().dress(rows, request)
        decisions = RuleDecision.objects.filter(rule_key__in=[row.key for row in rows]).select_related("decided_by")
        by_key = {decision.rule_key: decision for decision in decisions}
        live = pairs_now(rows, now=timezone.now())
        for row in rows:
            row.decision = by_key.get(row.key)
            row.now = live.get(row.pk)

    def load(self, row: Any) -> None:
        row.loaded = rule_now(row, now=timezone.now())
        row.campaigns = rule_apart(row)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say which mine the list rests on."""
        response = super().changelist_view(request, extra_context)
        page = getattr(response, "context_data", None) or {}
        if "cl" in page and page["cl"].result_list:
            words = [mine_in_words(page["cl"].result_list[0].artefact), page.get("subtitle") or ""]
            page["subtitle"] = " ".join(word for word in words if word)
        return response

    def has_decide_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perms(["recommendations.add_ruledecision", "recommendations.change_ruledecision"]))

    def has_forget_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm("recommendations.delete_ruledecision"))

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

    @admin.action(description=_("Withdraw what was decided of the selected rules"), permissions=["forget"])
    def forget(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        user: Any = request.user
        withdrawn = withdraw(rule_keys=_keys(queryset), user_id=user.pk)
        words = ngettext("%(count)d decision withdrawn.", "%(count)d decisions withdrawn.", withdrawn)
        self.message_user(request, words % {"count": withdrawn}, messages.SUCCESS)

    @admin.display(description=_("in words"), ordering="orders")
    def claim(self, rule: Any) -> str:
        return claims.sentence(rule, rule.titles)

    @admin.display(description=_("by the counts of now"))
    def now(self, rule: Any) -> str:
        """The counts of now; of rules with several antecedents on their own page alone, as they are counted anew."""
        live = rule.now or getattr(rule, "loaded", None)
        if live is None:
            return "-"
        counts = gettext("%(both)s of %(first)s") % {
            "both": f"{live.orders:,}",
            "first": f"{live.antecedent_orders:,}",
        }
        if live.holds is None:
            return counts
        if live.waits:
            state = gettext("waits for review")
        else:
            state = gettext("holds") if live.holds else gettext("no longer holds")
        return f"{counts} · {state}"

    @admin.display(description=_("held"), ordering="status")
    def held(self, rule: Any) -> str:
        """Why staff must see the rule before the shop does."""
        return "; ".join(claims.why_held(rule)) or "-"

    @admin.display(description=_("within campaigns"))
    def apart(self, rule: Any) -> SafeString | str:
        """The counts of now on the days of each campaign, apart from those of all other days."""
        if not rule.campaigns:
            return "-"
        rows = (
            (
                one.campaign.name,
                one.campaign.starts_on,
                one.campaign.ends_on,
                _share(one.orders, one.antecedent_orders),
                _share(one.other_orders, one.other_antecedent_orders),
            )
            for one in rule.campaigns
        )
        return table((_("campaign"), _("first day"), _("last day"), _("on its days"), _("on other days")), rows)

    @admin.display(description=_("decided"))
    def decided(self, rule: Any) -> SafeString:
        if rule.decision is None:
            url = reverse("admin:recommendations_ruledecision_add", query={"rule_key": rule.key})
            return format_html('<a href="{}">{}</a>', url, gettext("decide"))
        url = reverse("admin:recommendations_ruledecision_change", args=[rule.decision.pk])
        words = [rule.decision.get_decision_display(), str(rule.decision.decided_by or ""), rule.decision.note]
        return format_html('<a href="{}">{}</a>', url, " · ".join(word for word in words if word))

    @admin.display(description=_("support"), ordering="support")
    def support_text(self, rule: Any) -> str:
        return f"{rule.support:.2%}"

    @admin.display(description=_("confidence"), ordering="confidence")
    def confidence_text(self, rule: Any) -> str:
        return f"{rule.confidence:.1%}"

    @admin.display(description=_("lift"), ordering="lift")
    def lift_text(self, rule: Any) -> str:
        return f"{rule.lift:,.2f}"

    @admin.display(description=_("leverage"), ordering="leverage")
    def leverage_text(self, rule: Any) -> str:
        return f"{rule.leverage:.5f}"

    @admin.display(description=_("conviction"), ordering="conviction")
    def conviction_text(self, rule: Any) -> str:
        return "∞" if rule.conviction is None else f"{rule.conviction:,.2f}"

    @admin.display(description=_("weighted lift"), ordering="weighted_lift")
    def weighted_lift_text(self, rule: Any) -> str:
        return "-" if rule.weighted_lift is None else f"{rule.weighted_lift:,.2f}"

    @admin.display(description=_("p value"), ordering="p")
    def p_text(self, rule: Any) -> str:
        return "-" if rule.p is None else f"{rule.p:.2g}"

    def _decide(self, request: HttpRequest, queryset: QuerySet[Any], decision: Decision) -> None:
        user: Any = request.user
        note = request.POST.get("note", "").strip().replace("\x00", "")[:1_000]
        decided = decide(rule_keys=_keys(queryset), decision=decision, note=note, user_id=user.pk)
        words = ngettext("%(count)d rule is %(decision)s.", "%(count)d rules are %(decision)s.", decided)
        self.message_user(request, words % {"count": decided, "decision": decision.label}, messages.SUCCESS)


def _share(both: int, first: int) -> str:
    counts = gettext("%(both)s of %(first)s") % {"both": f"{both:,}", "first": f"{first:,}"}
    return f"{counts} · {both / first:.1%}" if first else counts


def mine_in_words(version: Artefact) -> str:
    """Which mine the rules rest on: when, over how many orders, with which cut-off."""
    told = gettext("Mined %(when)s from %(orders)s orders (%(version)s).") % {
        "when": date_format(timezone.localtime(version.created_at), "DATETIME_FORMAT"),
        "orders": f"{version.data_orders:,}",
        "version": version,
    }
    if "cutoff_p" not in version.metrics:
        return told
    cutoff = gettext("A pair is claimed at a p value of %(p)s or less.") % {"p": f"{version.metrics['cutoff_p']:.2g}"}
    return f"{told} {cutoff}"


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


def _keys(rules: QuerySet[Any]) -> list[str]:
    return list(listed(rules).values_list("key", flat=True))
