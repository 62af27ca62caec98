"""Count everything anew from the order rows: to prove the counts, to repair them, and for a history that arrives whole.

A rebuild fills a new generation of count rows in short transactions and swaps it in at the end. Folding pauses
meanwhile (recording does not): the orders' snapshots already belong to the new generation. A rebuild that dies
leaves the old generation serving; the next fold notices after `PATIENCE` and starts anew.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import DatabaseError
from django.db.models import Max
from django.utils import timezone

from recommendations.data.baskets import Baskets
from recommendations.data.cleaning import Cleaning, LeftOut
from recommendations.exceptions import LeaseLost
from recommendations.mining.counts import Counts, Totals, count
from recommendations.mining.pairs import PairSums
from recommendations.models import (
    BasketTotals,
    Counted,
    Excluded,
    GenerationState,
    ItemCount,
    Order,
    PairCount,
    database,
)
from recommendations.models.sql import insert
from recommendations.selectors.orders import CountableOrder, busy_days, countable, orders_after
from recommendations.services import cleaning, counting
from recommendations.services.requeue import rapid_days

logger = logging.getLogger(__name__)

ORDERS_AT_ONCE = 500
ROWS_AT_ONCE = 5_000
SQUARE = 256
PATIENCE = timedelta(seconds=60)
MOST_FAULTS = 20
SQLITE_ROOM = {"cache_size": -128 * 1024, "wal_autocheckpoint": 20_000}
"""128 MiB of cache, and a checkpoint each 20,000 pages."""

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Recounted:
    """How many orders a recount holds, and what it left out."""

    orders: int
    left_out: LeftOut


def died(*, now: datetime) -> bool:
    """Whether a rebuild began and gave no sign of life for `PATIENCE`."""
    return BasketTotals.objects.building().filter(touched_at__lt=now - PATIENCE).exists()


def rebuild(*, now: datetime, progress: Progress | None = None) -> Recounted:
    """Count all orders into a new generation, by the rules of now, and make it the live one.

    The window stays where the last fold left it, and begins at `now` where it is another one than before.

    Raises
    ------
    LeaseLost : another rebuild took over.
    """
    report = progress or _silent
    with _room_to_write():
        building = _begin(now)
        counts, left_out = _count_orders(building, report)
        _write(building.generation, counts, report)
        _go_live(building.generation, counts.totals, now)
        clear_retired()
    return Recounted(counts.totals.orders, left_out)


def clear_retired() -> None:
    """Delete count rows of generations that serve no more, a few thousand a transaction."""
    retired = BasketTotals.objects.filter(state=GenerationState.RETIRED)
    for generation in retired.values_list("generation", flat=True):
        for model in (PairCount, ItemCount):
            # In the order in which they were written, so that each transaction touches few pages of each index.
            rows = model.objects.filter(generation=generation).order_by("pk")
            while True:
                last = rows.values_list("pk", flat=True)[ROWS_AT_ONCE - 1 : ROWS_AT_ONCE].first()
                some = rows if last is None else rows.filter(pk__lte=last)
                some.order_by()._raw_delete(database.alias())
                if last is None:
                    break
        retired.filter(generation=generation).delete()


def check() -> list[str]:
    """Compare the counts with a recount from the order rows, in one consistent view of the database.

    Returns
    -------
    What differs, a sentence each, at most 20; empty when the counts are exactly right. Orders that are pending,
    waiting or quarantined count as what the counts hold of them.
    """
    with _one_view():
        totals = BasketTotals.objects.live().first()
        if totals is None:
            held = Order.objects.held_by_counts().count()
            return [f"{held} orders are marked as counted, but there are no counts"] if held else []
        faults: list[str] = []
        baskets: list[Sequence[int]] = []
        for order in _all_orders(totals, faults):
            basket = (order.held or ()) if order.pending else order.basket
            if not order.pending and (order.held or ()) != order.basket:
                faults.append(f"order {order.id} is counted as items {order.held}, its lines say {order.basket}")
            if basket:
                baskets.append(basket)
        baskets += [held for held in Order.objects.quarantined().values_list("counted_items", flat=True) if held]
        return (faults + _differences(_stored(totals), count(Baskets.of(baskets))))[:MOST_FAULTS]


def _silent(_fraction: float, _message: str) -> None:
    """Report to nobody."""


def _begin(now: datetime) -> BasketTotals:
    rules = cleaning.current()
    with database.atomic():
        counting.lock()
        BasketTotals.objects.building().update(state=GenerationState.RETIRED)
        # Each recount is another try for what could not be counted; the new generation holds nothing of it yet.
        Order.objects.quarantined().to_be_folded(counted_items=None, counted_shopper=None, quarantine_reason="")
        live = BasketTotals.objects.live().first()
        newest = BasketTotals.objects.aggregate(newest=Max("generation"))["newest"] or 0
        kept = live is not None and cleaning.of(live).window_days == rules.window_days
        return BasketTotals.objects.create(
            generation=newest + 1,
            **cleaning.as_fields(rules),
            window_from=live.window_from if live and kept else rules.window_from(now),
            sequence=live.sequence if live else 0,
            touched_at=now,
        )


@contextlib.contextmanager
def _room_to_write() -> Iterator[None]:
    """On SQLite, memory for the pages of large indexes, and a longer journal: each page is written once, not often."""
    connection = database.connection()
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        before = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in SQLITE_ROOM}
        for name, value in SQLITE_ROOM.items():
            cursor.execute(f"PRAGMA {name}={value}")
        try:
            yield
        finally:
            for name, value in before.items():
                cursor.execute(f"PRAGMA {name}={value}")


@contextlib.contextmanager
def _step(generation: int) -> Iterator[None]:
    """One short transaction of a rebuild, which proves that no other took over."""
    with database.atomic():
        counting.lock()
        ours = BasketTotals.objects.building().filter(generation=generation).update(touched_at=timezone.now())
        if not ours:
            raise LeaseLost(f"another recount took over from generation {generation}")
        yield


def _count_orders(building: BasketTotals, report: Progress) -> tuple[Counts, LeftOut]:
    left_out = LeftOut()
    total = max(Order.objects.aggregate(newest=Max("id"))["newest"] or 0, 1)
    baskets: list[Sequence[int]] = []
    last = 0
    while True:
        with _step(building.generation):
            order_ids, orders = _next_orders(last, building)
            counting.keep_snapshots(orders)
        if not order_ids:
            break
        baskets += [order.basket for order in orders if order.basket]
        left_out += LeftOut.of(orders)
        last = order_ids[-1]
        report(0.5 * min(last / total, 1.0), f"{len(baskets):,} orders read")
    return count(Baskets.of(baskets)), left_out


def _next_orders(last: int, building: BasketTotals) -> tuple[list[int], list[CountableOrder]]:
    """Ids of the next orders, and those of them that can be counted; the others are quarantined."""
    rules = cleaning.of(building)

    def read(after: int, limit: int) -> tuple[list[int], list[CountableOrder]]:
        with database.atomic():
            orders = orders_after(after, limit=limit)
            rapid, waiting = rapid_days(orders, rules, earlier_than=after + 1)
            # What others of its day have to wait for is left to the next fold: this generation holds nothing of it.
            Order.objects.filter(pk__in=waiting).to_be_folded(counted_items=None, counted_shopper=None)
            ready = [order for order in orders if order.pk not in waiting]
            found = countable(ready, cleaning=rules, window_from=building.window_from, rapid=rapid)
            return [order.pk for order in orders], found

    try:
        return read(last, ORDERS_AT_ONCE)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("orders after %s cannot be counted together, each is tried alone", last)
    order_ids = list(Order.objects.filter(pk__gt=last).order_by("id").values_list("pk", flat=True)[:ORDERS_AT_ONCE])
    orders = []
    for order_id in order_ids:
        try:
            orders += read(order_id - 1, 1)[1]
        except DatabaseError:
            raise
        except Exception as error:
            logger.exception("order %s cannot be counted", order_id)
            counting.quarantine(order_id, error)
    return order_ids, orders


def _write(generation: int, counts: Counts, report: Progress) -> None:
    for start in range(0, len(counts.item_ids), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        ids, orders = counts.item_ids[part].tolist(), counts.item_orders[part].tolist()
        with _step(generation):
            rows = [(generation, item, number) for item, number in zip(ids, orders, strict=True)]
            insert(ItemCount, ["generation", "item", "orders"], rows)
    pairs = counts.pairs
    fields = ["generation", "low", "high", *counting.SUMS]
    columns = np.column_stack([pairs.low, pairs.high, pairs.orders, pairs.weight, pairs.share, pairs.share_square])
    # Square by square: rows of one transaction are then near each other in the indexes of both sides.
    near = np.lexsort((pairs.high, pairs.low, pairs.high // SQUARE, pairs.low // SQUARE))
    for start in range(0, len(pairs), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        with _step(generation):
            rows = [(generation, *row) for row in columns[near[part]].tolist()]
            insert(PairCount, fields, rows)
        report(0.5 + 0.5 * start / len(pairs), f"{start:,} of {len(pairs):,} pairs written")
    report(1.0, f"{len(pairs):,} pairs written")


def _go_live(generation: int, totals: Totals, now: datetime) -> None:
    with _step(generation):
        live = BasketTotals.objects.live().first()
        BasketTotals.objects.live().update(state=GenerationState.RETIRED)
        BasketTotals.objects.filter(generation=generation).update(
            state=GenerationState.LIVE,
            sequence=(live.sequence if live else 0) + 1,
            orders=totals.orders,
            sum_size=totals.size,
            sum_pairs=totals.pairs,
            sum_size_multi=totals.size_multi,
            sum_root=totals.root,
            folded_at=now,
        )


@contextlib.contextmanager
def _one_view() -> Iterator[None]:
    """Read as of one moment without stopping writers: a snapshot on PostgreSQL, a deferred transaction on SQLite."""
    connection = database.connection()
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with database.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def _all_orders(totals: BasketTotals, faults: list[str]) -> Iterator[CountableOrder]:
    last, rules = 0, cleaning.of(totals)
    while True:
        rows = Order.objects.filter(pk__gt=last).exclude(counted=Counted.QUARANTINED).order_by("id")
        orders = list(rows[:ORDERS_AT_ONCE])
        if not orders:
            return
        faults += _wrong_rates(orders, rules)
        # When a day became too rapid is told by its orders alone: one that is not folded yet changes nothing.
        rapid = {order.pk for order in orders if order.excluded == Excluded.RATE}
        yield from countable(orders, cleaning=rules, window_from=totals.window_from, rapid=rapid)
        last = orders[-1].pk


def _wrong_rates(orders: Sequence[Order], rules: Cleaning) -> Iterator[str]:
    most = rules.most_orders_a_day
    rapid = set()
    for _, placed, members in busy_days(orders, rules):
        for order in members:
            if most is not None and placed.settled > most and order.counted == Counted.COUNTED:
                yield f"order {order.pk} is counted, one of {placed.settled} of its shopper that day"
            if most is not None and placed.orders > most:
                rapid.add(order.pk)
    for order in orders:
        left_out = order.excluded == Excluded.RATE and order.counted == Counted.EXCLUDED
        if left_out and order.shopper_id is not None and order.pk not in rapid:
            yield f"order {order.pk} is left out, and its shopper placed no more than {most} that day"


def _stored(totals: BasketTotals) -> Counts:
    items = _columns(ItemCount, totals.generation, ["item_id", "orders"], order=["item_id"])
    pairs = _columns(PairCount, totals.generation, ["low_id", "high_id", *counting.SUMS], order=["low_id", "high_id"])
    return Counts(
        Totals(totals.orders, totals.sum_size, totals.sum_pairs, totals.sum_size_multi, totals.sum_root),
        items[0],
        items[1],
        PairSums(pairs[0] << 32 | pairs[1], *pairs[2:]),
    )


def _columns(model: Any, generation: int, names: list[str], *, order: list[str]) -> Any:
    rows = model.objects.filter(generation=generation).order_by(*order).values_list(*names)
    flat = np.fromiter((value for row in rows.iterator(chunk_size=10_000) for value in row), dtype=np.int64)
    return flat.reshape(-1, len(names)).T


def _differences(stored: Counts, right: Counts) -> list[str]:
    faults = []
    if stored.totals != right.totals:
        faults.append(f"totals are {stored.totals}, the orders say {right.totals}")
    wrong = stored - right
    for item, amount in zip(wrong.item_ids.tolist(), wrong.item_orders.tolist(), strict=True):
        faults.append(f"item {item} is counted {amount:+d} orders too many")
    pairs = wrong.pairs
    for low, high, amount in zip(pairs.low.tolist(), pairs.high.tolist(), pairs.orders.tolist(), strict=True):
        faults.append(f"items {low} and {high} are counted together {amount:+d} orders too many")
    return faults
