"""Exact sums over baskets, as algebra: counts of A plus counts of B are the counts of A and B."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining.pairs import PairSums, count_pairs
from recommendations.mining.weights import weights

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over baskets, L being a basket's size; empty baskets do not exist.

    `root` is the sum of 2^32 (L-1)^-1/2 over L >= 2, each rounded to an integer first.
    """

    orders: int = 0
    size: int = 0
    pairs: int = 0
    size_multi: int = 0
    root: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.orders + other.orders,
            self.size + other.size,
            self.pairs + other.pairs,
            self.size_multi + other.size_multi,
            self.root + other.root,
        )

    def __neg__(self) -> "Totals":
        return Totals(-self.orders, -self.size, -self.pairs, -self.size_multi, -self.root)


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals, orders per item and sums per pair; items and pairs ascend by key, rows of zeros are left out.

    Parameters
    ----------
    item_ids, item_orders : int64[items].
    pairs : sums of each pair that occurs.
    """

    totals: Totals
    item_ids: Ids
    item_orders: Ids
    pairs: PairSums

    def __add__(self, other: "Counts") -> "Counts":
        ids, at = np.unique(np.concatenate([self.item_ids, other.item_ids]), return_inverse=True)
        orders = np.zeros(len(ids), dtype=np.int64)
        np.add.at(orders, at, np.concatenate([self.item_orders, other.item_orders]))
        kept = orders != 0
        return Counts(self.totals + other.totals, ids[kept], orders[kept], self.pairs + other.pairs)

    def __neg__(self) -> "Counts":
        return Counts(-self.totals, self.item_ids, -self.item_orders, -self.pairs)

    def __sub__(self, other: "Counts") -> "Counts":
        return self + -other


def count(baskets: Baskets) -> Counts:
    """Count baskets from scratch."""
    sizes = baskets.sizes[baskets.sizes > 0]
    multi = sizes[sizes >= 2]
    item_ids, item_orders = np.unique(baskets.items, return_counts=True)
    totals = Totals(
        orders=len(sizes),
        size=int(sizes.sum()),
        pairs=int((sizes * (sizes - 1)).sum()),
        size_multi=int(multi.sum()),
        root=int(weights(multi, power=0.5).sum()),
    )
    return Counts(totals, item_ids, item_orders.astype(np.int64), count_pairs(baskets))
