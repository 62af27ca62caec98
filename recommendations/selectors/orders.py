"""Orders as baskets: what of each order counts right now."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.db.models import BigIntegerField, Count, Exists, Func, OuterRef
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets, cut
from recommendations.data.cleaning import Cleaning, Dropped
from recommendations.data.views import Purchases
from recommendations.models import Counted, Excluded, Item, Order, OrderLine, Shopper, Status, database
from recommendations.models.sql import source

Ids = NDArray[np.int64]

NOBODY = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class CountableOrder:
    """An order as the counts need it.

    `pending`: its present state is not in the counts yet. `held` is the basket that the counts hold of it (None:
    nothing), `basket` the one they should hold: ascending item ids, at most the cap, empty where nothing of the order
    counts, and `why` then says why. `dropped` tells how many lines of an order add nothing to its basket, by reason.
    """

    id: int
    shopper_id: int | None
    pending: bool
    held: tuple[int, ...] | None
    held_shopper: int | None
    basket: tuple[int, ...]
    why: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)


class ShopperDay(NamedTuple):
    """A shopper's day, from its beginning to its end (exclusive)."""

    shopper_id: int
    since: datetime
    until: datetime


class Placed(NamedTuple):
    """Orders of a shopper's day: all, and those that a fold or a recount has decided on."""

    orders: int
    settled: int


def pending_orders(*, limit: int, only: int | None = None) -> list[Order]:
    """The oldest pending orders (or `only` this one), locked; those that another transaction is changing are left."""
    pending = Order.objects.pending() if only is None else Order.objects.pending().filter(pk=only)
    return list(pending.select_for_update(skip_locked=True)[:limit])


def orders_after(last_id: int, *, limit: int) -> list[Order]:
    """The next orders by id, locked: waits for transactions that are changing one of them."""
    return list(Order.objects.filter(pk__gt=last_id).order_by("id").select_for_update()[:limit])


def countable(
    orders: Sequence[Order], *, cleaning: Cleaning, window_from: datetime | None, rapid: Collection[int]
) -> list[CountableOrder]:
    """Join orders with what of their lines counts: two queries, one more where a basket is over the cap.

    Parameters
    ----------
    rapid : ids of those of a day in which their shopper placed more orders than the rules allow.
    """
    reasons = {order.pk: _reason(order, cleaning, window_from) for order in orders}
    baskets = _baskets([order for order in orders if not reasons[order.pk]], cleaning)
    for order_id, basket in baskets.items():
        if not basket.items:
            reasons[order_id] = Excluded.NOTHING
        elif cleaning.most_items is not None and len(basket.items) > cleaning.most_items:
            reasons[order_id] = Excluded.LARGE
        elif order_id in rapid:
            reasons[order_id] = Excluded.RATE
    counted = {order_id: basket for order_id, basket in baskets.items() if not reasons[order_id]}
    _cut_large({order.pk: order.key for order in orders}, counted, cleaning.cap)
    empty = _Basket()
    return [
        CountableOrder(
            id=order.pk,
            shopper_id=order.shopper_id,
            pending=order.counted in (Counted.PENDING, Counted.WAITING),
            held=None if order.counted_items is None else tuple(order.counted_items),
            held_shopper=order.counted_shopper,
            basket=tuple(sorted(counted.get(order.pk, empty).items)),
            why=reasons[order.pk],
            dropped=counted.get(order.pk, empty).dropped,
        )
        for order in orders
    ]


def busy_days(orders: Sequence[Order], cleaning: Cleaning) -> list[tuple[ShopperDay, Placed, list[Order]]]:
    """The shoppers' days of these orders, how many were placed on each, and which of these orders were.

    Two statements by the index of shoppers; one where no shopper ever placed more than the rules allow in a day. Those
    who did not are left aside, as guests are, who are nobody.
    """
    most = cleaning.most_orders_a_day
    asked = {order.shopper_id for order in orders if order.shopper_id is not None}
    if most is None or not asked:
        return []
    placed = Order.objects.filter(shopper__in=asked).values("shopper").annotate(orders=Count("pk"))
    busy = set(placed.filter(orders__gt=most).values_list("shopper", flat=True))
    days: dict[ShopperDay, list[Order]] = defaultdict(list)
    for order in orders:
        if order.shopper_id in busy:
            days[ShopperDay(order.shopper_id, *cleaning.day(order.placed_at))].append(order)
    return [(day, found, days[day]) for day, found in zip(days, _orders_on(list(days)), strict=True)]


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


def held_baskets() -> tuple[Baskets, Ids, Ids]:
    """What the counts hold of every order, in shopper order.

    Returns
    -------
    Baskets, int64[baskets] shopper ids, 0 for guests, and int64[baskets] times of placing in seconds since 1970.
    """
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


