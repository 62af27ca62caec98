"""Which of all possible pairs of items are more, or less, than chance: p values and cut-offs for many tests at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.mining import tails
from recommendations.mining.measures import WeightedPairs

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cutoff:
    """The largest p value that is still significant; it can be stored and held against later counts.

    Parameters
    ----------
    p : in [0, q].
    tests : how many pairs there could have been, seen or not, each of them a test.
    q : the share of false pairs among the significant ones (or, with `bonferroni`, the probability of any at all) that
        is put up with, in (0, 1).
    """

    p: float
    tests: int
    q: float

    def __post_init__(self) -> None:
        if not 0 < self.q < 1:
            raise ValueError(f"q must be above 0 and below 1, not {self.q}")
        if not 0 <= self.p <= self.q:
            raise ValueError(f"p must be from 0 to q = {self.q}, not {self.p}")

    def allows(self, p: Values) -> Flags:
        """bool[k], whether each p value of float64[k] is significant. Without any possible pair nothing is."""
        return np.asarray((p <= self.p) & (self.p > 0))


def possible_pairs(items: int) -> int:
    """M (M-1) / 2."""
    return items * (items - 1) // 2


def bonferroni(*, tests: int, q: float) -> Cutoff:
    """p <= q / tests: the probability of any false pair is at most q (Dunn 1961)."""
    return Cutoff(q / tests if tests else 0.0, tests, q)


def benjamini_hochberg(p: Values, *, tests: int, q: float) -> Cutoff:
    """At most the share q of the significant pairs is false on average (Benjamini, Hochberg 1995).

    The largest k for which the k smallest p values are at most k q / H, H being all tests; the cut-off is k q / H,
    between the last significant p value and the next. If there is no such k it is q / H: as yet no pair reaches it,
    and a pair that does later would have been found. (Valid for independent and for positively dependent tests,
    Benjamini, Yekutieli 2001.)

    Parameters
    ----------
    p : float64[k], p values of some of the tests, k <= H. All others count with p = 1, as a pair that was never seen
        has in an upper tail: P(X >= 0).
    tests : H, for all pairs of M items `possible_pairs(M)`.
    q : in (0, 1).
    """
    if not tests:
        return Cutoff(0.0, tests, q)
    line = np.arange(1, len(p) + 1) * (q / tests)
    under = np.flatnonzero(np.sort(p) <= line)
    return Cutoff(float(line[under[-1]]) if len(under) else q / tests, tests, q)


def upper_p(pairs: WeightedPairs) -> Values:
    """float64[pairs], the probability that chance alone gives a pair's weight or more.

    Poisson test of the effective count V^2 / V2 against E V / V2 (see `WeightedPairs`): a sum of unequal weights is
    close to a scaled Poisson variable with the same mean and variance (Fay, Feuer 1997 do so for weighted rates).
    """
    return np.exp(tails.poisson_upper(pairs.effective, pairs.effective_expected))


def lower_p(weight: Values, expected: Values, *, spread: float) -> Values:
    """float64[pairs], the probability that chance alone gives a pair's weight or less.

    Here the scale is that of chance, `spread`, not the pair's own V2 / V: a pair that was never seen has none, and one
    that was seen once in a huge basket would owe its p value to that basket.

    Parameters
    ----------
    weight, expected : float64[pairs], V and E as in `WeightedPairs`.
    spread : see `spread_of_weight`.
    """
    return np.exp(tails.poisson_lower(weight / spread, expected / spread))


def spread_of_weight(sizes: Ids) -> float:
    """Variance over mean of a pair's weight V under chance: (sum of L/(L-1)) / (sum of L) over L >= 2, in (0, 1].

    A basket adds 1/(L-1) with a probability proportional to L (L-1), hence mean ~ L and variance ~ L/(L-1); without a
    basket of two items 1.

    Parameters
    ----------
    sizes : int64[baskets], L.
    """
    multi = sizes[sizes >= 2]
    return float((multi / (multi - 1)).sum() / multi.sum()) if len(multi) else 1.0
