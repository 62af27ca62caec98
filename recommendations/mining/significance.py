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
    items : M, the items that could have been paired; M (M-1) / 2 pairs were tested, seen or not.
    q : the share of false pairs among the significant ones (or, with `bonferroni`, the probability of any at all) that
        is put up with, in (0, 1).
    """

    p: float
    items: int
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


def bonferroni(*, items: int, q: float) -> Cutoff:
    """p <= q / number of possible pairs: the probability of any false pair is at most q (Dunn 1961)."""
    return Cutoff(q / max(possible_pairs(items), 1) if items > 1 else 0.0, items, q)


def benjamini_hochberg(p: Values, *, items: int, q: float) -> Cutoff:
    """At most the share q of the significant pairs is false on average (Benjamini, Hochberg 1995).

    The largest k for which the k smallest p values are at most k q / H, H being all possible pairs; the cut-off is
    k q / H, between the last significant p value and the next. If there is no such k it is q / H: as yet no pair
    reaches it, and a pair that does later would have been found. (Valid for independent and for positively dependent
    tests, Benjamini, Yekutieli 2001.)

    Parameters
    ----------
    p : float64[k], p values of some of the possible pairs, k <= H. All others count with p = 1, as a pair that was
        never seen has in an upper tail: P(X >= 0).
    items : M, items that occur.
    q : in (0, 1).
    """
    if items < 2:
        return Cutoff(0.0, items, q)
    line = np.arange(1, len(p) + 1) * (q / possible_pairs(items))
    under = np.flatnonzero(np.sort(p) <= line)
    return Cutoff(float(line[under[-1]]) if len(under) else q / possible_pairs(items), items, q)


def benjamini_hochberg_lower(p: Values, products: Ids, *, item_orders: Ids, rate: float, q: float) -> Cutoff:
    """The same for lower tails, where a pair never seen is evidence too: p = P(X <= 0) = exp(-rate n_a n_b).

    Those pairs are too many to list; how many lie below a p value follows from the sorted orders of the items. The
    largest t with t <= q R(t) / H, R(t) the pairs with p <= t, is reached from above by t := q R(t) / H.

    Parameters
    ----------
    p, products : float64[k] and int64[k], p value and n_a n_b of the listed pairs: all that were seen, and any others.
    item_orders : int64[M], orders of every item, at least 1.
    rate : expectation of a pair over n_a n_b, above 0.
    """
    items = len(item_orders)
    if items < 2:
        return Cutoff(0.0, items, q)
    listed_p, listed_products, ascending = np.sort(p), np.sort(products), np.sort(item_orders)
    cut = q
    while True:
        least = _least_product(cut, rate)
        unlisted = _pairs_from(ascending, least) - (len(products) - int(np.searchsorted(listed_products, least)))
        found = int(np.searchsorted(listed_p, cut, side="right")) + unlisted
        lower = q * max(found, 1) / possible_pairs(items)
        if lower >= cut:
            return Cutoff(cut, items, q)
        cut = lower


def upper_p(pairs: WeightedPairs) -> Values:
    """float64[pairs], the probability that chance alone gives a pair's weight or more.

    Poisson test of the effective count V^2 / V2 against E V / V2 (see `WeightedPairs`): a sum of unequal weights is
    close to a scaled Poisson variable with the same mean and variance (Fay, Feuer 1997 do so for weighted rates).
    """
    return np.exp(tails.poisson_upper(pairs.effective, pairs.effective_expected))


def lower_p(pairs: WeightedPairs, *, spread: float) -> Values:
    """float64[pairs], the probability that chance alone gives a pair's weight or less.

    Here the scale is that of chance, `spread`, not the pair's own V2 / V: a pair that was never seen has none, and one
    that was seen once in a huge basket would owe its p value to that basket.

    Parameters
    ----------
    spread : see `spread_of_weight`.
    """
    return np.exp(tails.poisson_lower(pairs.weight / spread, pairs.expected / spread))


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


def _least_product(p: float, rate: float) -> int:
    """The smallest n_a n_b for which an unseen pair has a p value of at most `p`."""
    least = int(max(0, np.floor(-np.log(p) / rate)))
    while np.exp(-rate * least) > p:
        least += 1
    return least


def _pairs_from(ascending: Ids, least: int) -> int:
    """How many pairs of two items have a product of orders of at least `least`."""
    partners = np.searchsorted(ascending, -(-least // ascending))
    ordered = int((len(ascending) - partners).sum()) - int((ascending * ascending >= least).sum())
    return ordered // 2
