"""Within an instance that holds a large shop: time folds of new orders, and the bare upsert of the same rows."""

import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from benchmarks import basket_files
from benchmarks.big_shop import GENERATION, key
from benchmarks.figures import FoldTimes
from recommendations.catalogue import PlacedLine, PlacedOrder
from recommendations.data.baskets import Baskets
from recommendations.mining.counts import Counts, Totals, count
from recommendations.models import ItemCount, PairCount, database
from recommendations.models.sql import source
from recommendations.services import counting, fold, record

ITEMS = 10
"""Of each order that is folded: 45 pairs."""

HUBS = 20
"""The items with most orders."""

WARMING = 20
PRICE = Decimal("2.50")
SUMS = ("orders", "weight", "share", "share_square")


class Chance:
    """Draws orders of `ITEMS` distinct items, each as likely as it is popular in the history."""

    def __init__(self, file: Path, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        popularity = np.bincount(basket_files.load(file).items).astype(float)
        self._items = np.flatnonzero(popularity)
        self._share = popularity[self._items] / popularity.sum()
        self._hubs = self._items[np.argsort(-self._share)[:HUBS]]
        self.placed = 0

    def order(self, hubs: int) -> PlacedOrder:
        """An order of which at least so many items are hubs."""
        chosen = set(self._random.choice(self._hubs, hubs, replace=False).tolist())
        while len(chosen) < ITEMS:
            chosen.add(int(self._random.choice(self._items, p=self._share)))
        self.placed += 1
        return PlacedOrder(
            key=_key(self.placed),
            lines=tuple(PlacedLine(key(item), 1, PRICE) for item in sorted(chosen)),
            placed_at=timezone.now(),
            currency="EUR",
        )


def measure(file: Path, orders: int, batches: int, batch: int, seed: int) -> list[FoldTimes]:
    """Fold so many orders one by one, as they come and with three hubs each, then so many batches, then take the
    first ones back, one by one."""
    chance = Chance(file, seed)
    _placed("", chance, WARMING, 1, 0)
    first = chance.placed
    return [
        _placed("one order", chance, orders, 1, 0),
        _placed("one order, 3 of its items hubs", chance, orders, 1, 3),
        _placed(f"{batch:,} orders", chance, batches, batch, 0),
        _cancelled("one order cancelled", range(first + 1, first + orders + 1)),
    ]


def _placed(name: str, chance: Chance, times: int, batch: int, hubs: int) -> FoldTimes:
    folds, bare, cpu = [], [], 0.0
    for number in range(times):
        placed = [chance.order(hubs) for _ in range(batch)]
        difference = count(Baskets.of([sorted(int(line.product[5:]) for line in one.lines) for one in placed]))
        # Whoever is second finds the pages in memory: in turn.
        if number % 2:
            bare.append(_bare(difference))
        record.orders(placed)
        wall_s, cpu_s = _fold(batch)
        folds.append(wall_s)
        cpu += cpu_s
        if not number % 2:
            bare.append(_bare(difference))
    return FoldTimes(name, times * batch, folds, bare, cpu)


def _cancelled(name: str, numbers: range) -> FoldTimes:
    times = []
    for number in numbers:
        record.cancel(order_key=_key(number), key="cancelled", at=timezone.now())
        times.append(_fold(1))
    return FoldTimes(name, len(numbers), [wall_s for wall_s, _ in times], [], sum(cpu_s for _, cpu_s in times))


def _key(number: int) -> str:
    return f"folded-{number}"


def _fold(orders: int) -> tuple[float, float]:
    """Wall and CPU seconds of folding what is pending, which are so many orders."""
    wall, cpu = time.perf_counter(), time.process_time()
    folded = fold.fold_all(now=timezone.now()).orders
    took = time.perf_counter() - wall, time.process_time() - cpu
    if folded != orders:
        raise RuntimeError(f"{folded} orders were folded, not {orders}")
    return took


def _bare(difference: Counts) -> float:
    """Seconds to add the rows to the counts and commit, nothing else; then they are taken back again."""
    pairs = difference.pairs
    items = np.column_stack([difference.item_ids, difference.item_orders])
    sums = np.column_stack([pairs.low, pairs.high, pairs.orders, pairs.weight, pairs.share, pairs.share_square])
    started = time.perf_counter()
    _upsert(items, sums)
    took = time.perf_counter() - started
    taken_back = replace(-difference, totals=Totals())
    with database.atomic():
        counting.lock()
        counting.add(taken_back, generation=GENERATION, now=timezone.now())
    return took


def _upsert(items: NDArray[np.int64], pairs: NDArray[np.int64]) -> None:
    with database.atomic():
        _add(ItemCount, ["item_id"], ["orders"], items.tolist())
        _add(PairCount, ["low_id", "high_id"], SUMS, pairs.tolist())


def _add(model: Any, keys: Sequence[str], sums: Sequence[str], rows: list[list[int]]) -> None:
    connection, table = database.connection(), model._meta.db_table
    names = ", ".join([*keys, *sums])
    conflict = f"ON CONFLICT (generation, {', '.join(keys)}) DO UPDATE SET " + ", ".join(
        f'{name} = "{table}".{name} + excluded.{name}' for name in sums
    )
    if connection.vendor == "sqlite":
        marks = ", ".join("?" * (len(keys) + len(sums)))
        connection.connection.executemany(
            f'INSERT INTO "{table}" (generation, {names}) VALUES ({GENERATION}, {marks}) {conflict}',  # noqa: S608
            rows,
        )
        return
    given, parameters = source(connection, [(name, "bigint") for name in (*keys, *sums)], rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" (generation, {names}) SELECT {GENERATION}, {names} FROM {given} {conflict}',  # noqa: S608
            parameters,
        )
