"""Score what was bought together: the product page's formula and the cart's, from additive counts alone."""

import numpy as np
from numpy.typing import NDArray

from recommendations.data.candidates import Candidates, Ids, Totals

Scores = NDArray[np.float64]

SHRINKAGE = 30.0
"""Orders added to every item's count, so that rare items do not win by chance."""

CART_DISCOUNT = 0.3
"""How much popularity is held against an item in the cart: 0 not at all, 1 as lift does."""

PAGE_DISCOUNT = 0.2
"""The same on the product page."""

PRIOR_BASKETS = 50.0
"""Baskets that popularity weighs as much as."""


def product_page(candidates: Candidates, asked: int) -> Scores:
    """s(c|a) = (W_ac + kappa n_c / N) / (n_c + 30)^0.2 of every candidate.

    Items never bought with a keep their popularity, so that every product page has an answer and a pair
    seen once does not outrank what everybody buys. kappa is `popularity_weight`.

    Parameters
    ----------
    asked : which row of the pair counts is a.

    Returns
    -------
    float64[c], at least 0. A candidate that was not read for being neither among the strongest partners of a
    nor among the most popular scores at most (w + kappa p / N) / 31^0.2, where w is the weakest partner's W
    and p the least popular one's n.
    """
    totals = candidates.totals
    popularity = candidates.orders / max(totals.orders, 1)
    weights = candidates.pair_weights[asked]
    scores: Scores = (weights + popularity_weight(totals) * popularity) / _discount(candidates, PAGE_DISCOUNT)
    of_asked = candidates.boosted[:, 0] == asked
    scores[candidates.boosted[of_asked, 1]] *= candidates.strengths[of_asked]
    return scores


def cart(candidates: Candidates) -> Scores:
    """S(c) = sum over a in the cart of [W_ac / ((n_a + 30) (n_c + 30)^0.3)]^2 of every candidate.

    What a pair that staff boosted adds counts as many times as they said, as its score does on the product page.

    Returns
    -------
    float64[c], at least 0; 0 for what was never bought with anything in the cart. A pair that was not read for
    being weaker than a's strongest partners lacks at most [w_a / ((n_a + 30) 31^0.3)]^2 in the sum.
    """
    scores: Scores = cart_parts(candidates)[: candidates.own].sum(axis=0)
    return scores


def cart_parts(candidates: Candidates) -> Scores:
    """float64[a, c], what each item in the cart adds to each candidate's score."""
    asked_orders = candidates.orders[candidates.asked].astype(np.float64)[:, None]
    parts: Scores = (candidates.pair_weights / ((asked_orders + SHRINKAGE) * _discount(candidates, CART_DISCOUNT))) ** 2
    parts[candidates.boosted[:, 0], candidates.boosted[:, 1]] *= candidates.strengths
    return parts


def strongest_asked(candidates: Candidates, position: int, rows: Ids | None = None) -> int | None:
    """Which row of the pair counts adds most to a candidate's place in the cart; None where it has no pair.

    Parameters
    ----------
    rows : int64[r], those that are looked at; None: all.
    """
    rows = np.arange(len(candidates.asked)) if rows is None else rows
    if len(rows) == 1:
        return int(rows[0]) if candidates.pair_weights[rows[0], position] else None
    weights = candidates.pair_weights[rows, position]
    if not weights.any():
        return None
    return int(rows[np.argmax(weights / (candidates.orders[candidates.asked[rows]] + SHRINKAGE))])


def popular(candidates: Candidates) -> Scores:
    """float64[c], n_c / N: the share of all orders that had the item."""
    shares: Scores = candidates.orders.astype(np.float64) / max(candidates.totals.orders, 1)
    return shares


def popularity_weight(totals: Totals) -> float:
    """kappa = 50 times the mean of (L-1)^-1/2 over baskets of L >= 2 items; 0 before there is one."""
    return PRIOR_BASKETS * totals.sum_root / totals.multi_orders if totals.multi_orders else 0.0


def _discount(candidates: Candidates, power: float) -> Scores:
    discount: Scores = (candidates.orders.astype(np.float64) + SHRINKAGE) ** power
    return discount
