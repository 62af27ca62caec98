"""Histories: what shoppers bought and when, as flat arrays (CSR), each shopper's purchases in the order of time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_PURCHASES = 5_000
"""The latest purchases of a shopper that are read, when a ranker is trained and when it serves."""

HALF_LIFE_DAYS = 90.0
"""A purchase counts half after this time (measured best on a year of groceries)."""


@dataclass(frozen=True, slots=True)
class History:
    """One shopper's purchases for serving, oldest first.

    Parameters
    ----------
    item_ids : int64[p], an item may come again.
    days : float64[p], time of purchase in days since the epoch.
    orders : int64[p], which order a purchase was part of.
    """

    item_ids: NDArray[np.int64]
    days: NDArray[np.float64]
    orders: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.item_ids)


@dataclass(frozen=True, slots=True)
class Histories:
    """Purchases of many shoppers.

    Parameters
    ----------
    offsets : int64[shoppers + 1]; shopper s has the purchases `offsets[s]:offsets[s + 1]`, oldest first.
    items : int32[n], dense item index.
    days : float64[n], time of purchase in days since the epoch.
    orders : int64[n], which order a purchase was part of.
    item_ids : int64[items], the item id of each dense index, ascending.

    Raises
    ------
    ValueError : the arrays do not fit together.
    """

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    days: NDArray[np.float64]
    orders: NDArray[np.int64]
    item_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not len(self.items) == len(self.days) == len(self.orders) == self.offsets[-1]:
            raise ValueError("items, days and orders must have one entry a purchase")
        if len(self.items) and not 0 <= self.items.min() <= self.items.max() < len(self.item_ids):
            raise ValueError("items must be indexes into item_ids")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of(
        cls,
        shoppers: NDArray[np.int64],
        items: NDArray[np.int64],
        days: NDArray[np.float64],
        orders: NDArray[np.int64],
    ) -> "Histories":
        """From one row a purchase in any order, with shopper, item and order ids as the database has them."""
        sequence = np.lexsort((orders, days, shoppers))
        item_ids, dense = np.unique(items, return_inverse=True)
        counts = np.unique(shoppers, return_counts=True)[1]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(offsets, dense[sequence].astype(np.int32), days[sequence], orders[sequence], item_ids)

    @property
    def shoppers(self) -> NDArray[np.int64]:
        """int64[n], the shopper's index of each purchase."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))
