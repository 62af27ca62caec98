"""Pair counts by numpy and scipy alone, where there is no numba or little to count."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.baskets import Baskets
from recommendations.mining.weights import POWERS, weights

Ids = NDArray[np.int64]

LARGEST_BLOCK = 4_000_000
"""Most pair occurrences handled at once: about 200 MB."""


def count_sums(baskets: Baskets, min_orders: int) -> tuple[Ids, ...]:
    """Keys, orders and weighted sums as sparse products X' D X with D the weight of each basket.

    Rows of X are baskets; the product is made in blocks of items, so that memory stays bounded.
    """
    return _count(baskets, min_orders, POWERS)


def count_orders(baskets: Baskets, min_orders: int) -> tuple[Ids, Ids]:
    """Keys and orders, as X' X."""
    keys, orders = _count(baskets, min_orders, ())
    return keys, orders


def count_shoppers(baskets: Baskets, shoppers: Ids, keys: Ids) -> Ids:
    """Distinct known shoppers of each key, from every (pair, shopper) that occurs; see `pairs.distinct_shoppers`."""
    found = []
    for basket_numbers, low, high in occurrences(baskets):
        known = shoppers[basket_numbers] > 0
        pair = low[known] << 32 | high[known]
        at = np.searchsorted(keys, pair)
        at[at == len(keys)] = 0
        hit = keys[at] == pair if len(keys) else np.zeros(len(pair), dtype=bool)
        found.append(np.unique(np.stack([at[hit], shoppers[basket_numbers][known][hit]]), axis=1))
    if not found:
        return np.zeros(len(keys), dtype=np.int64)
    pairs, _ = np.unique(np.concatenate(found, axis=1), axis=1)
    return np.bincount(pairs, minlength=len(keys)).astype(np.int64)


def _count(baskets: Baskets, min_orders: int, powers: tuple[float, ...]) -> tuple[Ids, ...]:
    # Baskets of one item have no weight, and a product leaves their zeros out of its pattern.
    multi = baskets.sizes >= 2
    item_ids, columns, counts = np.unique(baskets.items, return_inverse=True, return_counts=True)
    kept = np.repeat(multi, baskets.sizes) & (counts[columns] >= min_orders)
    if not kept.any():
        return tuple(np.zeros(0, dtype=np.int64) for _ in range(2 + len(powers)))
    numbers, columns = np.unique(columns[kept], return_inverse=True)
    item_ids = item_ids[numbers]
    sizes = baskets.sizes[multi]
    ends = np.concatenate([[0], np.cumsum(kept)])
    offsets = np.concatenate([[0], ends[baskets.offsets[1:]][multi]])
    incidence = sparse.csr_matrix(
        (np.ones(len(columns), dtype=np.int64), columns, offsets), shape=(len(sizes), len(item_ids))
    )
    by_item = incidence.T.tocsr()
    of_basket = [weights(sizes, power=power) for power in powers]
    parts = [
        _block(by_item[start:stop], incidence, of_basket, start, item_ids, min_orders)
        for start, stop in _blocks(np.add.reduceat(sizes[by_item.indices], by_item.indptr[:-1]))
    ]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _blocks(work: Ids) -> Iterator[tuple[int, int]]:
    """Cut items into runs of at most LARGEST_BLOCK pair occurrences (an item with more is a run of its own)."""
    start, total = 0, 0
    for stop, amount in enumerate(work.tolist()):
        if total and total + amount > LARGEST_BLOCK:
            yield start, stop
            start, total = stop, 0
        total += amount
    yield start, len(work)


def _block(
    rows: sparse.csr_matrix,
    incidence: sparse.csr_matrix,
    of_basket: list[Ids],
    first: int,
    item_ids: Ids,
    min_orders: int,
) -> list[Ids]:
    orders = (rows @ incidence).tocsr()
    orders.sort_indices()
    low = np.repeat(np.arange(first, first + rows.shape[0]), np.diff(orders.indptr))
    kept = (orders.indices > low) & (orders.data >= min_orders)
    sums = [orders.data[kept]]
    for weight in of_basket:
        weighted = sparse.csr_matrix((weight[rows.indices], rows.indices, rows.indptr), shape=rows.shape) @ incidence
        weighted.sort_indices()
        sums.append(weighted.data[kept])
    return [item_ids[low[kept]] << 32 | item_ids[orders.indices[kept]], *sums]


def occurrences(baskets: Baskets) -> Iterator[tuple[Ids, Ids, Ids]]:
    """(basket, low item, high item) of every pair of every basket, baskets of one size together."""
    sizes = baskets.sizes
    for size in np.unique(sizes[sizes >= 2]).tolist():
        first, second = np.triu_indices(size, k=1)
        numbers = np.flatnonzero(sizes == size)
        step = max(1, LARGEST_BLOCK // len(first))
        for start in range(0, len(numbers), step):
            some = numbers[start : start + step]
            table = baskets.items[baskets.offsets[some][:, None] + np.arange(size)]
            yield np.repeat(some, len(first)), table[:, first].ravel(), table[:, second].ravel()
