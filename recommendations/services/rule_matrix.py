"""How often the products of one category lead to those of another: the rules of the live version, summed."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommendations.data.categories import NONE, ItemCategories
from recommendations.selectors.rule_pictures import Asked, Strength, columns

MOST_RULES = 250_000
MOST_CATEGORIES = 40


@dataclass(frozen=True, slots=True)
class RuleMatrix:
    """Rules of one product and another by their categories, row the antecedent's and column the consequent's.

    Parameters
    ----------
    names : k categories, those of most rules first; NONE is that of products of which no category is known.
    rules, orders : int64[k, k], how many there are, and orders with both that they rest on, summed.
    weighted_lift : float64[k, k], the mean, nan where there is none.
    smaller : how many further categories are summed in the last row and column, beyond the names; 0: there is no such
        row and the arrays are as long as the names.
    is_cut : there are more rules than MOST_RULES, and those in fewest orders are left out.
    """

    names: tuple[str, ...]
    rules: NDArray[np.int64]
    orders: NDArray[np.int64]
    weighted_lift: NDArray[np.float64]
    smaller: int
    is_cut: bool


def rule_matrix(asked: Asked, *, categories: ItemCategories, now: datetime) -> RuleMatrix:
    """Sum the rules that are asked about; those of several antecedents are left out."""
    pairs = asked.rules(now).filter(antecedent_2__isnull=True).order_by(f"-{Strength.ORDERS}")
    names = ("antecedent_id", "consequent_id", "orders", "weighted_lift")
    first, second, orders, lift = columns(pairs, *names, most=MOST_RULES + 1)
    is_cut = len(first) > MOST_RULES
    rows, cols = (categories.of(items[:MOST_RULES].astype(np.int64)) for items in (first, second))
    orders, lift = orders[:MOST_RULES], lift[:MOST_RULES]

    sizes = np.bincount(np.concatenate([rows, cols]), minlength=len(categories.names))
    there = np.flatnonzero(sizes)
    largest = there[np.argsort(-sizes[there], kind="stable")]
    kept = largest[:MOST_CATEGORIES]
    smaller = len(largest) - len(kept)
    place = np.full(len(categories.names), len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))

    width = len(kept) + bool(smaller)
    cell = place[rows] * width + place[cols]
    lifted = ~np.isnan(lift)

    def summed(at: NDArray[np.int64], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        return np.bincount(at, weights, minlength=width * width).reshape(width, width).astype(np.float64)

    with_lift = summed(cell[lifted])
    return RuleMatrix(
        names=tuple(categories.names[code] if code else NONE for code in kept.tolist()),
        rules=summed(cell).astype(np.int64),
        orders=summed(cell, orders).astype(np.int64),
        weighted_lift=np.where(with_lift > 0, summed(cell[lifted], lift[lifted]) / np.maximum(with_lift, 1), np.nan),
        smaller=smaller,
        is_cut=is_cut,
    )
