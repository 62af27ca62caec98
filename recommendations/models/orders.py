"""Orders, their lines and what was changed later. The orders not yet counted are the fold's queue."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import PrimaryManager, Row
from recommendations.models.items import Item
from recommendations.models.shoppers import Shopper


class Status(models.TextChoices):
    PLACED = "placed", _("placed")
    CANCELLED = "cancelled", _("cancelled")
    ERASED = "erased", _("erased with its shopper")


class Counted(models.TextChoices):
    PENDING = "pending", _("pending")
    COUNTED = "counted", _("counted")
    EXCLUDED = "excluded", _("excluded")
    WAITING = "waiting", _("waiting for a recount")
    QUARANTINED = "quarantined", _("quarantined")


class Excluded(models.TextChoices):
    """Why nothing of an order is counted; of several reasons the first of these holds."""

    ERASED = "erased", _("erased with its shopper")
    WINDOW = "window", _("before the window")
    CANCELLED = "cancelled", _("cancelled")
    CAMPAIGN = "campaign", _("within a campaign that is left out")
    NOTHING = "nothing", _("none of its lines counts")
    LARGE = "large", _("more items than a shopper's order has")
    RATE = "rate", _("more orders that day than a shopper places")


class OrderQuerySet(models.QuerySet["Order"]):
    def pending(self) -> "OrderQuerySet":
        """Orders whose present state is not yet in the counts, oldest first."""
        return self.filter(counted=Counted.PENDING).order_by("id")

    def to_be_folded(self, **changes: Any) -> int:
        """Change these orders, and let the next fold count them as they are then; returns how many they are."""
        return self.update(counted=Counted.PENDING, changed_at=timezone.now(), **changes)

    def waiting(self) -> "OrderQuerySet":
        """Back-filled orders, which a recount will count all at once."""
        return self.filter(counted=Counted.WAITING)

    def settled(self) -> "OrderQuerySet":
        """Orders that a fold or a recount has decided on, and that nothing changed since."""
        return self.filter(counted__in=[Counted.COUNTED, Counted.EXCLUDED])

    def quarantined(self) -> "OrderQuerySet":
        """Orders that cannot be folded; the counts keep what they held of them."""
        return self.filter(counted=Counted.QUARANTINED)

    def held_by_counts(self) -> "OrderQuerySet":
        """Orders that the counts hold something of, whether or not a change is pending."""
        return self.filter(counted_items__isnull=False)


class Order(Row):
    """One order. Placing is immutable (`body_digest` proves it); changes are amendments.

    `counted_items` (ascending item ids) and `counted_shopper` are the snapshot that the counts hold
    of this order: what a fold subtracts before it adds the present state. None: nothing is held.
    `excluded` says why nothing is counted of it, empty where something is or a fold has not looked yet.
    `changed_at` is when its present state came about: how long it waits to be folded.
    `clamped`: the shop told a time before 2000 or in the future, and `placed_at` is the nearest possible one.
    """

    channel = models.CharField(_("channel"), max_length=50, default="web")
    key = models.CharField(_("order key"), max_length=200)
    shopper = models.ForeignKey(
        Shopper,
        verbose_name=_("shopper"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="orders",
        db_index=False,
    )
    placed_at = models.DateTimeField(_("placed at"))
    clamped = models.BooleanField(_("time corrected"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLACED)
    currency = models.CharField(_("currency"), max_length=3)
    body_digest = models.CharField(_("digest of what was sent"), max_length=64, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now, editable=False)
    counted = models.CharField(_("counted"), max_length=11, choices=Counted, default=Counted.PENDING)
    excluded = models.CharField(
        _("why it is not counted"),
        max_length=9,
        choices=Excluded,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    quarantine_reason = models.CharField(_("why it cannot be counted"), max_length=200, blank=True, editable=False)
    counted_items = models.JSONField(_("items as counted"), null=True, blank=True, editable=False)
    counted_shopper = models.BigIntegerField(_("shopper as counted"), null=True, blank=True, editable=False)

    objects = PrimaryManager.from_queryset(OrderQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["channel", "key"], name="rec_order_key"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="rec_order_status"),
            models.CheckConstraint(condition=Q(counted__in=Counted.values), name="rec_order_counted"),
            models.CheckConstraint(condition=Q(excluded__in=["", *Excluded.values]), name="rec_order_excluded"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(counted="pending"), name="rec_order_pending"),
            models.Index(fields=["id"], condition=Q(counted="waiting"), name="rec_order_waiting"),
            models.Index(fields=["id"], condition=Q(counted="quarantined"), name="rec_order_quarantined"),
            models.Index(fields=["id"], condition=Q(clamped=True), name="rec_order_clamped"),
            models.Index(fields=["shopper", "-placed_at"], name="rec_order_shopper"),
            models.Index(fields=["-placed_at"], name="rec_order_placed"),
            models.Index(fields=["key"], name="rec_order_key_alone"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.key}"


class OrderLine(Row):
    """One line of an order. `refunded` pieces of `quantity` came back; at all of them the line leaves the basket."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    number = models.PositiveIntegerField(_("line"))
    item = models.ForeignKey(
        Item, verbose_name=_("item"), on_delete=models.PROTECT, related_name="order_lines", db_index=False
    )
    product_key = models.CharField(_("product key"), max_length=200)
    is_counted = models.BooleanField(_("counted"), default=True, help_text=_("off for postage, gifts and fillers"))
    quantity = models.PositiveIntegerField(_("quantity"), validators=[MinValueValidator(1)])
    refunded = models.PositiveIntegerField(_("refunded"), default=0)
    unit_price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=4)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="rec_orderline_number"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="rec_orderline_quantity"),
            models.CheckConstraint(condition=Q(refunded__lte=F("quantity")), name="rec_orderline_refunded"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="rec_orderline_price"),
        ]
        indexes = [models.Index(fields=["item", "order"], name="rec_orderline_item")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product_key}"


class AmendmentKind(models.TextChoices):
    CANCEL = "cancel", _("cancellation")
    REFUND = "refund", _("refund")
    RETURN = "return", _("return without an order")


class Amendment(Row):
    """A later change of an order, in the sequence of their ids; idempotent by (channel, order key, change key).

    `order_key` is empty for a return that names no order; `order` then tells which sale it was matched
    to, None that none was found and nothing was subtracted. `lines` lists `[line number, pieces]` taken back.
    """

    channel = models.CharField(_("channel"), max_length=50)
    order_key = models.CharField(_("order key"), max_length=200, blank=True)
    key = models.CharField(_("change key"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=AmendmentKind)
    order = models.ForeignKey(
        Order, verbose_name=_("order"), null=True, blank=True, on_delete=models.CASCADE, related_name="amendments"
    )
    shopper = models.ForeignKey(
        Shopper, verbose_name=_("shopper"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("at"))
    product_key = models.CharField(_("product key"), max_length=200, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    lines = models.JSONField(_("lines"), default=list)
    body_digest = models.CharField(_("digest of what was sent"), max_length=64, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        constraints = [
            models.UniqueConstraint(fields=["channel", "order_key", "key"], name="rec_amendment_key"),
            models.CheckConstraint(condition=Q(kind__in=AmendmentKind.values), name="rec_amendment_kind"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(order__isnull=True), name="rec_amendment_unmatched"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"
