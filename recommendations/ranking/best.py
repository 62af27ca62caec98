"""The best of very many scores, without sorting the others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def places_of_best(scores: NDArray[np.floating[Any]], most: int) -> NDArray[np.int64]:
    """int64[min(most, n)], where the highest of float[n] scores stand, the highest first, equal ones by place.

    Parameters
    ----------
    scores : without nan; -inf is the lowest.
    most : at least 1.
    """
    n = len(scores)
    if most >= n:
        return np.argsort(-scores, kind="stable")
    enough = np.flatnonzero(scores >= _surely_reached(scores, most))
    left = scores[enough]
    if len(left) > 2 * most:
        better = left >= np.partition(left, len(left) - most)[len(left) - most]
        enough, left = enough[better], left[better]
    return enough[np.argsort(-left, kind="stable")[:most]]


def _surely_reached(scores: NDArray[np.floating[Any]], most: int) -> float:
    """What at least `most` scores reach, close below the lowest of the best: the `most`-th best of the bests of many
    parts. Finding those takes one pass, a partition of all scores many."""
    parts = 16 * most
    depth = len(scores) // parts
    if depth < 2:
        return -np.inf
    best = scores[: depth * parts].reshape(depth, parts).max(axis=0)
    return float(np.partition(best, parts - most)[parts - most])
