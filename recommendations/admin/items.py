"""Items with their titles as the shop has them now, and in how many orders they were counted."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import SEARCH_HELP, ReadOnlyAdmin
from recommendations.models import BasketTotals, Item, ItemCount, Spelling
from recommendations.services.titles import find_items


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    list_display = ("key", "title", "counted_orders", "is_counted", "created_at")
    fields = ("key", "title", "counted_orders", "is_counted", "created_at")
    search_fields = ("key",)
    search_help_text = SEARCH_HELP
    ordering = ("-id",)
    sortable_by = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.strip().replace("\x00", "")
        if not words:
            return queryset, False
        return queryset.filter(Q(key__startswith=words) | Q(pk__in=find_items(words))), False

    def dress(self, rows: Sequence[Any], request: HttpRequest) -> None:
        super().dress(rows, request)
        live = BasketTotals.objects.live().values("generation")
        counts = ItemCount.objects.filter(generation__in=live, item__in=rows)
        orders = dict(counts.values_list("item_id", "orders"))
        for row in rows:
            row.live_orders = orders.get(row.pk, 0)

    def items_of(self, row: Any) -> Iterable[int]:
        return [row.pk]

    @admin.display(description=_("title"))
    def title(self, item: Any) -> str:
        return str(item.titles[item.pk])

    @admin.display(description=_("orders"))
    def counted_orders(self, item: Any) -> int:
        return int(item.live_orders)


@admin.register(Spelling)
class SpellingAdmin(ReadOnlyAdmin):
    list_display = ("title_count", "made_at")
    fields = ("title_count", "made_at")
    sortable_by = ()
