"""What was bought, by an account or a guest."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.models.products import CURRENCY, Product

CANCEL_WITHIN = timedelta(days=14)
"""How long after placing it the customer may cancel an order."""


class OrderStatus(models.TextChoices):
    PLACED = "placed", _("placed")
    CANCELLED = "cancelled", _("cancelled")
    REFUNDED = "refunded", _("refunded")


class OrderQuerySet(models.QuerySet["Order"]):
    def of(self, user_id: int) -> "OrderQuerySet":
        """A customer's orders, the newest first, with their lines."""
        return self.filter(user_id=user_id).order_by("-placed_at", "-pk").prefetch_related("lines__product__parent")


class Order(models.Model):
    """An order. `number` is its key for the world, `checkout` for its form: sent twice, it is one order.

    `visitor` is the anonymous shopper key of a guest who had one.
    """

    number = models.CharField(_("number"), max_length=40, unique=True)
    checkout = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="shop_orders",
        db_index=False,
    )
    visitor = models.CharField(max_length=200, blank=True, editable=False)
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=100, blank=True)
    address = models.TextField(_("delivery address"), blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    status = models.CharField(_("status"), max_length=10, choices=OrderStatus, default=OrderStatus.PLACED)
    currency = models.CharField(_("currency"), max_length=3, default=CURRENCY)
    subtotal = models.DecimalField(_("goods"), max_digits=12, decimal_places=2)
    delivery = models.DecimalField(_("delivery"), max_digits=12, decimal_places=2, default=0)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(condition=~Q(email=""), name="shop_order_email"),
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="shop_order_status"),
            models.CheckConstraint(condition=Q(subtotal__gte=0, delivery__gte=0), name="shop_order_totals"),
        ]
        indexes = [
            models.Index(fields=["user", "-placed_at"], name="shop_order_user"),
            models.Index(fields=["placed_at", "id"], name="shop_order_placed"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.delivery

    @property
    def shopper_key(self) -> str | None:
        """Who the order is recorded for: `user:<pk>`, `anon:<uuid>`, or None for a stranger."""
        return f"user:{self.user_id}" if self.user_id else self.visitor or None

    def can_be_cancelled(self, now: datetime) -> bool:
        return self.status == OrderStatus.PLACED and now < self.placed_at + CANCEL_WITHIN


class OrderLine(models.Model):
    """One product of an order, with its title and price when it was bought; `refunded` pieces came back."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="order_lines"
    )
    title = models.CharField(_("title"), max_length=200)
    quantity = models.PositiveIntegerField(_("quantity"), validators=[MinValueValidator(1)])
    refunded = models.PositiveIntegerField(_("refunded"), default=0)
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="shop_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="shop_line_quantity"),
            models.CheckConstraint(condition=Q(refunded__lte=F("quantity")), name="shop_line_refunded"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="shop_line_price"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.title}"

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.unit_price
