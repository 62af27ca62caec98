"""Split in time and hidden items: what is learnt from, what is asked, and what would be the right answer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.related.data import History

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Rows = sparse.csr_matrix

MISSING = -1


@dataclass(frozen=True, slots=True)
class Train:
    """Baskets to learn from. Items are numbered by popularity, the best seller is 0; equals by first sale.

    Parameters
    ----------
    rows : float64[baskets, items] of 0 and 1, oldest first.
    shoppers : int64[baskets], each guest a shopper of their own.
    at : int64[baskets], microseconds.
    numbers : int64[largest item id + 1], from item ids to numbers; MISSING for what was never sold.
    """

    rows: Rows
    shoppers: Ids
    at: Ids
    numbers: Ids

    @classmethod
    def of(cls, history: History) -> "Train":
        items = history.baskets.items
        sold = np.bincount(items)
        best = np.lexsort((np.arange(len(sold)), -sold))
        best = best[sold[best] > 0]
        numbers = np.full(len(sold), MISSING, dtype=np.int64)
        numbers[best] = np.arange(len(best))
        shape = (len(history), len(best))
        rows = sparse.csr_matrix((np.ones(len(items)), numbers[items], history.baskets.offsets), shape=shape)
        rows.sort_indices()
        guests = history.shoppers == 0
        shoppers = history.shoppers.copy()
        shoppers[guests] = history.shoppers.max(initial=0) + 1 + np.arange(guests.sum())
        return cls(rows, shoppers, history.at, numbers)

    @property
    def items(self) -> int:
        return int(self.rows.shape[1])

    @property
    def baskets(self) -> int:
        return int(self.rows.shape[0])

    @property
    def sizes(self) -> Values:
        return np.diff(self.rows.indptr).astype(np.float64)

    @property
    def orders(self) -> Values:
        """float64[items], falling."""
        return np.bincount(self.rows.indices, minlength=self.items).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Queries:
    """Questions with one right answer each.

    Parameters
    ----------
    asked : float64[queries, items] of 0 and 1; without what was never sold in training, so a row may be empty.
    hidden : int64[queries], the item's number; MISSING where it was never sold in training: nobody can find it.
    """

    asked: Rows
    hidden: Ids

    def __len__(self) -> int:
        return len(self.hidden)


def queries(train: Train, later: History, *, whole_cart: bool, most: int, seed: int) -> Queries:
    """One question a basket of at least two items, of at most `most` baskets drawn at random.

    One random item is hidden. All others are asked with for a whole cart, one other random item for a product page.
    """
    chance = np.random.default_rng(seed)
    offsets, items = later.baskets.offsets, later.baskets.items
    usable = np.flatnonzero(later.baskets.sizes >= 2)
    if len(usable) > most:
        usable = np.sort(chance.choice(usable, most, replace=False))
    numbers = np.full(max(int(items.max(initial=0)) + 1, len(train.numbers)), MISSING, dtype=np.int64)
    numbers[: len(train.numbers)] = train.numbers
    hidden, asked = [], []
    for basket in usable.tolist():
        mixed = chance.permutation(numbers[items[offsets[basket] : offsets[basket + 1]]])
        rest = mixed[1:] if whole_cart else mixed[1:2]
        hidden.append(mixed[0])
        asked.append(np.sort(rest[rest != MISSING]))
    ends = np.concatenate([[0], np.cumsum([len(row) for row in asked])])
    flat = np.concatenate([np.zeros(0, dtype=np.int64), *asked])
    return Queries(
        sparse.csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(asked), train.items)),
        np.array(hidden, dtype=np.int64),
    )
