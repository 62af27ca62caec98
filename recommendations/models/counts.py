"""Exact additive sums over counted baskets, one set of rows a generation; one generation is live."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recommendations.models.database import PrimaryManager, Row
from recommendations.models.items import Item


class GenerationState(models.TextChoices):
    BUILDING = "building", _("building")
    LIVE = "live", _("live")
    RETIRED = "retired", _("retired")


class TotalsQuerySet(models.QuerySet["BasketTotals"]):
    def live(self) -> "TotalsQuerySet":
        return self.filter(state=GenerationState.LIVE)

    def building(self) -> "TotalsQuerySet":
        return self.filter(state=GenerationState.BUILDING)


class BasketTotals(Row):
    """A generation of the counts and its sums over baskets; L is a basket's size after the cap.

    `sequence` grows by one with each fold and names the state of the data. Weights are integers,
    2^32 times the value, so that adding and subtracting stay exact. `cleaning` holds the rules by which orders were
    cleaned (`data.cleaning.Cleaning`, the cap apart): all of a generation's orders by the same ones.
    """

    generation = models.PositiveIntegerField(_("generation"), unique=True)
    state = models.CharField(_("state"), max_length=10, choices=GenerationState, default=GenerationState.BUILDING)
    sequence = models.BigIntegerField(_("sequence"), default=0)
    orders = models.BigIntegerField(_("orders"), default=0)
    sum_size = models.BigIntegerField(_("sum of L"), default=0)
    sum_pairs = models.BigIntegerField(_("sum of L (L-1)"), default=0)
    sum_size_multi = models.BigIntegerField(_("sum of L over L >= 2"), default=0)
    sum_root = models.BigIntegerField(_("sum of 2^32 (L-1)^-1/2 over L >= 2"), default=0)
    cap = models.PositiveIntegerField(_("basket cap"))
    cleaning = models.JSONField(_("rules of cleaning"), default=dict)
    window_from = models.DateTimeField(_("window from"), null=True, blank=True)
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    touched_at = models.DateTimeField(_("last sign of life"))
    folded_at = models.DateTimeField(_("last fold"), null=True, blank=True)

    objects = PrimaryManager.from_queryset(TotalsQuerySet)()  # type: ignore[misc]

    class Meta:
        verbose_name = _("basket totals")
        verbose_name_plural = _("basket totals")
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="live"), name="rec_totals_one_live"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="building"), name="rec_totals_one_building"),
            models.CheckConstraint(condition=Q(orders__gte=0), name="rec_totals_orders"),
        ]

    def __str__(self) -> str:
        return gettext("generation %(generation)s: %(orders)s orders") % {
            "generation": self.generation,
            "orders": self.orders,
        }


class ItemCount(Row):
    """In how many counted baskets an item occurs."""

    generation = models.PositiveIntegerField(_("generation"))
    item = models.ForeignKey(
        Item, verbose_name=_("item"), on_delete=models.PROTECT, related_name="counts", db_index=False
    )
    orders = models.BigIntegerField(_("orders"))

    class Meta:
        verbose_name = _("item count")
        verbose_name_plural = _("item counts")
        constraints = [
            models.UniqueConstraint(fields=["generation", "item"], name="rec_itemcount_item"),
            models.CheckConstraint(condition=Q(orders__gte=0), name="rec_itemcount_orders"),
        ]
        indexes = [models.Index(fields=["generation", "-orders"], name="rec_itemcount_popular")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.orders}"


class PairCount(Row):
    """In how many counted baskets two items occur together; stored once, `low` < `high`.

    With L the basket's size: `weight` sums 2^32 (L-1)^-1/2 (ranking), `share` 2^32 / (L-1) and
    `share_square` 2^32 / (L-1)^2 (significance).
    """

    generation = models.PositiveIntegerField(_("generation"))
    # Items are never deleted, and a check of two foreign keys a row would double the cost of writing millions.
    low = models.ForeignKey(
        Item,
        verbose_name=_("lower item"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    high = models.ForeignKey(
        Item,
        verbose_name=_("higher item"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    orders = models.BigIntegerField(_("orders"))
    weight = models.BigIntegerField(_("weight"))
    share = models.BigIntegerField(_("share"))
    share_square = models.BigIntegerField(_("square of share"))

    class Meta:
        verbose_name = _("pair count")
        verbose_name_plural = _("pair counts")
        constraints = [
            models.UniqueConstraint(fields=["generation", "low", "high"], name="rec_paircount_pair"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="rec_paircount_order"),
            models.CheckConstraint(condition=Q(orders__gte=0, weight__gte=0), name="rec_paircount_orders"),
        ]
        indexes = [
            models.Index(fields=["generation", "low", "-weight"], name="rec_paircount_low"),
            models.Index(fields=["generation", "high", "-weight"], name="rec_paircount_high"),
        ]

    def __str__(self) -> str:
        return f"{self.low_id}, {self.high_id}: {self.orders}"
