"""Pair counts joined with the counts of their items, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.models import ItemCount, PairCount

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CountedPairs:
    """All int64[pairs]: item ids low < high, orders with both, orders with each."""

    low: Ids
    high: Ids
    orders: Ids
    low_orders: Ids
    high_orders: Ids


def pairs_with_item_orders(*, generation: int, min_orders: int) -> CountedPairs:
    """Pairs that occur in at least `min_orders` orders, ascending by (low, high)."""
    rows = (
        PairCount.objects.filter(generation=generation, orders__gte=min_orders)
        .order_by("low_id", "high_id")
        .values_list("low_id", "high_id", "orders")
    )
    flat = np.fromiter((value for row in rows.iterator(chunk_size=10_000) for value in row), dtype=np.int64)
    low, high, orders = flat.reshape(-1, 3).T
    counts = ItemCount.objects.filter(generation=generation).order_by("item_id").values_list("item_id", "orders")
    items = np.fromiter((value for row in counts.iterator(chunk_size=10_000) for value in row), dtype=np.int64)
    item_ids, item_orders = items.reshape(-1, 2).T
    return CountedPairs(
        low=low,
        high=high,
        orders=orders,
        low_orders=item_orders[np.searchsorted(item_ids, low)],
        high_orders=item_orders[np.searchsorted(item_ids, high)],
    )
