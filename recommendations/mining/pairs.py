"""Sums over the pairs of items that occur together in baskets."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.baskets import Baskets

Ids = NDArray[np.int64]

SCALE = 2**32
"""Weights are integers, SCALE times the value: adding and subtracting them is exact."""

LARGEST_BLOCK = 4_000_000
"""Most pair occurrences handled at once: about 200 MB."""


def weights(sizes: Ids, *, power: float) -> Ids:
    """round(2^32 (L-1)^-power) of each basket size L >= 2, int64."""
    return np.asarray(np.rint(SCALE * (sizes - 1.0) ** -power), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class PairSums:
    """Sums per pair, ascending by key; all int64[pairs].

    Parameters
    ----------
    keys : low item id * 2^32 + high item id, low < high.
    orders : baskets with both.
    weight, share, share_square : sums of 2^32 (L-1)^-p over them, p = 1/2, 1 and 2.
    """

    keys: Ids
    orders: Ids
    weight: Ids
    share: Ids
    share_square: Ids

    @classmethod
    def empty(cls) -> "PairSums":
        return cls(*(np.zeros(0, dtype=np.int64) for _ in fields(cls)))

    @property
    def low(self) -> Ids:
        return self.keys >> 32

    @property
    def high(self) -> Ids:
        return self.keys & 0xFFFFFFFF

    def __len__(self) -> int:
        return len(self.keys)

    def __add__(self, other: "PairSums") -> "PairSums":
        keys, at = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        sums = np.zeros((4, len(keys)), dtype=np.int64)
        for total, mine, theirs in zip(sums, self._sums, other._sums, strict=True):
            np.add.at(total, at, np.concatenate([mine, theirs]))
        kept = sums.any(axis=0)
        return PairSums(keys[kept], *sums[:, kept])

    def __neg__(self) -> "PairSums":
        return PairSums(self.keys, *(-total for total in self._sums))

    def where(self, kept: NDArray[np.bool_]) -> "PairSums":
        """The pairs for which `kept` bool[pairs] is true."""
        return PairSums(self.keys[kept], *(total[kept] for total in self._sums))

    @property
    def _sums(self) -> tuple[Ids, Ids, Ids, Ids]:
        return self.orders, self.weight, self.share, self.share_square


def count_pairs(baskets: Baskets) -> PairSums:
    """Every pair of every basket, counted as sparse products X' D X with D the weight of each basket.

    Rows of X are baskets; the product is made in blocks of items, so that memory stays bounded.
    """
    multi = baskets.sizes >= 2
    if not multi.any():
        return PairSums.empty()
    # Baskets of one item have no weight, and a product leaves their zeros out of its pattern.
    sizes = baskets.sizes[multi]
    item_ids, columns = np.unique(baskets.items[np.repeat(multi, baskets.sizes)], return_inverse=True)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    incidence = sparse.csr_matrix(
        (np.ones(len(columns), dtype=np.int64), columns, offsets), shape=(len(sizes), len(item_ids))
    )
    by_item = incidence.T.tocsr()
    of_basket = np.stack([weights(sizes, power=power) for power in (0.5, 1.0, 2.0)])
    parts = [
        _block(by_item[start:stop], incidence, of_basket, start, item_ids)
        for start, stop in _blocks(np.add.reduceat(sizes[by_item.indices], by_item.indptr[:-1]))
    ]
    return PairSums(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def distinct_shoppers(baskets: Baskets, shoppers: Ids, keys: Ids) -> Ids:
    """How many distinct known shoppers bought each pair together.

    Parameters
    ----------
    shoppers : int64[baskets], the shopper of each basket; 0 is a guest, who counts as nobody.
    keys : int64[k] ascending pair keys as in `PairSums`.

    Returns
    -------
    int64[k].
    """
    found = []
    for basket_numbers, low, high in _occurrences(baskets):
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
    rows: sparse.csr_matrix, incidence: sparse.csr_matrix, of_basket: Ids, first: int, item_ids: Ids
) -> tuple[Ids, Ids, Ids, Ids, Ids]:
    orders = (rows @ incidence).tocsr()
    orders.sort_indices()
    low = np.repeat(np.arange(first, first + rows.shape[0]), np.diff(orders.indptr))
    kept = orders.indices > low
    sums = [orders.data[kept]]
    for weight in of_basket:
        weighted = sparse.csr_matrix((weight[rows.indices], rows.indices, rows.indptr), shape=rows.shape) @ incidence
        weighted.sort_indices()
        sums.append(weighted.data[kept])
    keys = item_ids[low[kept]] << 32 | item_ids[orders.indices[kept]]
    return keys, sums[0], sums[1], sums[2], sums[3]


def _occurrences(baskets: Baskets) -> Iterator[tuple[Ids, Ids, Ids]]:
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
