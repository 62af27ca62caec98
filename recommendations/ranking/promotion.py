"""Draw promoted items for a list, so that each is shown as often as its weight says."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray


def slots(share: float, limit: int) -> int:
    """How many places of a list of `limit` promoted items may take."""
    return floor(share * limit + 1e-9)


def position(number: int, share: float) -> int:
    """The place from 1 of the promoted item of that number, from 1: evenly spread, the last of each stretch."""
    return ceil(number / share - 1e-9)


def chances(weights: Sequence[float], most: int) -> NDArray[np.float64]:
    """float64[n], with which probability each item is drawn: in proportion to its weight, at most 1, `most` in sum.

    All are drawn where there are no more than `most`. What would be above 1 is 1, and the others share the rest.
    """
    shares = np.array(weights, dtype=np.float64)
    certain = np.zeros(len(shares), dtype=np.bool_)
    if len(shares) <= most:
        return np.ones(len(shares))
    while True:
        rest = most - int(certain.sum())
        found = np.where(certain, 1.0, rest * shares / max(shares[~certain].sum(), np.finfo(np.float64).tiny))
        above = (found > 1.0) & ~certain
        if not above.any():
            return found
        certain |= above


def draw(probabilities: NDArray[np.float64], rng: np.random.Generator) -> list[int]:
    """Which items are drawn, each with its own probability, in random order; their number is the sum of them.

    Systematic sampling (Madow, 1949) over a random order: one random number picks all of them, and no item is drawn
    twice.
    """
    order = rng.permutation(len(probabilities))
    ends = np.cumsum(probabilities[order])
    marks = rng.random() + np.arange(round(float(ends[-1])) if len(ends) else 0)
    # The sum of many shares may end a hair below the last mark.
    places = np.minimum(np.searchsorted(ends, marks, side="right"), len(order) - 1)
    return [int(item) for item in order[np.unique(places)]]
