"""Posting lists: which baskets hold an item, and which hold a whole set."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets

Ids = NDArray[np.int64]


class Postings:
    """Of each item the ascending numbers of the baskets that hold it."""

    def __init__(self, baskets: Baskets) -> None:
        by_item = np.argsort(baskets.items, kind="stable")
        self._baskets = np.repeat(np.arange(len(baskets)), baskets.sizes)[by_item]
        self._item_ids, self._starts = np.unique(baskets.items[by_item], return_index=True)
        self._stops = np.append(self._starts[1:], len(self._baskets))

    def of_item(self, item: int) -> Ids:
        """int64[k], the baskets with the item; none of an item that there is not."""
        at = int(np.searchsorted(self._item_ids, item))
        if at == len(self._item_ids) or self._item_ids[at] != item:
            return np.empty(0, dtype=np.int64)
        return self._baskets[self._starts[at] : self._stops[at]]

    def of_set(self, items: Ids) -> Ids:
        """int64[k], the baskets with all of the items, of which there is at least one."""
        rarest_first = sorted((self.of_item(item) for item in items.tolist()), key=len)
        return reduce(lambda held, other: np.intersect1d(held, other, assume_unique=True), rarest_first)


def shoppers_of_sets(baskets: Baskets, shoppers: Ids, offsets: Ids, items: Ids) -> Ids:
    """int64[sets], distinct known shoppers of the baskets that hold each set.

    Parameters
    ----------
    shoppers : int64[baskets], 0 for guests, who never count.
    offsets, items : int64[sets + 1] and int64[offsets[sets]], sets of one item or more.
    """
    postings = Postings(baskets)
    found = [np.unique(shoppers[postings.of_set(one)]) for one in np.split(items, offsets[1:-1])[: len(offsets) - 1]]
    return np.array([np.count_nonzero(people) for people in found], dtype=np.int64)
