"""Attribute what was bought or put into a cart to the suggestion whose click came before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery

from recommendations.conf import settings
from recommendations.models import BrowseLog, EventKind, OrderLine, Status


@dataclass(frozen=True, slots=True)
class Touch:
    """A click on a suggestion: the list's id, placement and strategy, and what proposed the item.

    `strategy` and `source` are empty where an earlier version of the plugin served the list.
    """

    recommendation: UUID
    placement: str
    strategy: str
    source: str


@dataclass(frozen=True, slots=True)
class Attributed:
    """A line of an order that a click led to: what was kept of it, `quantity` at least 1, `amount` in `currency`."""

    touch: Touch
    order_id: int
    item_id: int
    item_key: str
    quantity: int
    amount: Decimal
    currency: str


def purchases(*, since: datetime, until: datetime, channel: str | None = None) -> list[Attributed]:
    """Lines of orders placed from `since` to before `until` that a click on a suggestion led to; two queries.

    A line belongs to the last click on a suggestion by the same shopper on the same item, at most
    `ATTRIBUTION_DAYS` before the order, so to one list or none. What a visitor did belongs to the account that they
    became, and a variant is counted as its item. Cancelled orders and refunded pieces are no purchases. `channel`
    leaves orders of other storefronts out.
    """
    kept = OrderLine.objects.filter(
        order__placed_at__gte=since,
        order__placed_at__lt=until,
        order__status=Status.PLACED,
        order__shopper__isnull=False,
        quantity__gt=F("refunded"),
    )
    if channel is not None:
        kept = kept.filter(order__channel=channel)
    rows = list(
        kept.annotate(click=_last_click("order__shopper", "order__placed_at"))
        .filter(click__isnull=False)
        .order_by("order__placed_at", "order_id", "number")
        .values_list(
            "click", "order_id", "item", "item__key", F("quantity") - F("refunded"), "unit_price", "order__currency"
        )
    )
    touches = _touches([row[0] for row in rows])
    return [
        Attributed(touches[click], order_id, item_id, item_key, quantity, quantity * unit_price, currency)
        for click, order_id, item_id, item_key, quantity, unit_price, currency in rows
        if click in touches
    ]


def cart_adds(*, since: datetime, until: datetime) -> list[tuple[Touch, int]]:
    """The touch and the item id of what was put into a cart from `since` to before `until` after a click on it, in
    the order of time.

    The rule is that of `purchases`; two queries.
    """
    added = BrowseLog.objects.filter(kind=EventKind.CART_ADD, at__gte=since, at__lt=until)
    after_click = added.annotate(click=_last_click("shopper", "at")).filter(click__isnull=False)
    rows = list(after_click.order_by("at", "id").values_list("click", "item"))
    touches = _touches([row[0] for row in rows])
    return [(touches[click], item_id) for click, item_id in rows if click in touches]


def clicks() -> QuerySet[BrowseLog]:
    """Clicks on suggestions."""
    return BrowseLog.objects.filter(kind=EventKind.CLICK, recommendation__isnull=False)


def _last_click(shopper: str, at: str) -> Subquery:
    """Id of the last click of the row's shopper on the row's item in the time before."""
    days = timedelta(days=settings.ATTRIBUTION_DAYS)
    earliest = ExpressionWrapper(OuterRef(at) - days, output_field=DateTimeField())
    before = clicks().filter(shopper=OuterRef(shopper), item=OuterRef("item"), at__lte=OuterRef(at), at__gte=earliest)
    return Subquery(before.order_by("-at", "-id").values("pk")[:1])


def _touches(click_ids: Sequence[int]) -> Mapping[int, Touch]:
    """The touches by the clicks' ids; a click that was deleted meanwhile is none any more."""
    found = BrowseLog.objects.only("recommendation", "placement", "strategy", "source").in_bulk(set(click_ids))
    return {
        pk: Touch(click.recommendation, click.placement, click.strategy, click.source)
        for pk, click in found.items()
        if click.recommendation is not None
    }
