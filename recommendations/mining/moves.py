"""Whether a pair's measures changed beyond chance since they were last looked at."""

import math
from dataclasses import dataclass

DEVIATIONS = 4.0
"""Standard errors that a change must be: of 200,000 measures that only vary by chance about twelve get so far."""

LEAST_CHANGE = 1.25
"""Times that a measure must grow or shrink: of many orders even a small change is beyond chance."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A pair's counts of one moment: orders with both items, with the lower id, with the higher.

    `weighted_lift` is None where it was not measured.
    """

    orders: int
    low_orders: int
    high_orders: int
    weighted_lift: float | None


def moved(before: Counts, after: Counts) -> bool:
    """Whether a confidence or the weighted lift changed by a quarter at least, and by four standard errors.

    Confidence, of either direction: the two-proportion z test with the pooled share. Weighted lift: the logarithm of
    the ratio, whose standard error is that of two Poisson counts, sqrt(1/k0 + 1/k1). Both take the two moments for
    independent. Orders that both count make the true error smaller, so what is called moved is so all the more.
    """
    return (
        _share_moved(before.orders, before.low_orders, after.orders, after.low_orders)
        or _share_moved(before.orders, before.high_orders, after.orders, after.high_orders)
        or _lift_moved(before, after)
    )


def _share_moved(before: int, of_before: int, after: int, of_after: int) -> bool:
    if not (of_before and of_after):
        return False
    pooled = (before + after) / (of_before + of_after)
    error = math.sqrt(max(pooled * (1 - pooled), 0.0) * (1 / of_before + 1 / of_after))
    low, high = sorted((before / of_before, after / of_after))
    return error > 0 and high >= LEAST_CHANGE * low and high - low >= DEVIATIONS * error


def _lift_moved(before: Counts, after: Counts) -> bool:
    if not (before.weighted_lift and after.weighted_lift and before.orders and after.orders):
        return False
    change = abs(math.log(after.weighted_lift / before.weighted_lift))
    error = math.sqrt(1 / before.orders + 1 / after.orders)
    return change >= max(math.log(LEAST_CHANGE), DEVIATIONS * error)
