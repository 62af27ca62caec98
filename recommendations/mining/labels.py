"""Labels: the items that matter as numbers from 0, so that arrays of counters stay small."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labels:
    """Items and the label of each.

    Parameters
    ----------
    ids : int64[labels], the item id of each label.
    counts : int64[labels], baskets that hold it.
    items : int64[n], the baskets' items, or small numbers in their place where item ids are sparse.
    of : int32[largest of `items` + 1], the label of each; -1 where it has none.
    """

    ids: Ids
    counts: Ids
    items: Ids
    of: NDArray[np.int32]


def label(baskets: Baskets, *, least: int, rarest_first: bool = False) -> Labels:
    """Labels of the items in at least `least` baskets, ascending by id, or by count and then id."""
    items = baskets.items
    top = int(items.max()) if len(items) else 0
    known = None
    if top > 8 * len(items) + 1_000_000:
        known, items = np.unique(items, return_inverse=True)
    counted = np.bincount(items)
    chosen = np.flatnonzero(counted >= max(least, 1))
    if rarest_first:
        chosen = chosen[np.argsort(counted[chosen], kind="stable")]
    of = np.full(len(counted), -1, dtype=np.int32)
    of[chosen] = np.arange(len(chosen), dtype=np.int32)
    ids = chosen if known is None else known[chosen]
    return Labels(ids.astype(np.int64), counted[chosen].astype(np.int64), items.astype(np.int64, copy=False), of)
