"""Sales: what everybody buys of each item lately, how often one shopper comes back for it, and since when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories

Values = NDArray[np.float32]

SALES_DAYS = (7.0, 14.0, 28.0, 90.0)
SHRINK_GAP = 5.0
SHRINK_REBUY = 10.0
"""Observations of the whole shop's mean that an item with few of its own is judged by."""


@dataclass(frozen=True, slots=True)
class Sales:
    """Figures of n items at one moment.

    Parameters
    ----------
    orders : float32[n, 5], orders with the item in the last 7, 14, 28, 90 days, and ever.
    earlier : float32[n], orders of the 28 days before the last 28.
    gap : float32[n], days between two purchases by the same shopper, shrunk to the shop's mean; above 0.
    rebuy : float32[n], share in [0, 1] of its buyers who bought it again, shrunk likewise.
    first, last : float32[n], days since the first and the last sale, at least 0.
    """

    orders: Values
    earlier: Values
    gap: Values
    rebuy: Values
    first: Values
    last: Values

    def table(self) -> Values:
        """float32[n, 10], the figures side by side as an artefact keeps them."""
        return np.column_stack([self.orders, self.earlier, self.gap, self.rebuy, self.first, self.last])

    @classmethod
    def from_table(cls, table: Values) -> "Sales":
        """What `table` gave."""
        return cls(table[:, :5], *(table[:, column] for column in range(5, 10)))

    def columns(self) -> Values:
        """float32[n, 11], what the ranker reads of them: logarithms, trends, rebuying."""
        logs = np.log1p(self.orders)
        return np.column_stack(
            [
                logs,
                logs[:, 0] - logs[:, 2],
                logs[:, 2] - np.log1p(self.earlier),
                self.rebuy,
                np.log(self.gap),
                np.log1p(self.first),
                np.log1p(self.last),
            ]
        ).astype(np.float32)


def sales_at(histories: Histories, now: float) -> Sales:
    """The figures at `now` (days since the epoch), of purchases before it; purchases after it must not be there."""
    n = len(histories.item_ids)
    items, ages = histories.items, now - histories.days
    orders = [np.bincount(items[ages <= days], minlength=n) for days in (*SALES_DAYS, np.inf)]
    earlier = np.bincount(items[(ages > 28.0) & (ages <= 56.0)], minlength=n)
    pairs = histories.shoppers * n + items
    order = np.lexsort((histories.days, pairs))
    pairs, days, sold = pairs[order], histories.days[order], items[order]
    again = pairs[1:] == pairs[:-1]
    gaps, gap_items = np.diff(days)[again], sold[1:][again]
    times = np.bincount(gap_items, minlength=n)
    usual = float(gaps.mean()) if len(gaps) else 30.0
    gap = (np.bincount(gap_items, gaps, minlength=n) + SHRINK_GAP * usual) / (times + SHRINK_GAP)
    distinct, counts = np.unique(pairs, return_counts=True)
    buyers = np.bincount(distinct % max(n, 1), minlength=n)
    returning = np.bincount(distinct % max(n, 1), counts > 1, minlength=n)
    share = float((counts > 1).mean()) if len(counts) else 0.0
    first, last = np.full(n, 0.0), np.full(n, 1_000.0)
    np.maximum.at(first, items, ages)
    np.minimum.at(last, items, ages)
    return Sales(
        np.column_stack(orders).astype(np.float32),
        earlier.astype(np.float32),
        np.maximum(gap, 0.1).astype(np.float32),
        ((returning + SHRINK_REBUY * share) / (buyers + SHRINK_REBUY)).astype(np.float32),
        first.astype(np.float32),
        last.astype(np.float32),
    )
