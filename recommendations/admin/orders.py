"""Orders, their lines and what was changed later: to look at, never to change."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import SEARCH_HELP, ReadOnlyAdmin, table, title_of
from recommendations.models import Amendment, Order, OrderLine


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("key", "channel", "shopper", "placed_at", "status", "currency", "counted")
    list_filter = ("status", "counted", "placed_at")
    list_select_related = ("shopper",)
    fields = (
        ("key", "channel", "shopper"),
        ("placed_at", "recorded_at", "status", "currency"),
        "line_table",
        "amendment_table",
        ("counted", "counted_titles"),
    )
    search_fields = ("key",)
    search_help_text = _("Search by the whole order key or shopper key.")
    exact_fields = ("key",)
    shopper_fields = ("shopper",)
    ordering = ("-id",)
    sortable_by = ()

    def get_object(self, request: Any, object_id: str, from_field: str | None = None) -> Any:
        self._forget_nothing = None
        return super().get_object(request, object_id, from_field)
