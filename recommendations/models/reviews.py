"""Pairs of products whose rules staff may want to look at, and those that they have looked at."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import PrimaryManager, Row
from recommendations.models.items import Item


class ReviewReason(models.TextChoices):
    HELD = "held", _("held for review")
    NEW = "new", _("new")
    MOVED = "moved", _("moved strongly")


class ReviewQuerySet(models.QuerySet["RuleReview"]):
    def waiting(self) -> "ReviewQuerySet":
        """Those that nobody has looked at, the most money first."""
        return self.filter(waits=True).order_by(models.F("stake").desc(nulls_last=True), "-stake_orders", "id")


class RuleReview(Row):
    """Two products, the lower id first, whose rules wait for a look of staff, or have had one.

    It is apart from Rule, so that it outlives every mining. `orders`, `low_orders`, `high_orders` and `weighted_lift`
    are what later versions are compared with: as staff saw them, or of an earlier version; empty where there was none.
    `stake_orders` are the orders with both in a month, `stake` what the two cost at today's prices, as often.
    """

    low = models.ForeignKey(Item, verbose_name=_("first product"), on_delete=models.CASCADE, related_name="+")
    high = models.ForeignKey(Item, verbose_name=_("second product"), on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(_("why"), max_length=5, choices=ReviewReason)
    waits = models.BooleanField(_("waits"), default=True)
    since = models.DateTimeField(_("since"))
    orders = models.BigIntegerField(_("orders with both before"), null=True, blank=True)
    low_orders = models.BigIntegerField(_("orders with the first before"), null=True, blank=True)
    high_orders = models.BigIntegerField(_("orders with the second before"), null=True, blank=True)
    weighted_lift = models.FloatField(_("weighted lift before"), null=True, blank=True)
    stake_orders = models.FloatField(_("orders a month"), default=0.0)
    stake = models.DecimalField(_("money a month"), max_digits=20, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("seen by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = PrimaryManager.from_queryset(ReviewQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("review of a rule")
        verbose_name_plural = _("reviews of rules")
        indexes = [models.Index(fields=["id"], condition=Q(waits=True), name="rec_review_waits")]
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="rec_review_once"),
            models.CheckConstraint(condition=Q(low__lt=models.F("high")), name="rec_review_ascending"),
            models.CheckConstraint(condition=Q(reason__in=ReviewReason.values), name="rec_review_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.low_id},{self.high_id}"
