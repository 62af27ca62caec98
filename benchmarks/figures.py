"""Percentiles of measured times, in the units that the tables show."""

import math
from collections.abc import Sequence


def percentile_ms(seconds: Sequence[float], share: float) -> float:
    """The measured time that `share` (0..1) of the times do not exceed, in milliseconds; no interpolation."""
    ordered = sorted(seconds)
    return 1_000 * ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
