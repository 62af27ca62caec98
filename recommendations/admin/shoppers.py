"""Shoppers: what they decided about their data, and the way to what they did."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import MOST_LISTED, Page, PersonalAdmin
from recommendations.admin.shopper_erasing import erasing_page
from recommendations.admin.shopper_page import shopper_page
from recommendations.models import Order, Shopper


@admin.register(Shopper)
class ShopperAdmin(PersonalAdmin):
    list_display = ("look", "user", "consent", "consent_at", "merged_into", "orders", "events", "created_at")
    fields = (
        ("key", "user", "merged_into"),
        ("consent", "consent_version", "consent_at"),
        ("orders", "events", "ratings", "impressions"),
        "created_at",
    )
    list_filter = ("consent",)
    list_select_related = ("user", "merged_into")
    list_display_links = None
    search_fields = ("key",)
    search_help_text = _("Search by the whole shopper key, such as user:42, user name, e-mail address or order key.")
    ordering = ("-id",)
    sortable_by = ()

    def pages(self) -> Sequence[Page]:
        return [shopper_page(self), erasing_page(self)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Shopper.objects.filter(erased_at__isnull=True).order_by(*self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Shoppers whose key, login or order the words are; each is found by an index of its own."""
        words = search_term.strip().replace("\x00", "")
        if not words:
            return queryset, False
        users = get_user_model()
        logins = Q(**{users.USERNAME_FIELD: words}) | Q(**{users.get_email_field_name(): words})
        accounts = list(users._default_manager.filter(logins).values_list("pk", flat=True)[:MOST_LISTED])
        buyers = list(Order.objects.filter(key=words).values_list("shopper_id", flat=True)[:MOST_LISTED])
        keys = [words, *(f"user:{pk}" for pk in accounts)]
        return queryset.filter(Q(key__in=keys) | Q(user__in=accounts) | Q(pk__in=buyers)), False

    @admin.display(description=_("shopper key"))
    def look(self, shopper: Any) -> SafeString:
        return format_html('<a href="{}">{}</a>', self.page_url("person", shopper.pk), shopper.key)

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
