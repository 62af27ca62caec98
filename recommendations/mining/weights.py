"""The weights of pairs by basket size, as integers: adding and subtracting them is exact."""

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

SCALE = 2**32
"""Weights are SCALE times the value."""

POWERS = (0.5, 1.0, 2.0)
"""The powers of the three weighted sums of a pair."""


def weights(sizes: Ids, *, power: float) -> Ids:
    """round(2^32 (L-1)^-power) of each basket size L >= 2, int64."""
    return np.asarray(np.rint(SCALE * (sizes - 1.0) ** -power), dtype=np.int64)
