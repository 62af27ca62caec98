"""Frequent itemsets by numpy alone: the same Eclat as the compiled one, in the same order, more slowly."""

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining.budget import Watch
from recommendations.mining.labels import label

Ids = NDArray[np.int64]
Words = NDArray[np.uint64]
Found = tuple[Ids, Ids, Ids]

BYTES_A_SET = 200
"""About what Python holds for an itemset until all are found."""


class _Finds:
    """What was found so far."""

    def __init__(self, ids: Ids, watch: Watch, fixed: int) -> None:
        self._ids, self._watch, self._fixed = ids.tolist(), watch, fixed
        self._sets: list[list[int]] = []
        self._counts: list[int] = []

    def add(self, prefix: tuple[int, ...], count: int) -> None:
        self._sets.append(sorted(self._ids[label] for label in prefix))
        self._counts.append(count)

    def check(self, scratch: int = 0) -> None:
        self._watch.check(self._fixed + BYTES_A_SET * len(self._sets) + scratch)

    def arrays(self) -> Found:
        offsets = np.zeros(len(self._sets) + 1, dtype=np.int64)
        np.cumsum([len(items) for items in self._sets], out=offsets[1:])
        flat = (item for items in self._sets for item in items)
        return offsets, np.fromiter(flat, np.int64, int(offsets[-1])), np.array(self._counts, dtype=np.int64)


def mine(baskets: Baskets, least: int, longest: int, watch: Watch) -> Found:
    """Offsets, items and counts; see `itemsets.itemsets`."""
    fixed = 64 * len(baskets.items)
    watch.check(fixed)
    labels = label(baskets, least=least, rarest_first=True)
    size = len(labels.ids)
    all_labels = labels.of[labels.items]
    kept = all_labels >= 0
    rows = np.repeat(np.arange(len(baskets)), baskets.sizes)[kept]
    by_row = np.lexsort((all_labels[kept], rows))
    flat, rows = all_labels[kept][by_row], rows[by_row]
    ends = np.searchsorted(rows, np.arange(len(baskets)), side="right")
    places = np.argsort(flat, kind="stable")
    heads = np.searchsorted(flat[places], np.arange(size + 1))
    finds = _Finds(labels.ids, watch, fixed)
    for first in range(size):
        mine_places = places[heads[first] : heads[first + 1]]
        finds.add((first,), len(mine_places))
        finds.check()
        if longest == 1:
            continue
        follow = ends[rows[mine_places]] - mine_places - 1
        local = np.repeat(np.arange(len(mine_places)), follow)
        at = np.arange(len(local)) + np.repeat(mine_places + 1 - (np.cumsum(follow) - follow), follow)
        others = flat[at]
        counts = np.bincount(others, minlength=size)
        chosen = np.flatnonzero(counts >= least)
        if len(chosen):
            finds.check(len(chosen) * (len(mine_places) + 64))
            bits = _bits(others, local, chosen, len(mine_places), size)
            _descend(finds, first, chosen, counts[chosen], bits, least, longest)
    return finds.arrays()


def _bits(others: Ids, local: Ids, chosen: Ids, rows: int, labels: int) -> Words:
    """uint64[chosen, words]: bit r of a chosen label says whether it is in row r."""
    slot_of = np.full(labels, -1)
    slot_of[chosen] = np.arange(len(chosen))
    slots = slot_of[others]
    hit = slots >= 0
    table = np.zeros((len(chosen), -(-rows // 64) * 64), dtype=bool)
    table[slots[hit], local[hit]] = True
    return np.packbits(table, axis=1).view(np.uint64)


def _descend(finds: _Finds, first: int, labels: Ids, counts: Ids, bits: Words, least: int, longest: int) -> None:
    """All longer itemsets that begin with `first`, depth first."""
    stack: list[tuple[tuple[int, ...], Ids, Ids, Words, int]] = [((first,), labels, counts, bits, 0)]
    held = bits.nbytes
    while stack:
        prefix, labels, counts, bits, here = stack.pop()
        if here == len(labels):
            held -= bits.nbytes
            continue
        stack.append((prefix, labels, counts, bits, here + 1))
        longer = (*prefix, int(labels[here]))
        finds.add(longer, int(counts[here]))
        if here + 1 == len(labels) or len(longer) == longest:
            continue
        finds.check(held + bits.nbytes)
        meets = bits[here + 1 :] & bits[here]
        met = np.bitwise_count(meets).sum(axis=1, dtype=np.int64)
        kept = met >= least
        if kept.any():
            below = meets[kept]
            held += below.nbytes
            stack.append((longer, labels[here + 1 :][kept], met[kept], below, 0))
