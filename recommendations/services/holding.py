"""Which rules wait for staff: the pairs behind them are held, by the settings' limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.conf import settings
from recommendations.data.baskets import Baskets
from recommendations.mining.guard import Judged
from recommendations.mining.holds import Hold, Holds, Limits, holds
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.votes import Votes, ballots, count_votes
from recommendations.selectors.orders import known_since

Ids = NDArray[np.int64]

PART = "part"
"""The reason of a rule of several antecedents: a pair within it is held."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is held.

    Parameters
    ----------
    flags : bool[pairs], of all pairs that were considered.
    reasons : (low, high) -> reason -> its figures.
    """

    flags: NDArray[np.bool_]
    reasons: Mapping[tuple[int, int], Mapping[str, Any]]

    def of(self, items: Iterable[int]) -> Mapping[str, Any]:
        """Why the rule that joins these items is held; nothing where it is not."""
        ascending = sorted(items)
        found = [self.reasons[pair] for pair in combinations(ascending, 2) if pair in self.reasons]
        if not found or len(ascending) == 2:
            return found[0] if found else {}
        return {PART: {"pairs": len(found)}}


def limits() -> Limits:
    """The settings' limits."""
    return Limits(
        shoppers=settings.HOLD_SHOPPERS,
        vote_lift=settings.HOLD_VOTE_LIFT,
        voters=settings.HOLD_VOTERS,
        burst_orders=settings.HOLD_BURST_ORDERS,
        burst_share=settings.HOLD_BURST_SHARE,
        burst_times=settings.HOLD_BURST_TIMES,
        burst_p=settings.HOLD_BURST_P,
        account_orders=settings.HOLD_ORDERS_EACH,
        days=settings.HOLD_DAYS,
    )


def held_pairs(
    pairs: WeightedPairs, judged: Judged, *, keys: Ids, orders: Ids, baskets: Baskets, shoppers: Ids, placed_at: Ids
) -> Held:
    """Those of the pairs that passed the guard which staff must see first.

    Parameters
    ----------
    keys, orders : int64[pairs], of all pairs that were considered.
    shoppers, placed_at : int64[baskets], see `selectors.orders.held_baskets`.
    """
    flags = judged.passed.copy()
    at = np.flatnonzero(judged.passed)
    if not len(at):
        return Held(flags, {})
    given = ballots(shoppers, placed_at, known_since(shoppers), account_days=settings.HOLD_ACCOUNT_DAYS)
    votes = count_votes(baskets, given, keys[at])
    found = holds(
        pairs.where(at), votes, keys=keys[at], orders=orders[at], baskets=baskets, given=given, limits=limits()
    )
    flags[at] = found.held
    reasons = {
        (int(keys[at[one]]) >> 32, int(keys[at[one]]) & 0xFFFFFFFF): _figures(found, votes, one)
        for one in np.flatnonzero(found.held).tolist()
    }
    return Held(flags, reasons)


def _figures(found: Holds, votes: Votes, at: int) -> Mapping[str, Any]:
    """Each reason of one pair, with what a sentence about it needs."""
    figures: Mapping[Hold, Mapping[str, Any]] = {
        Hold.ONE_VOTE: {"shoppers": int(votes.people[at]), "orders": int(votes.known_orders[at])},
        Hold.YOUNG_ACCOUNTS: {"shoppers": int(votes.people[at]), "old": int(votes.seasoned[at])},
        Hold.BURST: {"orders": int(found.burst_orders[at]), "days": int(found.burst_days[at])},
        Hold.FEW_ACCOUNTS: {
            "each": round(float(votes.known_orders[at] / max(votes.people[at], 1)), 1),
            "usual": round(found.usual, 1),
        },
        Hold.FEW_DAYS: {"days": int(votes.days[at])},
    }
    return {reason.value: figures[reason] for reason in found.why(at)}
