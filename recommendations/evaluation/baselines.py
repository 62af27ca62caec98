"""What any recommender must beat: bestsellers of all time and of late, and what each shopper buys most."""

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories
from recommendations.evaluation.judging import Scorer, Scores
from recommendations.evaluation.views import View

FILL = 1e-3
"""Popularity, at most this, ranks what a shopper never bought, below all that they did."""


def most_popular(train: Histories) -> Scorer:
    """Purchases of each item, the same for everybody."""
    return _for_all(_sold(train, np.ones(len(train.items))))


def recent_popular(train: Histories, *, cut: float, days: float) -> Scorer:
    """Purchases of each item in the `days` before the cut (above 0); those of all time break ties.

    Raises
    ------
    ValueError : `days` is not above 0.
    """
    if not days > 0:
        raise ValueError(f"days must be above 0, not {days}")
    recent = _sold(train, (train.days >= cut - days).astype(np.float64))
    return _for_all(recent + 0.5 * _scaled(_sold(train, np.ones(len(train.items)))))


def personal_frequency(train: Histories, *, cut: float, half_life_days: float | None = None) -> Scorer:
    """A shopper's own purchases of each item, each halved every `half_life_days` (None: never), then bestsellers.

    Raises
    ------
    ValueError : `half_life_days` is not above 0.
    """
    if half_life_days is not None and not half_life_days > 0:
        raise ValueError(f"half_life_days must be above 0, not {half_life_days}")
    weights = np.ones(len(train.items))
    if half_life_days is not None:
        weights = 0.5 ** ((cut - train.days) / half_life_days)
    fill = FILL * _scaled(_sold(train, np.ones(len(train.items))))

    def score(shoppers: NDArray[np.int64], _: View) -> Scores:
        scores = np.tile(fill, (len(shoppers), 1))
        for row, shopper in enumerate(shoppers):
            span = slice(train.offsets[shopper], train.offsets[shopper + 1])
            own = np.bincount(train.items[span], weights=weights[span], minlength=len(fill))
            largest = float(own.max(initial=0.0))
            if largest > 0:
                bought = np.flatnonzero(own)
                scores[row, bought] += FILL + own[bought] / largest
        return scores.astype(np.float32)

    return score


def _for_all(values: NDArray[np.float64]) -> Scorer:
    shared = values.astype(np.float32)
    return lambda shoppers, _: np.tile(shared, (len(shoppers), 1))


def _sold(train: Histories, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.bincount(train.items, weights=weights, minlength=len(train.item_ids)).astype(np.float64)


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """To at most 1."""
    return values / max(float(values.max(initial=0.0)), 1e-12)