def known_since(shoppers: Ids) -> Ids:
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


def purchases(*, since: datetime) -> Purchases:
    """What the counts hold of orders that known shoppers placed from `since` on."""
    rows = Order.objects.held_by_counts().filter(counted_shopper__isnull=False, placed_at__gte=since)
    baskets: list[Sequence[int]] = []
    columns: list[tuple[int, int]] = []
    streamed = rows.order_by("id").values_list("counted_items", "counted_shopper", Seconds("placed_at"))
    for items, shopper, time in streamed.iterator(chunk_size=10_000):
        baskets.append(items or ())
        columns.append((shopper or 0, time))
    shoppers, at = np.array(columns, dtype=np.int64).reshape(-1, 2).T
    return Purchases(shoppers, at, Baskets.of(baskets))


@dataclass(slots=True)
class _Basket:
    """Distinct items, and how many lines were dropped."""

    items: set[int] = field(default_factory=set)
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, why: str, number: int = 1) -> None:
        self.dropped[why] = self.dropped.get(why, 0) + number


def _orders_on(days: Sequence[ShopperDay]) -> list[Placed]:
    if not days:
        return []
    connection = database.connection()
    adapt = connection.ops.adapt_datetimefield_value
    columns = [("number", "bigint"), ("shopper", "bigint"), ("since", "timestamptz"), ("until", "timestamptz")]
    rows = [(number, day.shopper_id, adapt(day.since), adapt(day.until)) for number, day in enumerate(days)]
    given, parameters = source(connection, columns, rows)
    statement = f"""
        SELECT given.number, COUNT(*), SUM(CASE WHEN o.counted IN (%s, %s) THEN 1 ELSE 0 END) FROM {given}
        JOIN "{Order._meta.db_table}" AS o
            ON o.shopper_id = given.shopper AND o.placed_at >= given.since AND o.placed_at < given.until
        GROUP BY given.number"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [Counted.COUNTED.value, Counted.EXCLUDED.value, *parameters])
        found = {number: Placed(orders, settled) for number, orders, settled in cursor.fetchall()}
    return [found.get(number, Placed(0, 0)) for number in range(len(days))]


def _reason(order: Order, cleaning: Cleaning, window_from: datetime | None) -> str:
    """Why an order is left out whatever its lines are; empty where they decide."""
    if order.status == Status.ERASED:
        return Excluded.ERASED
    if window_from is not None and order.placed_at < window_from:
        return Excluded.WINDOW
    if order.status != Status.PLACED:
        return Excluded.CANCELLED
    return Excluded.CAMPAIGN if cleaning.leaves_out(order.placed_at) else ""


def _baskets(orders: Sequence[Order], cleaning: Cleaning) -> dict[int, _Basket]:
    baskets = {order.pk: _Basket() for order in orders}
    if not baskets:
        return baskets
    no_products = set(Item.objects.filter(is_counted=False).values_list("pk", flat=True))
    for order_id, item_id, why in _lines(list(baskets), cleaning):
        basket = baskets[order_id]
        if why or item_id in no_products:
            basket.drop(why or Dropped.NO_PRODUCT)
        elif item_id in basket.items:
            basket.drop(Dropped.DUPLICATE)
        else:
            basket.items.add(item_id)
    return baskets


def _lines(order_ids: Sequence[int], cleaning: Cleaning) -> list[tuple[int, int, str]]:
    """Order, item and why it is left out (empty: it is not) of each line.

    Written out: making this statement from a queryset takes longer than an order's other parts of a fold.
    """
    connection = database.connection()
    given, parameters = source(connection, [("order_id", "bigint")], [(order_id,) for order_id in order_ids])
    free = "" if cleaning.free_lines else f"WHEN unit_price = 0 THEN '{Dropped.FREE}'"
    statement = f"""
        SELECT line.order_id, line.item_id,
            CASE WHEN NOT line.is_counted THEN '{Dropped.NO_PRODUCT}'
                WHEN line.refunded >= line.quantity THEN '{Dropped.RETURNED}' {free} ELSE '' END
        FROM {given} JOIN "{OrderLine._meta.db_table}" AS line ON line.order_id = given.order_id"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _cut_large(order_keys: Mapping[int, str], baskets: Mapping[int, _Basket], cap: int) -> None:
    large = {order_id: basket for order_id, basket in baskets.items() if len(basket.items) > cap}
    found: set[int] = set().union(*(basket.items for basket in large.values()))
    item_keys = dict(Item.objects.filter(pk__in=found).values_list("pk", "key")) if found else {}
    for order_id, basket in large.items():
        basket.drop(Dropped.CUT, len(basket.items) - cap)
        basket.items = set(cut(order_keys[order_id], {item: item_keys[item] for item in basket.items}, cap))
