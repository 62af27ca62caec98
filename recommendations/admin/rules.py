"""Rules with both products and their counts in words."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin import pictures
from recommendations.admin.base import Page, table
from recommendations.admin.deciding import DecidingAdmin
from recommendations.admin.product_cell import product
from recommendations.admin.ranges import RangeFilter
from recommendations.admin.reviewing import review_page
from recommendations.admin.rule_filters import (
    PRODUCT,
    CategoryFilter,
    DecisionFilter,
    HoldFilter,
    ProductFilter,
    VersionFilter,
)
from recommendations.admin.rule_verdict import verdict
from recommendations.models import Artefact, Rule, RuleDecision
from recommendations.services import claims
from recommendations.services.live import pairs_now, rule_apart, rule_now, rule_versions

HISTORY = "rule-history"
MEASURES = ("orders", "shoppers", "support", "confidence", "lift", "leverage", "conviction")


@admin.register(Rule)
class RuleAdmin(DecidingAdmin):
    list_display = ("products", "claim", "standing", "strength")
    list_display_links = ("claim",)
    list_filter = (
        VersionFilter,
        ProductFilter,
        CategoryFilter,
        "kind",
        HoldFilter,
        DecisionFilter,
        *((one, RangeFilter) for one in MEASURES),
    )
    fields = (
        "verdict",
        "claim",
        "products",
        "now",
        "held",
        "decided",
        "measures",
        "versions",
        "apart",
        "kind",
        ("orders", "antecedent_orders", "consequent_orders", "total_orders", "shoppers"),
        ("key", "artefact"),
    )
    list_select_related = ("antecedent", "antecedent_2", "antecedent_3", "consequent", "artefact")
    search_fields = ("key",)
    search_help_text = _("Search by product key, words of a title, or the whole rule key.")
    exact_fields = ("key",)
    item_fields = ("antecedent", "antecedent_2", "antecedent_3", "consequent")
    ordering = ("-orders",)

    def pages(self) -> Sequence[Page]:
        return (review_page(self), *super().pages(), *pictures.pages(self))

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
        row.history = rule_versions(row)

    def address_of(self, rule: Rule) -> str:
        """Where the page of one rule is."""
        return reverse("admin:recommendations_rule_change", args=[rule.pk])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say which mine the list rests on."""
        response = super().changelist_view(request, extra_context)
        page = getattr(response, "context_data", None) or {}
        if "cl" in page and page["cl"].result_list:
            words = [mine_in_words(page["cl"].result_list[0].artefact), page.get("subtitle") or ""]
            page["subtitle"] = " ".join(word for word in words if word)
        return response

    @admin.display(description=_("in words"), ordering="orders")
    def claim(self, rule: Any) -> str:
        return claims.sentence(rule, rule.titles)

    @admin.display(description=_("products"))
    def products(self, rule: Any) -> SafeString:
        """Those of both sides as the shop has them now, the consequent last."""
        now, address = timezone.now(), reverse("admin:recommendations_rule_changelist")
        shown = [
            (product(rule.facts[pk], now=now, address=f"{address}?{PRODUCT}={pk}"),)
            for pk in (*claims.antecedents(rule), rule.consequent_id)
            if pk in rule.facts
        ]
        return format_html_join("", "{}", shown)

    @admin.display(description=_("measures"))
    def measures(self, rule: Any) -> SafeString:
        """Each with a sentence on what it says."""
        rows = (
            (self.support_text, _("the share of all orders that have both sides")),
            (self.confidence_text, _("of the orders with the first side, the share that have the second one too")),
            (self.lift_text, _("how many times as often as if both were bought by chance")),
            (self.weighted_lift_text, _("the same, where large orders count for less; empty: not measured")),
            (self.leverage_text, _("the share of all orders by which both occur more often than by chance")),
            (self.conviction_text, _("how many times as often the rule would be wrong by chance; ∞: it never is")),
            (self.p_text, _("how probable so many common orders would be by chance; empty: not measured")),
        )
        shown: list[tuple[Any, ...]] = []
        for measure, words in rows:
            told: Any = measure
            shown.append((told.short_description, told(rule), words))
        return table((_("measure"), _("value"), _("what it says")), shown)

    @admin.display(description=_("by version"))
    def versions(self, rule: Any) -> SafeString:
        """The same claim in the versions that are kept, the newest first."""
        rows = [
            (
                date_format(timezone.localtime(one.artefact.created_at), "SHORT_DATETIME_FORMAT"),
                _share(one.orders, one.antecedent_orders),
                self.lift_text(one),
                self.weighted_lift_text(one),
            )
            for one in rule.history
        ]
        told = table((_("mined at"), _("orders or visitors with both"), _("lift"), _("weighted lift")), rows)
        return format_html("{}{}", _history(rule.history), told)

    @admin.display(description=_("in the shop"))
    def verdict(self, rule: Any) -> SafeString:
        """Whether the shop shows it, and because of what."""
        return verdict(rule, now=timezone.now())

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

    @admin.display(description=_("how it stands"), ordering="status")
    def standing(self, rule: Any) -> SafeString:
        """By the counts of now, why it waits, what was decided: a line each."""
        told = ((self.now(rule),), ("; ".join(claims.why_held(rule)),), (self.decided(rule),))
        return format_html_join("", "<div>{}</div>", (line for line in told if line[0] not in ("", "-")))

    @admin.display(description=_("strength"), ordering="confidence")
    def strength(self, rule: Any) -> SafeString:
        """The measures that tell most, each with its name."""
        shown: list[Any] = [self.confidence_text, self.weighted_lift_text]
        told = ((one.short_description, one(rule)) for one in shown)
        return format_html_join("", "<div><small>{}</small> {}</div>", (one for one in told if one[1] != "-"))

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


def _history(rules: Sequence[Rule]) -> SafeString | str:
    """The picture of a claim in the versions that are kept; nothing of a single one."""
    if len(rules) < 2:
        return ""
    oldest_first = rules[::-1]
    data = {
        "times": [
            date_format(timezone.localtime(one.artefact.created_at), "SHORT_DATETIME_FORMAT") for one in oldest_first
        ],
        "lines": [
            {"label": gettext("confidence, %"), "values": [round(100 * one.confidence, 2) for one in oldest_first]},
            {"label": gettext("lift"), "values": [round(one.lift, 2) for one in oldest_first]},
        ],
    }
    chart = format_html('<div class="basketry-chart basketry-chart-short" data-history="{}"></div>', HISTORY)
    return chart + json_script(data, HISTORY)


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
