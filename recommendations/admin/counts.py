"""The counts that serve: in how many baskets items occur, alone and together."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import SEARCH_HELP, ReadOnlyAdmin, title_of
from recommendations.models import BasketTotals, ItemCount, PairCount

SCALE = 2**32


@admin.register(BasketTotals)
class BasketTotalsAdmin(ReadOnlyAdmin):
    list_display = ("generation", "state", "orders", "sequence", "cap", "window_from", "folded_at")
    ordering = ("-generation",)


class LiveCountsAdmin(ReadOnlyAdmin):
    """Rows of the generation that serves; an item's own come first by what counts when it is searched for."""

    search_fields = ("id",)
    search_help_text = SEARCH_HELP
    sortable_by = ()
    strongest: str

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        live = BasketTotals.objects.live().values_list("generation", flat=True).first()
        return super().get_queryset(request).filter(generation=live)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        return (found.order_by(f"-{self.strongest}", "id") if search_term.strip() else found), duplicates


@admin.register(ItemCount)
class ItemCountAdmin(LiveCountsAdmin):
    list_display = ("title", "item", "orders")
    list_select_related = ("item",)
    item_fields = ("item",)
    ordering = ("-orders",)
    strongest = "orders"

    title = title_of("item", _("title"))


@admin.register(PairCount)
class PairCountAdmin(LiveCountsAdmin):
    list_display = ("low_title", "high_title", "orders", "weight_in_words")
    list_select_related = ("low", "high")
    fields = ("generation", "low", "low_title", "high", "high_title", "orders", "weight_in_words")
    item_fields = ("low", "high")
    ordering = ("low", "high")
    strongest = "weight"

    low_title = title_of("low", _("first product"))
    high_title = title_of("high", _("second product"))

    @admin.display(description=_("weight"))
    def weight_in_words(self, pair: Any) -> str:
        return f"{pair.weight / SCALE:,.2f}"
