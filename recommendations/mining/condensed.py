"""Closed and maximal itemsets: the frequent itemsets with less repetition."""

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.itemsets import Itemsets

Ids = NDArray[np.int64]
Words = NDArray[np.uint64]
Kept = NDArray[np.bool_]


def closed(itemsets: Itemsets) -> Itemsets:
    """The itemsets of which no larger one has the same count (Pasquier, Bastide, Taouil, Lakhal 1999).

    Together with their counts they tell the count of every other one.

    Parameters
    ----------
    itemsets : as `itemsets` returns them: with each set all its subsets. With a `max_length` the larger
        sets are unknown, and the longest count as closed.

    Raises
    ------
    ValueError : a subset is missing.
    """
    supersets, subsets = _supersets(itemsets)
    same = itemsets.counts[supersets] == itemsets.counts[subsets]
    kept = np.ones(len(itemsets), dtype=bool)
    kept[subsets[same]] = False
    return itemsets.where(kept)


def maximal(itemsets: Itemsets) -> Itemsets:
    """The itemsets that no larger frequent one contains (Bayardo 1998); every other one is a subset of theirs.

    Parameters
    ----------
    itemsets : as for `closed`.

    Raises
    ------
    ValueError : a subset is missing.
    """
    _, subsets = _supersets(itemsets)
    kept = np.ones(len(itemsets), dtype=bool)
    kept[subsets] = False
    return itemsets.where(kept)


def _supersets(itemsets: Itemsets) -> tuple[Ids, Ids]:
    """Numbers of (superset, subset) of each itemset of two items or more and each subset of one item less.

    Sets are found by hash. That is exact: every subset is there, so that where all hashes differ, the itemset with the
    hash of a subset is that subset.
    """
    for seed in range(100):
        of_item = _scatter(itemsets.items.astype(np.uint64) + (np.uint64(seed) << np.uint64(40)))
        of_set = np.add.reduceat(of_item, itemsets.offsets[:-1]) if len(itemsets) else np.zeros(0, np.uint64)
        by_hash = np.argsort(of_set, kind="stable")
        hashes = of_set[by_hash]
        if not (hashes[1:] == hashes[:-1]).any():
            break
    else:
        raise ValueError("an itemset occurs twice")
    supersets = np.repeat(np.arange(len(itemsets)), itemsets.lengths)
    long = itemsets.lengths[supersets] > 1
    supersets = supersets[long]
    wanted = of_set[supersets] - of_item[long]
    at = np.minimum(np.searchsorted(hashes, wanted), max(len(hashes) - 1, 0))
    if not (hashes[at] == wanted).all():
        raise ValueError("a subset of an itemset is missing")
    return supersets, by_hash[at]


def _scatter(words: Words) -> Words:
    """A hash of each uint64 (splitmix64's finaliser, Steele, Lea, Flood 2014)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
