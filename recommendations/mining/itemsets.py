"""Frequent itemsets of any length: sets of items that at least so many baskets hold together."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.exceptions import InvalidInput, MiningBudget
from recommendations.mining import itemset_fallback
from recommendations.mining.budget import Budget, Spent, Watch
from recommendations.mining.choice import Engine, native

Ids = NDArray[np.int64]

Miner = Callable[[int, Watch], tuple[Ids, Ids, Ids]]

PROBES = 8
"""Larger counts tried when a budget is spent, each with an equal part of its time."""


@dataclass(frozen=True, slots=True)
class Itemsets:
    """`items[offsets[i]:offsets[i + 1]]` are the ascending item ids of set i, which `counts[i]` baskets hold.

    Parameters
    ----------
    offsets : int64[n + 1].
    items : int64[offsets[n]].
    counts : int64[n].
    """

    offsets: Ids
    items: Ids
    counts: Ids

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def lengths(self) -> Ids:
        """int64[n], how many items each set has."""
        return np.diff(self.offsets)

    def as_lists(self) -> list[list[int]]:
        """The item ids of each set."""
        items, offsets = self.items.tolist(), self.offsets.tolist()
        return [items[start:stop] for start, stop in pairwise(offsets)]

    def as_sets(self) -> list[frozenset[int]]:
        """The item ids of each set, as mlxtend's frames have them."""
        items = self.items.tolist()
        return [frozenset(items[start:stop]) for start, stop in pairwise(self.offsets.tolist())]

    def where(self, kept: NDArray[np.bool_]) -> "Itemsets":
        """The sets for which `kept` bool[n] is true."""
        offsets = np.zeros(int(kept.sum()) + 1, dtype=np.int64)
        np.cumsum(self.lengths[kept], out=offsets[1:])
        return Itemsets(offsets, self.items[np.repeat(kept, self.lengths)], self.counts[kept])


def itemsets(
    baskets: Baskets,
    *,
    min_count: int,
    max_length: int | None = None,
    budget: Budget | None = None,
    engine: Engine | None = None,
) -> Itemsets:
    """Every set of one item or more that at least `min_count` baskets hold.

    The order is that of a depth-first search which takes items from rare to frequent, those equally frequent by id: it
    depends neither on the order of baskets nor on the engine.

    Parameters
    ----------
    min_count : baskets, at least 1.
    max_length : longest set, at least 1; None for any.
    budget : time and memory it may take; None for that of `Budget()`.
    engine : who mines, see `choice.native`.

    Raises
    ------
    InvalidInput : `min_count` or `max_length` is below 1.
    MiningBudget : the budget was spent. It names a count that fits, found by trying some for up to as long again.
    MissingPackage : the native engine is demanded and cannot be used.
    """
    if min_count < 1:
        raise InvalidInput("min_count", f"{min_count} is below 1")
    if max_length is not None and max_length < 1:
        raise InvalidInput("max_length", f"{max_length} is below 1")
    sizes = baskets.sizes
    miner = native("itemset_native", work=int((sizes * (sizes - 1)).sum()) // 2, engine=engine) or itemset_fallback
    longest = max_length or max(int(sizes.max(initial=0)), 1)
    allowed = budget or Budget()
    try:
        offsets, items, counts = miner.mine(baskets, min_count, longest, Watch(allowed))
        return Itemsets(offsets, items, counts)
    except Spent as spent:
        reason = str(spent)
    raise _refusal(reason, baskets, min_count, lambda count, watch: miner.mine(baskets, count, longest, watch), allowed)


def _refusal(reason: str, baskets: Baskets, min_count: int, mine: Miner, budget: Budget) -> MiningBudget:
    """Try larger counts, halving the logarithmic interval each time, and name the smallest that was within budget."""
    spent, fits, found = min_count, None, 0
    above = len(baskets) + 1
    for _ in range(PROBES):
        count = isqrt(spent * above)
        if count == spent:
            break
        try:
            offsets, _, _ = mine(count, Watch(budget.part(1 / PROBES)))
        except Spent:
            spent = count
        else:
            above = fits = count
            found = len(offsets) - 1
    begin = f"itemsets of at least {min_count:,} of {len(baskets):,} baskets: {reason}; "
    if fits is None:
        return MiningBudget(begin + "no larger count that was tried fits", None)
    share = 100 * fits / len(baskets)
    tried = f"a minimum of {fits:,} ({share:.3g} %) was tried and fits: {found:,} itemsets"
    return MiningBudget(begin + tried, fits)


def warm() -> None:
    """Compile the native engine now, or load what was compiled before, and not within the first search.

    Raises
    ------
    MissingPackage : numba cannot be used.
    """
    itemsets(Baskets.of([[1, 2, 3], [1, 2, 3]]), min_count=1, engine="native")
