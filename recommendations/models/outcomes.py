"""What lists earned, day by day: exact sums that a job keeps, so that looking at them reads no event and no order."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommendations.data.candidates import Source
from recommendations.models.database import Row
from recommendations.models.items import Item

CHOSEN = (Source.STAFF.value, Source.PROMOTED.value)
"""Sources of items that staff put into a list."""


class DailyOutcome(Row):
    """One day of the shop's time zone: of a placement, of a strategy, of both together, or of all lists.

    Empty names stand for all: an order that two placements led to is one order of the row of all lists. Each figure is
    counted on the day on which it happened. `revenue` holds amounts as text by currency; they are never added up.
    """

    day = models.DateField(_("day"))
    placement = models.CharField(_("placement"), max_length=50, blank=True)
    strategy = models.CharField(_("strategy"), max_length=20, blank=True)
    lists = models.BigIntegerField(_("lists shown"), default=0)
    fallbacks = models.BigIntegerField(_("of them fallbacks"), default=0)
    shown = models.BigIntegerField(_("items shown"), default=0)
    clicks = models.BigIntegerField(_("clicks"), default=0)
    clicked = models.BigIntegerField(_("lists clicked"), default=0)
    cart_adds = models.BigIntegerField(_("added to cart"), default=0)
    orders = models.BigIntegerField(_("orders"), default=0)
    quantity = models.BigIntegerField(_("pieces"), default=0)
    revenue = models.JSONField(_("revenue"), default=dict)

    class Meta:
        verbose_name = _("daily outcome")
        verbose_name_plural = _("daily outcomes")
        constraints = [models.UniqueConstraint(fields=["day", "placement", "strategy"], name="rec_outcome_day")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.placement} {self.strategy}"


class ItemOutcome(Row):
    """One day of an item in a placement, by what proposed it; kept for as long as the events are.

    Each item that was clicked or bought that day or that staff chose has its row, and of the others those shown most.
    """

    day = models.DateField(_("day"))
    item = models.ForeignKey(
        Item, verbose_name=_("item"), on_delete=models.CASCADE, related_name="outcomes", db_index=False
    )
    placement = models.CharField(_("placement"), max_length=50, blank=True)
    source = models.CharField(_("source"), max_length=20, blank=True)
    shown = models.BigIntegerField(_("shown"), default=0)
    clicks = models.BigIntegerField(_("clicks"), default=0)
    cart_adds = models.BigIntegerField(_("added to cart"), default=0)
    orders = models.BigIntegerField(_("orders"), default=0)
    quantity = models.BigIntegerField(_("pieces"), default=0)
    revenue = models.JSONField(_("revenue"), default=dict)

    class Meta:
        verbose_name = _("daily outcome of an item")
        verbose_name_plural = _("daily outcomes of items")
        constraints = [
            models.UniqueConstraint(fields=["item", "day", "placement", "source"], name="rec_itemoutcome_day"),
        ]
        indexes = [
            models.Index(fields=["day"], name="rec_itemoutcome_of"),
            models.Index(fields=["day", "item"], condition=Q(orders__gt=0), name="rec_itemoutcome_earned"),
            models.Index(fields=["day", "item"], condition=Q(source__in=CHOSEN), name="rec_itemoutcome_chosen"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.item_id} {self.placement} {self.source}"


class ShownItems(Row):
    """The ids of all items that were shown on a day, packed (`services.outcomes.packed`)."""

    day = models.DateField(_("day"), unique=True)
    items = models.BinaryField(_("items"))

    class Meta:
        verbose_name = _("items shown on a day")
        verbose_name_plural = _("items shown on a day")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class ChangedDay(Row):
    """A day that happened otherwise than its figures say: a late event, a shopper who was forgotten.

    Written in the transaction that brings the change, and deleted by the job that has read it.
    """

    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("changed day")
        verbose_name_plural = _("changed days")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class OutcomeState(Row):
    """The one row that says up to when the figures hold, and by which settings they were made.

    `since` is the first day that can still be made anew; of earlier ones the events are gone, and the sums stay.
    `seen` names the last rows that were looked at. `sellable` holds the packed ids of what could be bought on
    `sellable_on`.
    """

    computed_at = models.DateTimeField(_("computed at"))
    since = models.DateField(_("since"))
    attribution_days = models.PositiveIntegerField(_("attribution days"))
    time_zone = models.CharField(_("time zone"), max_length=100)
    seen = models.JSONField(_("seen"), default=dict)
    sellable = models.BinaryField(_("items on sale"), default=bytes)
    sellable_on = models.DateField(_("items on sale as of"), null=True)

    class Meta:
        verbose_name = _("state of the daily outcomes")
        verbose_name_plural = _("state of the daily outcomes")

    def __str__(self) -> str:
        return f"{self.computed_at:%Y-%m-%d %H:%M}"
