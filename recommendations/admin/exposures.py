"""New items and what was learnt of them, and the sums of what was shown."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import SEARCH_HELP, ReadOnlyAdmin, title_of
from recommendations.models import Arrival, ItemExposure


@admin.register(Arrival)
class ArrivalAdmin(ReadOnlyAdmin):
    list_display = ("title", "launched_at", "looked_at", "brought", "rate_believed", "tries")
    list_select_related = ("item",)
    fields = ("item", "title", "launched_at", "categories", "looked_at", "brought", "rate_believed", "tries")
    search_fields = ("id",)
    search_help_text = SEARCH_HELP
    item_fields = ("item",)
    ordering = ("-share", "-launched_at", "id")
    sortable_by = ()

    title = title_of("item", _("title"))

    @admin.display(description=_("looked at"))
    def looked_at(self, arrival: Any) -> str:
        return f"{arrival.examinations:,.1f}"

    @admin.display(description=_("rewards"))
    def brought(self, arrival: Any) -> str:
        return f"{arrival.rewards:,.1f}"

    @admin.display(description=_("believed before"))
    def rate_believed(self, arrival: Any) -> str:
        return f"{arrival.believed:.1%}"

    @admin.display(description=_("share of tries"))
    def tries(self, arrival: Any) -> str:
        return f"{arrival.share:.1%}"


@admin.register(ItemExposure)
class ItemExposureAdmin(ReadOnlyAdmin):
    list_display = ("title", "placement", "rank", "impressions", "clicks", "purchases")
    list_select_related = ("item",)
    fields = ("item", "title", "placement", "rank", "impressions", "clicks", "purchases")
    search_fields = ("id",)
    search_help_text = SEARCH_HELP
    item_fields = ("item",)
    ordering = ("item", "placement", "rank")
    sortable_by = ()

    title = title_of("item", _("title"))
