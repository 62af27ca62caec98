"""Orders as baskets: what of each order counts right now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Exists, F, Func, OuterRef
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets, cut
from recommendations.models import Counted, Item, Order, OrderLine, Shopper, Status

NOBODY = np.iinfo(np.int64).max


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


class Seconds(Func):
    """A time as whole seconds since 1970, without making a datetime of it."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **context
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # To the millisecond first, as SQLite reads it.
        seconds = "CAST(FLOOR(ROUND(EXTRACT(EPOCH FROM %(expressions)s) * 1000) / 1000) AS bigint)"
        return self.as_sql(compiler, connection, template=seconds, **context)


def held_baskets() -> tuple[Baskets, NDArray[np.int64], NDArray[np.int64]]:
    """What the counts hold of every order, in shopper order: baskets, int64[baskets] shopper ids, 0 for guests, and
    int64[baskets] times of placing in seconds since 1970."""
    rows = Order.objects.held_by_counts().order_by("counted_shopper", "id")
    baskets: list[Sequence[int]] = []
    shoppers: list[int] = []
    times: list[int] = []
    streamed = rows.values_list("counted_items", "counted_shopper", Seconds("placed_at")).iterator(chunk_size=10_000)
    for items, shopper, time in streamed:
        baskets.append(items or ())
        shoppers.append(shopper or 0)
        times.append(time)
    return Baskets.of(baskets), np.array(shoppers, dtype=np.int64), np.array(times, dtype=np.int64)


def known_since(shoppers: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[baskets], when the plugin first knew the shopper of each basket, in seconds since 1970.

    Parameters
    ----------
    shoppers : int64[baskets]; of 0, and of a shopper who is gone, the answer is the largest number there is.
    """
    ordered = Order.objects.filter(shopper=OuterRef("pk"))
    rows = Shopper.objects.filter(Exists(ordered)).order_by("pk").values_list("pk", Seconds("created_at"))
    flat = np.fromiter((value for row in rows.iterator(chunk_size=10_000) for value in row), dtype=np.int64)
    ids, since = np.append(flat[::2], NOBODY), np.append(flat[1::2], NOBODY)
    at = np.searchsorted(ids, shoppers)
    return np.where(ids[at] == shoppers, since[at], NOBODY)
