"""Orders in the admin: to look at, and to refund by the line."""

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from shop import after_sale
from shop.models import Order, OrderLine


class ReadOnly:
    """What was bought is history: it is cancelled or refunded, never edited."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LineInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = OrderLine
    fields = ["title", "quantity", "refunded", "unit_price"]
    extra = 0


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number", "placed_at", "status", "name", "email", "subtotal", "delivery", "currency"]
    list_filter = ["status", "placed_at"]
    search_fields = ["number", "email"]
    ordering = ["-placed_at", "-pk"]
    show_full_result_count = False
    inlines = [LineInline]


@admin.register(OrderLine)
class OrderLineAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["order", "title", "quantity", "refunded", "unit_price"]
    list_select_related = ["order"]
    search_fields = ["order__number"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = ["refund"]

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.change_orderline")

    @admin.action(description=_("Refund the selected lines"), permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[OrderLine]) -> None:
        """Take back all pieces of each line that have not come back yet."""
        now = timezone.now()
        done = late = 0
        for line in queryset:
            try:
                after_sale.refund(line_id=line.pk, quantity=line.quantity - line.refunded, now=now)
                done += 1
            except after_sale.TooLate:
                late += 1
        if done:
            self.message_user(request, ngettext("%d line is refunded.", "%d lines are refunded.", done) % done)
        if late:
            text = ngettext("%d line could not be refunded.", "%d lines could not be refunded.", late) % late
            self.message_user(request, text, messages.WARNING)
