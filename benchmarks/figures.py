"""Measured times, and their percentiles in the units that the tables show."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


def percentile_ms(seconds: Sequence[float], share: float) -> float:
    """The measured time that `share` (0..1) of the times do not exceed, in milliseconds; no interpolation."""
    ordered = sorted(seconds)
    return 1_000 * ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


@dataclass(frozen=True, slots=True)
class FoldTimes:
    """Seconds of each fold and of each bare upsert of the same rows, and CPU seconds of this process in the folds."""

    name: str
    orders: int
    folds: list[float]
    bare: list[float]
    cpu: float
