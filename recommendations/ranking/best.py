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
    least = np.partition(scores, n - most)[n - most]
    enough = np.flatnonzero(scores >= least)
    return enough[np.argsort(-scores[enough], kind="stable")[:most]]
