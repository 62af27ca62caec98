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


def count_votes(
    baskets: Baskets, shoppers: Ids, seasoned: NDArray[np.bool_], days: Ids, keys: Ids, windows: tuple[int, int]
) -> Ids:
    """The rows of `votes.Votes` from every (pair, basket) that occurs; see `votes.count_votes`."""
    pairs, numbers = _occurrences_of(baskets, keys)
    known = shoppers[numbers] > 0
    length = int(days.max()) + 1 if len(days) else 0
    old = seasoned[numbers]
    return np.concatenate(
        [
            np.bincount(pairs[known], minlength=len(keys))[None],
            _one_vote_each(baskets, shoppers, pairs[known], numbers[known], len(keys)),
            _one_vote_each(baskets, shoppers, pairs[old], numbers[old], len(keys)),
            _crowds(pairs, days[numbers], len(keys), length, windows),
        ]
    )


def _occurrences_of(baskets: Baskets, keys: Ids) -> tuple[Ids, Ids]:
    """Place in `keys` and basket of every occurrence of the pairs, ascending by both."""
    found = [np.zeros((2, 0), dtype=np.int64)]
    for numbers, low, high in occurrences(baskets):
        pair = low << 32 | high
        at = np.searchsorted(keys, pair)
        at[at == len(keys)] = 0
        hit = keys[at] == pair if len(keys) else np.zeros(len(pair), dtype=bool)
        found.append(np.stack([at[hit], numbers[hit]]))
    pairs, numbers = np.concatenate(found, axis=1)
    order = np.lexsort((numbers, pairs))
    return pairs[order], numbers[order]


def _one_vote_each(baskets: Baskets, shoppers: Ids, pairs: Ids, numbers: Ids, length: int) -> Ids:
    """int64[2, length], the shoppers of each pair and what their first baskets weigh."""
    _, first = np.unique(np.stack([pairs, shoppers[numbers]]), axis=1, return_index=True)
    voted, sizes = pairs[first], baskets.sizes[numbers[first]]
    share = np.zeros(length, dtype=np.int64)
    np.add.at(share, voted, weights(sizes, power=1))
    return np.stack([np.bincount(voted, minlength=length), share])


def _crowds(pairs: Ids, days: Ids, length: int, all_days: int, windows: tuple[int, int]) -> Ids:
    """int64[5, length], the days of each pair, and orders and first day of the fullest windows."""
    room = all_days + max(windows)
    moments, orders = np.unique(pairs * room + days, return_counts=True)
    until = np.concatenate([[0], np.cumsum(orders)])
    of_pair, day = moments // room, moments % room
    crowds = np.zeros((5, length), dtype=np.int64)
    crowds[0] = np.bincount(of_pair, minlength=length)
    for row, window in zip((1, 3), windows, strict=True):
        held = until[np.searchsorted(moments, moments + window)] - until[:-1]
        # Of each pair the fullest window, of equal ones the earliest.
        order = np.lexsort((day, -held, of_pair))
        at = order[np.flatnonzero(np.diff(of_pair[order], prepend=-1))]
        crowds[row, of_pair[at]], crowds[row + 1, of_pair[at]] = held[at], day[at]
    return crowds


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
