"""Attribute purchases to the suggestion whose click came before them, and sum them up by placement."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery

from recommendations.conf import settings
from recommendations.models import BrowseLog, EventKind, Impression, OrderLine, Status


@dataclass(frozen=True, slots=True)
class Attributed:
    """A line of an order that a click led to: what was kept of it, `quantity` at least 1, `amount` in `currency`.

    `placement` is empty where the page never reported that the list was on screen.
    """

    recommendation: UUID
    placement: str
    order_id: int
    item_key: str
    quantity: int
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PlacementReport:
    """What a placement brought. `orders` counts distinct orders; `amounts` by currency, which are never added up."""

    placement: str
    impressions: int
    clicks: int
    orders: int
    quantity: int
    amounts: Mapping[str, Decimal]


def purchases(*, since: datetime, until: datetime, channel: str | None = None) -> list[Attributed]:
    """Lines of orders placed from `since` to before `until` that a click on a suggestion led to; one query.

    A line belongs to the last click on a suggestion by the same shopper on the same item, at most
    `ATTRIBUTION_DAYS` before the order. Cancelled orders and refunded pieces are no purchases. `channel` leaves
    orders of other storefronts out.
    """
    days = timedelta(days=settings.ATTRIBUTION_DAYS)
    earliest = ExpressionWrapper(OuterRef("order__placed_at") - days, output_field=DateTimeField())
    click = _clicks().filter(
        shopper=OuterRef("order__shopper"),
        item=OuterRef("item"),
        at__lte=OuterRef("order__placed_at"),
        at__gte=earliest,
    )
    kept = OrderLine.objects.filter(
        order__placed_at__gte=since,
        order__placed_at__lt=until,
        order__status=Status.PLACED,
        quantity__gt=F("refunded"),
    )
    if channel is not None:
        kept = kept.filter(order__channel=channel)
    rows = (
        kept.annotate(recommendation=Subquery(click.order_by("-at", "-id").values("recommendation")[:1]))
        .filter(recommendation__isnull=False)
        .annotate(placement=_placement_of("recommendation"))
        .order_by("order__placed_at", "order_id", "number")
        .values_list(
            "recommendation",
            "placement",
            "order_id",
            "item__key",
            F("quantity") - F("refunded"),
            "unit_price",
            "order__currency",
        )
    )
    return [
        Attributed(recommendation, placement or "", order_id, item_key, quantity, quantity * unit_price, currency)
        for recommendation, placement, order_id, item_key, quantity, unit_price, currency in rows
    ]


def report(*, since: datetime, until: datetime) -> list[PlacementReport]:
    """Impressions and clicks from `since` to before `until`, and what was bought in that time, by placement."""
    impressions = _counts(Impression.objects.filter(shown_at__gte=since, shown_at__lt=until).values("placement"))
    clicked = _clicks().filter(at__gte=since, at__lt=until).annotate(placement=_placement_of("recommendation"))
    clicks = _counts(clicked.values("placement"))
    bought = defaultdict(list)
    for purchase in purchases(since=since, until=until):
        bought[purchase.placement].append(purchase)
    return [
        PlacementReport(
            placement=placement,
            impressions=impressions.get(placement, 0),
            clicks=clicks.get(placement, 0),
            orders=len({purchase.order_id for purchase in bought[placement]}),
            quantity=sum(purchase.quantity for purchase in bought[placement]),
            amounts=_amounts(bought[placement]),
        )
        for placement in sorted({*impressions, *clicks, *bought})
    ]


def _clicks() -> QuerySet[BrowseLog]:
    return BrowseLog.objects.filter(kind=EventKind.CLICK, recommendation__isnull=False)


def _placement_of(recommendation: str) -> Subquery:
    shown = Impression.objects.filter(recommendation=OuterRef(recommendation))
    return Subquery(shown.values("placement")[:1])


def _counts(rows: "QuerySet[Any, Any]") -> dict[str, int]:
    counted = rows.annotate(lists=Count("pk")).order_by().values_list("placement", "lists")
    return {placement or "": number for placement, number in counted}


def _amounts(bought: Iterable[Attributed]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for purchase in bought:
        amounts[purchase.currency] += purchase.amount
    return dict(sorted(amounts.items()))
