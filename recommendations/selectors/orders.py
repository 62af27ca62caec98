"""Orders as baskets: what of each order counts right now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets, cut
from recommendations.data.views import Purchases
from recommendations.models import Counted, Item, Order, OrderLine, Status

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CountableOrder:
    """An order as the counts need it.

    `pending`: its present state is not in the counts yet. `held` is the basket that the counts hold of it (None:
    nothing), `basket` the one they should hold: ascending item ids, at most the cap, empty where nothing of the order
    counts.
    """

    id: int
    shopper_id: int | None
    pending: bool
    held: tuple[int, ...] | None
    held_shopper: int | None
    basket: tuple[int, ...]


def pending_orders(
    *, limit: int, cap: int, window_from: datetime | None, only: int | None = None
) -> list[CountableOrder]:
    """The oldest pending orders (or `only` this one), locked; those that another transaction is changing are left."""
    pending = Order.objects.pending() if only is None else Order.objects.pending().filter(pk=only)
    rows = pending.select_for_update(skip_locked=True)[:limit]
    return countable(rows, cap=cap, window_from=window_from)


def orders_after(last_id: int, *, limit: int, cap: int, window_from: datetime | None) -> list[CountableOrder]:
    """The next orders by id, locked: waits for transactions that are changing one of them."""
    rows = Order.objects.filter(pk__gt=last_id).order_by("id").select_for_update()[:limit]
    return countable(rows, cap=cap, window_from=window_from)


def countable(rows: Iterable[Order], *, cap: int, window_from: datetime | None) -> list[CountableOrder]:
    """Join orders with what of their lines counts: one query for the lines, one more where a basket is over the cap."""
    orders = list(rows)
    counting = [
        order.pk
        for order in orders
        if order.status == Status.PLACED and (window_from is None or order.placed_at >= window_from)
    ]
    items: dict[int, set[int]] = defaultdict(set)
    lines = OrderLine.objects.filter(order_id__in=counting, is_counted=True, refunded__lt=F("quantity"))
    for order_id, item_id in lines.values_list("order_id", "item_id").iterator(chunk_size=10_000):
        items[order_id].add(item_id)
    large = set().union(*(found for found in items.values() if len(found) > cap))
    item_keys = dict(Item.objects.filter(pk__in=large).values_list("pk", "key")) if large else {}

    def basket(order: Order) -> tuple[int, ...]:
        found = items.get(order.pk, set())
        if len(found) > cap:
            return tuple(cut(order.key, {item: item_keys[item] for item in found}, cap))
        return tuple(sorted(found))

    return [
        CountableOrder(
            id=order.pk,
            shopper_id=order.shopper_id,
            pending=order.counted in (Counted.PENDING, Counted.WAITING),
            held=None if order.counted_items is None else tuple(order.counted_items),
            held_shopper=order.counted_shopper,
            basket=basket(order),
        )
        for order in orders
    ]


def held_baskets() -> tuple[Baskets, Ids, Ids]:
    """What the counts hold of every order, in shopper order.

    Returns
    -------
    Baskets, int64[baskets] shopper ids, 0 for guests, and int64[baskets] the months of placing since year 0.
    """
    rows = Order.objects.held_by_counts().order_by("counted_shopper", "id")
    baskets: list[Sequence[int]] = []
    columns: list[tuple[int, int]] = []
    streamed = rows.values_list("counted_items", "counted_shopper", "placed_at").iterator(chunk_size=10_000)
    for items, shopper, placed_at in streamed:
        baskets.append(items or ())
        columns.append((shopper or 0, placed_at.year * 12 + placed_at.month))
    shoppers, months = np.array(columns, dtype=np.int64).reshape(-1, 2).T
    return Baskets.of(baskets), shoppers, months


def purchases(*, since: datetime) -> Purchases:
    """What the counts hold of orders that known shoppers placed from `since` on."""
    rows = Order.objects.held_by_counts().filter(counted_shopper__isnull=False, placed_at__gte=since)
    baskets: list[Sequence[int]] = []
    columns: list[tuple[int, int]] = []
    streamed = rows.order_by("id").values_list("counted_items", "counted_shopper", "placed_at")
    for items, shopper, placed_at in streamed.iterator(chunk_size=10_000):
        baskets.append(items or ())
        columns.append((shopper or 0, int(placed_at.timestamp())))
    shoppers, at = np.array(columns, dtype=np.int64).reshape(-1, 2).T
    return Purchases(shoppers, at, Baskets.of(baskets))
