"""Families of itemsets as one matrix a length, and where a set stands in them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.itemsets import Itemsets

Ids = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Level:
    """The sets of one length.

    Parameters
    ----------
    at : int64[m], their numbers in the family.
    items : int64[m, length], ascending in each row.
    """

    at: Ids
    items: Ids


def levels(offsets: Ids, items: Ids) -> Iterator[Level]:
    """The sets of each length that there is, shortest first, in the order of the family.

    Parameters
    ----------
    offsets, items : int64[k + 1] and int64[offsets[k]], the sets, as in `Itemsets`.
    """
    lengths = np.diff(offsets)
    for length in np.unique(lengths).tolist():
        at = np.flatnonzero(lengths == length)
        yield Level(at, items[offsets[at][:, None] + np.arange(length)])


def spread(offsets: Ids, at: Ids) -> tuple[Ids, Ids]:
    """Offsets of the sets at these positions, int64[k + 1], and where their items are in the family, int64."""
    lengths = np.diff(offsets)[at]
    chosen = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return chosen, np.repeat(offsets[at] - chosen[:-1], lengths) + np.arange(chosen[-1])


def in_order(sets: Itemsets) -> Itemsets:
    """The same sets, shorter ones first and those of one length ascending by their items."""
    order = [level.at[np.lexsort(level.items.T[::-1])] for level in levels(sets.offsets, sets.items)]
    if not order:
        return sets
    at = np.concatenate(order)
    offsets, flat = spread(sets.offsets, at)
    return Itemsets(offsets, sets.items[flat], sets.counts[at])


def hashes(items: Ids) -> Hashes:
    """Two 64-bit numbers of each item, uint64[2, ...]; those of a set are the sums of its items', modulo 2^64.

    The finaliser of SplitMix64 (Steele, Lea, Flood 2014) from two starts. That two different sets of a family of k
    agree in both sums has a probability of about k^2 / 2^129.
    """
    starts = np.array([0x9E3779B97F4A7C15, 0xD1B54A32D192ED03], dtype=np.uint64)
    mixed = items.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + starts.reshape(2, *[1] * items.ndim)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


class Finder:
    """Where sets stand in a family, by their hashes.

    Parameters
    ----------
    offsets, items : the family, as in `levels`; the items of a set in any order.
    """

    def __init__(self, offsets: Ids, items: Ids) -> None:
        self.keys = np.zeros((2, len(offsets) - 1), dtype=np.uint64)
        for level in levels(offsets, items):
            self.keys[:, level.at] = hashes(level.items).sum(axis=2, dtype=np.uint64)
        self._order = np.lexsort(self.keys[::-1])
        self._first, self._second = self.keys[:, self._order]

    def find(self, keys: Hashes) -> Ids:
        """int64[...], the number of the set with each hash of uint64[2, ...], -1 where the family has none."""
        if not len(self._order):
            return np.full(keys.shape[1:], -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._first, keys[0]), len(self._order) - 1)
        hit = (self._first[at] == keys[0]) & (self._second[at] == keys[1])
        return np.asarray(np.where(hit, self._order[at], -1))
