"""Shoppers: what they decided about their data, and the way to what they did."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import PersonalAdmin
from recommendations.models import Shopper


@admin.register(Shopper)
class ShopperAdmin(PersonalAdmin):
    list_display = ("key", "user", "consent", "consent_at", "merged_into", "orders", "events", "created_at")
    fields = (
        ("key", "user", "merged_into"),
        ("consent", "consent_version", "consent_at"),
        ("orders", "events", "ratings", "impressions"),
        "created_at",
    )
    list_filter = ("consent",)
    list_select_related = ("user", "merged_into")
    search_fields = ("key",)
    search_help_text = _("Search by the whole shopper key, such as user:42.")
    exact_fields = ("key",)
    ordering = ("-id",)
    sortable_by = ()

    @admin.display(description=_("orders"))
    def orders(self, shopper: Any) -> SafeString:
        return _rows_of(shopper, "order", _("orders"))

    @admin.display(description=_("events"))
    def events(self, shopper: Any) -> SafeString:
        return _rows_of(shopper, "browselog", _("events"))

    @admin.display(description=_("ratings"))
    def ratings(self, shopper: Any) -> SafeString:
        return _rows_of(shopper, "rating", _("ratings"))

    @admin.display(description=_("impressions"))
    def impressions(self, shopper: Any) -> SafeString:
        return _rows_of(shopper, "impression", _("impressions"))


def _rows_of(shopper: Any, model: str, words: Any) -> SafeString:
    """A link to the shopper's rows. How many there are would be a count a row, so it is not said."""
    url = reverse(f"admin:recommendations_{model}_changelist", query={"shopper__id__exact": shopper.pk})
    return format_html('<a href="{}">{}</a>', url, words)
