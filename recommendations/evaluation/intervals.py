"""How sure a figure is: percentile bootstrap over shoppers (Efron 1979), the same draw of shoppers for both sides."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

DRAWS = 2_000
INSIDE = 0.95
CELLS_AT_ONCE = 4_000_000


class Interval(NamedTuple):
    """A figure with the ends of its interval."""

    value: float
    low: float
    high: float


def mean(values: Values, *, rng: np.random.Generator, draws: int = DRAWS, inside: float = INSIDE) -> Interval:
    """Mean over shoppers with its interval.

    Parameters
    ----------
    values : float64[t], one a shopper.
    draws : at least 1; how many samples of t shoppers are drawn, with replacement.
    inside : share of the draws inside the interval, above 0 and below 1.

    Raises
    ------
    ValueError : no value, or a parameter out of its range.
    """
    drawn = _resampled(values[None], rng=rng, draws=draws, inside=inside)[0]
    return _between(float(values.mean()), drawn, inside)


def ratio(
    ours: Values, theirs: Values, *, rng: np.random.Generator, draws: int = DRAWS, inside: float = INSIDE
) -> Interval:
    """How many times better ours is: the ratio of the two means, each draw taking the same shoppers on both sides.

    Parameters
    ----------
    ours, theirs : float64[t], one a shopper, of the same shoppers in the same order. A mean of 0 of theirs gives inf.

    Raises
    ------
    ValueError : not the same number of shoppers, no shopper, or a parameter out of its range.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"ours and theirs must be of the same shoppers, not {len(ours)} and {len(theirs)}")
    over, under = _resampled(np.stack([ours, theirs]), rng=rng, draws=draws, inside=inside)
    return _between(float(_divided(ours.mean(), theirs.mean())), _divided(over, under), inside)


def _resampled(values: Values, *, rng: np.random.Generator, draws: int, inside: float) -> Values:
    """float64[sides, draws], the mean of each draw."""
    shoppers = values.shape[1]
    if not shoppers:
        raise ValueError("values must hold at least one shopper")
    if draws < 1 or not 0 < inside < 1:
        raise ValueError(f"draws must be at least 1 and inside in (0, 1), not {draws} and {inside}")
    at_once = max(CELLS_AT_ONCE // shoppers, 1)
    return np.concatenate(
        [
            values[:, rng.integers(0, shoppers, (min(at_once, draws - start), shoppers))].mean(axis=2)
            for start in range(0, draws, at_once)
        ],
        axis=1,
    )


def _between(value: float, drawn: Values, inside: float) -> Interval:
    low, high = np.quantile(drawn, [(1 - inside) / 2, (1 + inside) / 2], method="inverted_cdf")
    return Interval(value, float(low), float(high))


def _divided(over: NDArray[np.float64] | np.floating, under: NDArray[np.float64] | np.floating) -> Values:
    """Two zeros are alike: 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.nan_to_num(over / under, nan=1.0, posinf=np.inf), dtype=np.float64)
