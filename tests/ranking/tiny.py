"""Candidates small enough to reckon by hand."""

import numpy as np

from recommendations.data.candidates import Candidates, Totals


def tiny(orders, pairs=None, asked=(), *, total=100, multi=0, sum_root=0.0):
    """Candidates from {item id: orders} and {(asked id, item id): (orders, weight)}; the key of item 3 is `i3`."""
    item_ids = sorted(orders)
    place = {item_id: position for position, item_id in enumerate(item_ids)}
    pair_orders = np.zeros((len(asked), len(item_ids)), dtype=np.int64)
    pair_weights = np.zeros((len(asked), len(item_ids)))
    for (own, other), (both, weight) in (pairs or {}).items():
        pair_orders[asked.index(own), place[other]] = both
        pair_weights[asked.index(own), place[other]] = weight
    return Candidates(
        totals=Totals(generation=1, sequence=1, orders=total, multi_orders=multi, sum_root=sum_root),
        item_ids=np.array(item_ids, dtype=np.int64),
        keys=tuple(f"i{item_id}" for item_id in item_ids),
        orders=np.array([orders[item_id] for item_id in item_ids], dtype=np.int64),
        asked=np.array([place[item_id] for item_id in asked], dtype=np.int64),
        pair_orders=pair_orders,
        pair_weights=pair_weights,
        unwanted=np.array([], dtype=np.int64),
        own=len(asked),
    )
