"""Counts of one question as arrays, kept by this process for as long as the counts stand."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from sys import intern
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.data.candidates import Ids, Pair, Totals
from recommendations.selectors.claimed import Rows, claimed

SCALE = float(2**32)
"""Weights are stored as integers, this many times their value."""

MOST_BYTES = 3_000_000
"""Of arrays that a process keeps, those of the latest questions: about 300 products, or 100 carts of three; with what
Python adds to them it is up to three times as much memory."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the counts say of candidates, whatever anybody decided of them; see `Candidates`. Shared: change nothing.

    `name` tells the state of the counts and the version of rules: two of one name are the same.
    """

    name: str
    totals: Totals
    item_ids: Ids
    keys: tuple[str, ...]
    orders: Ids
    asked: Ids
    pair_orders: Ids
    pair_weights: NDArray[np.float64]
    claimed: frozenset[Pair]
    own: int

    @property
    def bytes(self) -> int:
        """Of its arrays."""
        return sum(one.nbytes for one in (self.item_ids, self.orders, self.pair_orders, self.pair_weights))


class KnownCounts:
    """The counts of the latest questions. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Counted] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def of(self, question: Hashable) -> Counted | None:
        """What was kept of the question, of whichever state of the counts."""
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
            return self._kept.get(question)

    def keep(self, question: Hashable, counted: Counted) -> None:
        """Keep the answer, in the place of an older one."""
        with self._lock:
            older = self._kept.pop(question, None)
            self._kept[question] = counted
            self._bytes += counted.bytes - (older.bytes if older else 0)
            while self._bytes > MOST_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].bytes


known_counts = KnownCounts()


def counted_of(rows: Rows, name: str, asked_keys: Sequence[str], asked_ids: Sequence[int]) -> Counted:
    """From the rows of the candidates' statement."""
    totals = next(map(_as_totals, rows.get(0, ())), Totals())
    items = sorted((row[1], intern(row[6]), row[2]) for row in rows.get(2, ()))
    item_ids = np.array([row[0] for row in items], dtype=np.int64)
    keys = tuple(row[1] for row in items)
    asked = _asked(items, asked_keys, asked_ids)
    pairs = np.array([row[1:5] for row in rows.get(1, ())], dtype=np.int64).reshape(-1, 4)
    pair_orders, pair_weights = _matrices(pairs, item_ids, asked)
    return Counted(
        name=name,
        totals=totals,
        item_ids=item_ids,
        keys=keys,
        orders=np.array([row[2] for row in items], dtype=np.int64),
        asked=asked,
        pair_orders=pair_orders,
        pair_weights=pair_weights / SCALE,
        claimed=claimed(rows),
        own=len(set(asked_keys).intersection(keys)),
    )


def _as_totals(row: Sequence[Any]) -> Totals:
    folded_at = datetime.fromisoformat(row[6]) if row[6] else None
    if folded_at is not None and folded_at.tzinfo is None:
        folded_at = folded_at.replace(tzinfo=UTC)
    return Totals(
        generation=row[1],
        sequence=row[2],
        orders=row[3],
        multi_orders=row[4],
        sum_root=row[5] / SCALE,
        folded_at=folded_at,
    )


def _asked(items: Sequence[tuple[int, str, int]], asked_keys: Sequence[str], asked_ids: Sequence[int]) -> Ids:
    by_key = {key: position for position, (_, key, _) in enumerate(items)}
    by_id = {item_id: position for position, (item_id, _, _) in enumerate(items)}
    positions = [by_key[key] for key in asked_keys if key in by_key]
    positions += [by_id[item_id] for item_id in asked_ids if item_id in by_id]
    return np.array(list(dict.fromkeys(positions)), dtype=np.int64)


def _matrices(pairs: Ids, item_ids: Ids, asked: Ids) -> tuple[Ids, Ids]:
    """Orders and stored weights as [asked, candidate]: a pair of two asked items stands in both their rows."""
    orders = np.zeros((len(asked), len(item_ids)), dtype=np.int64)
    weights = np.zeros_like(orders)
    row_of = np.full(len(item_ids), -1, dtype=np.int64)
    row_of[asked] = np.arange(len(asked))
    low, high = np.searchsorted(item_ids, pairs[:, 0]), np.searchsorted(item_ids, pairs[:, 1])
    for own, other in ((low, high), (high, low)):
        held = row_of[own] >= 0
        orders[row_of[own[held]], other[held]] = pairs[held, 2]
        weights[row_of[own[held]], other[held]] = pairs[held, 3]
    return orders, weights
