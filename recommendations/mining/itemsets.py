"""Frequent itemsets: every set of items that occurs in enough baskets."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Itemsets:
    """`items[offsets[i]:offsets[i + 1]]`, ascending, occur together in `counts[i]` baskets.

    Parameters
    ----------
    offsets : int64[k + 1].
    items : int64[offsets[k]].
    counts : int64[k].
    """

    offsets: Ids
    items: Ids
    counts: Ids

    def __len__(self) -> int:
        return len(self.counts)


def itemsets(baskets: Baskets, *, min_count: int, max_length: int | None = None) -> Itemsets:
    """All sets of at least one item in at least `min_count` >= 1 baskets, of at most `max_length` items.

    Depth first over packed bits of the baskets in which the prefix occurs (Eclat, Zaki 2000).
    """
    ids, at, counts = np.unique(baskets.items, return_inverse=True, return_counts=True)
    frequent = np.flatnonzero(counts >= min_count)
    rows = np.repeat(np.arange(len(baskets)), baskets.sizes)
    by_item = np.argsort(at, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)])
    sets: list[tuple[int, ...]] = []
    found: list[int] = []
    most = max_length or len(ids)
    wanted = counts[at] >= min_count
    for item in frequent.tolist() if most else []:
        sets.append((int(ids[item]),))
        found.append(int(counts[item]))
        if most == 1:
            continue
        holding = rows[by_item[starts[item] : starts[item + 1]]]
        lengths = baskets.sizes[holding]
        flat = np.repeat(baskets.offsets[holding] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        flat = flat + np.arange(len(flat))
        line = np.repeat(np.arange(len(holding)), lengths)
        later = (at[flat] > item) & wanted[flat]
        others, column, partners = np.unique(at[flat[later]], return_inverse=True, return_counts=True)
        table = np.zeros((len(others), len(holding)), dtype=bool)
        table[column, line[later]] = True
        bits = np.packbits(table[partners >= min_count], axis=1)
        for members, amount in _grow((int(ids[item]),), ids[others[partners >= min_count]], bits, min_count, most):
            sets.append(members)
            found.append(amount)
    offsets = np.concatenate([[0], np.cumsum([len(members) for members in sets], dtype=np.int64)]).astype(np.int64)
    items = np.fromiter((one for members in sets for one in members), dtype=np.int64, count=int(offsets[-1]))
    return Itemsets(offsets, items, np.array(found, dtype=np.int64))


def _grow(
    prefix: tuple[int, ...], items: Ids, bits: NDArray[np.uint8], min_count: int, most: int
) -> Iterator[tuple[tuple[int, ...], int]]:
    """Sets that begin with `prefix`; `bits` say in which of the prefix's baskets each further item is."""
    counts = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    for at, item in enumerate(items.tolist()):
        members = (*prefix, item)
        yield members, int(counts[at])
        if len(members) < most and at + 1 < len(items):
            common = bits[at + 1 :] & bits[at]
            kept = np.bitwise_count(common).sum(axis=1, dtype=np.int64) >= min_count
            yield from _grow(members, items[at + 1 :][kept], common[kept], min_count, most)
