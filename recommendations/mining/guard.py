"""The guard of a claim: what a pair must show before it is called often bought together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.measures import WeightedPairs
from recommendations.mining.significance import Cutoff, benjamini_hochberg, possible_pairs, upper_p

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Floors:
    """The least that a pair must show whatever its p value.

    Parameters
    ----------
    orders : baskets with both items, at least 1.
    shoppers : distinct known shoppers who bought both in one basket, at least 2: one shopper's habit is no claim.
    weighted_lift : V / E, at least 0.
    lower_bound : of the weighted lift, or None to ask for none.
    """

    orders: int = 5
    shoppers: int = 5
    weighted_lift: float = 1.5
    lower_bound: float | None = None

    def __post_init__(self) -> None:
        if self.orders < 1:
            raise ValueError(f"orders must be at least 1, not {self.orders}")
        if self.shoppers < 2:
            raise ValueError(f"shoppers must be at least 2, not {self.shoppers}")

    def reached(self, pairs: WeightedPairs, orders: Ids, shoppers: Ids) -> Flags:
        """bool[pairs]; `orders` and `shoppers` are int64[pairs]."""
        enough = (orders >= self.orders) & (shoppers >= self.shoppers) & (pairs.lift >= self.weighted_lift)
        if self.lower_bound is not None:
            enough &= pairs.lift_lower_bound() >= self.lower_bound
        return np.asarray(enough)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the guard says of each pair, and the cut-off for later counts.

    Parameters
    ----------
    passed : bool[pairs].
    p : float64[pairs] in [0, 1], of the pair alone.
    weighted_lift : float64[pairs] in [0, inf).
    """

    passed: Flags
    p: Values
    weighted_lift: Values
    cutoff: Cutoff


def guard(
    pairs: WeightedPairs, *, orders: Ids, shoppers: Ids, items: int, floors: Floors | None = None, q: float = 0.05
) -> Judged:
    """Which pairs may be called often bought together.

    The floors come first: a pair below one counts as p = 1 in the Benjamini-Hochberg procedure over all M (M-1) / 2
    possible pairs. So the share of false pairs holds for the list that is shown, not for a longer one that is cut
    afterwards; and whoever leaves pairs of few orders out of `pairs` gets the same answer.

    Parameters
    ----------
    pairs : any pairs, at the least all that reach the floors.
    orders, shoppers : int64[pairs], baskets with both, and distinct known shoppers (`pairs.distinct_shoppers`: a guest
        is nobody).
    items : M, items with at least one order.
    floors : `Floors()` unless given.
    q : the share of false pairs that is put up with, in (0, 1).
    """
    least = floors or Floors()
    p = upper_p(pairs)
    reached = least.reached(pairs, orders, shoppers)
    cutoff = benjamini_hochberg(p[reached], tests=possible_pairs(items), q=q)
    return Judged(reached & cutoff.allows(p), p, pairs.lift, cutoff)


def claims(pairs: WeightedPairs, *, orders: Ids, shoppers: Ids, cutoff: Cutoff, floors: Floors | None = None) -> Flags:
    """bool[pairs], the guard's decision at the counts of now with the cut-off of an earlier `guard`."""
    return np.asarray((floors or Floors()).reached(pairs, orders, shoppers) & cutoff.allows(upper_p(pairs)))
