"""What rises and what is bought again, from counts of orders: measures that few orders cannot carry away."""

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Values = NDArray[np.float64]

Z = 2.326
"""Standard deviations below what was seen: of 100 items that do not rise, chance lets one seem to."""

LEAST_RECENT = 5
"""Orders of the recent time that a rise needs, and different buyers behind them."""

PRIOR_BUYERS = 20.0
"""Buyers that the shop's mean weighs as much as."""


def rise(recent: Ids, earlier: Ids, buyers: Ids, *, recent_total: int, earlier_total: int) -> Values:
    """How many times more often each item is ordered, with the whole shop's rise divided out: a lower bound.

    Given an item's r + e orders of both times, r is binomial, and its odds are the item's rise times those of all
    orders, R / E (the conditional test of two Poisson rates). With p the low end of Wilson's interval for r / (r + e)
    the bound is p / (1 - p) * E / R. The lengths of the times cancel out.

    Parameters
    ----------
    recent, earlier : int64[n], orders with the item, `buyers` different buyers of the recent ones (a guest's order is
        one buyer).
    recent_total, earlier_total : all orders, R and E.

    Returns
    -------
    float64[n], from 0; 0 where there are fewer than `LEAST_RECENT` recent orders or buyers, or there is nothing to
    compare with.
    """
    if not recent_total or not earlier_total:
        return np.zeros(len(recent))
    orders = np.maximum(recent + earlier, 1).astype(np.float64)
    share = recent / orders
    spread = Z * np.sqrt(share * (1 - share) / orders + Z**2 / (4 * orders**2))
    low = np.maximum((share + Z**2 / (2 * orders) - spread) / (1 + Z**2 / orders), 0.0)
    bound: Values = low / (1 - low) * earlier_total / recent_total
    return np.where((recent >= LEAST_RECENT) & (buyers >= LEAST_RECENT), bound, 0.0)


def repeat_shares(buyers: Ids, again: Ids) -> Values:
    """Share of an item's buyers who bought it again, shrunk: (again + 20 m) / (buyers + 20), m that of all buyers.

    Parameters
    ----------
    buyers, again : int64[n], known shoppers who ordered the item, and those who did so more than once.

    Returns
    -------
    float64[n], 0 to 1; 0 where nobody is known.
    """
    total = int(buyers.sum())
    mean = int(again.sum()) / total if total else 0.0
    shares: Values = (again + PRIOR_BUYERS * mean) / (buyers + PRIOR_BUYERS)
    return shares
