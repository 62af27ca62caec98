"""Lists that were on a shopper's screen, and what they held."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import PersonalAdmin, table
from recommendations.models import Impression


@admin.register(Impression)
class ImpressionAdmin(PersonalAdmin):
    list_display = ("shown_at", "placement", "shopper", "items_shown", "fallback", "variant", "recommendation")
    list_filter = ("fallback", "shown_at")
    list_select_related = ("shopper",)
    fields = (
        ("recommendation", "placement", "variant"),
        "shopper",
        ("served_at", "shown_at", "fallback"),
        "item_table",
        "versions",
    )
    search_fields = ("recommendation",)
    search_help_text = _("Search by the whole recommendation id, placement or shopper key.")
    exact_fields = ("recommendation", "placement")
    shopper_fields = ("shopper",)
    ordering = ("-id",)
    sortable_by = ()

    def load(self, row: Any) -> None:
        row.shown = [entry for entry in row.items if len(entry) == 4]

    def items_of(self, row: Any) -> Iterable[int]:
        return [entry[0] for entry in getattr(row, "shown", ())]

    @admin.display(description=_("items"))
    def items_shown(self, impression: Any) -> int:
        return len(impression.items)

    @admin.display(description=_("items"))
    def item_table(self, impression: Any) -> SafeString:
        headings = (_("rank"), _("title"), _("source"), _("propensity"), _("outcome"))
        clicked, bought = impression.outcome or ((), ())
        words = {**dict.fromkeys(clicked, _("clicked")), **dict.fromkeys(bought, _("bought"))}
        rows = (
            (rank, impression.titles.get(item, item), source, propensity, words.get(rank, ""))
            for item, rank, source, propensity in impression.shown
        )
        return table(headings, rows)
