"""Orders, their lines and what was changed later: to look at, never to change."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from recommendations.admin.base import RUN_JOBS, SEARCH_HELP, ReadOnlyAdmin, table, title_of
from recommendations.admin.buttons import Button, ButtonAdmin
from recommendations.models import Amendment, Order, OrderLine
from recommendations.services.count_again import count_again

MOST_CHANNELS = 50


class ChannelFilter(admin.SimpleListFilter):
    """Storefronts, apps and marketplaces, each found by one look into the index of order keys."""

    title = _("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        last = ""
        while len(found) < MOST_CHANNELS:
            later = model_admin.model.objects.filter(channel__gt=last).order_by("channel")
            last = later.values_list("channel", flat=True).first()
            if last is None:
                break
            found.append((last, last))
        return found

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset if self.value() is None else queryset.filter(channel=self.value())


@admin.register(Order)
class OrderAdmin(ButtonAdmin):
    list_display = ("key", "channel", "shopper", "placed_at", "status", "currency", "counted", "excluded")
    list_filter = (ChannelFilter, "status", "counted", "excluded", "placed_at", "clamped")
    list_select_related = ("shopper",)
    fields = (
        ("key", "channel", "shopper"),
        ("placed_at", "clamped", "recorded_at", "status", "currency"),
        "line_table",
        "amendment_table",
        ("counted", "excluded", "quarantine_reason", "counted_titles"),
    )
    search_fields = ("key",)
    search_help_text = _("Search by the whole order key or shopper key.")
    exact_fields = ("key",)
    shopper_fields = ("shopper",)
    ordering = ("-id",)
    sortable_by = ()

    def buttons(self) -> Sequence[Button]:
        return [Button("again", _("Count quarantined orders again"), RUN_JOBS, _again)]

    def load(self, row: Any) -> None:
        row.line_rows = list(row.lines.order_by("number"))
        row.amendment_rows = list(row.amendments.order_by("id"))

    def items_of(self, row: Any) -> Iterable[int]:
        return [line.item_id for line in getattr(row, "line_rows", ())]

    @admin.display(description=_("lines"))
    def line_table(self, order: Any) -> SafeString:
        headings = (_("line"), _("product"), _("title"), _("quantity"), _("refunded"), _("unit price"), _("counted"))
        return table(
            headings,
            (
                (
                    line.number,
                    line.product_key,
                    order.titles[line.item_id],
                    line.quantity,
                    line.refunded,
                    f"{line.unit_price.normalize():f}",
                    _("yes") if line.is_counted else _("no"),
                )
                for line in order.line_rows
            ),
        )

    @admin.display(description=_("changes"))
    def amendment_table(self, order: Any) -> SafeString:
        rows = ((change.get_kind_display(), change.key, change.at) for change in order.amendment_rows)
        return table((_("kind"), _("change key"), _("at")), rows)

    @admin.display(description=_("items as counted"))
    def counted_titles(self, order: Any) -> str:
        return ", ".join(order.titles.get(pk, str(pk)) for pk in order.counted_items or ())


def _again(request: HttpRequest) -> None:
    orders = count_again(user=request.user)
    words = ngettext("%(orders)d order is counted again.", "%(orders)d orders are counted again.", orders)
    messages.info(request, words % {"orders": orders})


@admin.register(OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    list_display = ("order", "number", "product_key", "title", "quantity", "refunded", "unit_price", "is_counted")
    list_filter = ("is_counted",)
    list_select_related = ("order", "item")
    fields = ("order", "number", "item", "product_key", "title", "quantity", "refunded", "unit_price", "is_counted")
    search_fields = ("product_key",)
    search_help_text = SEARCH_HELP
    item_fields = ("item",)
    ordering = ("-id",)
    sortable_by = ()

    title = title_of("item", _("title"))


@admin.register(Amendment)
class AmendmentAdmin(ReadOnlyAdmin):
    list_display = ("key", "kind", "channel", "order", "shopper", "product_key", "quantity", "at")
    list_filter = (ChannelFilter, "kind", ("order", admin.EmptyFieldListFilter))
    list_select_related = ("order", "shopper")
    search_fields = ("key",)
    search_help_text = _("Search by the whole change key, order key or shopper key.")
    exact_fields = ("key", "order_key")
    shopper_fields = ("shopper",)
    ordering = ("-id",)
    sortable_by = ()
