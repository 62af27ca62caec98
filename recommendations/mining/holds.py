"""Holds: which claims that passed the guard staff should see first, since few or hasty accounts may have made them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining import tails
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.votes import Ballots, Votes
from recommendations.mining.weights import SCALE

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

STEPS_PER_DOUBLING = 4


class Hold(StrEnum):
    """Why a claim waits for staff."""

    ONE_VOTE = "one_vote"
    YOUNG_ACCOUNTS = "young_accounts"
    BURST = "burst"
    FEW_ACCOUNTS = "few_accounts"
    FEW_DAYS = "few_days"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a claim must keep to that is to be published unseen.

    Parameters
    ----------
    shoppers : distinct shoppers that must be left without the votes of young accounts, at least 0.
    vote_lift : times that the votes must weigh what chance gives, at least 0.
    voters : shoppers from which on their votes need not weigh that, at least 1: so many are no few.
    burst_orders, burst_share : a window is looked at when it holds so many of the pair's orders, at least 1, and this
        share of them, in (0, 1].
    burst_times, burst_p : it is a burst when it holds so many times what the volume of the shop and the other orders of
        both items explain, at least 1, and by chance did with at most this probability, in (0, 1).
    account_orders : most orders a shopper, over what is usual among the claims, at least 1.
    days : different days on which the pair was ordered, at least 1. A shop with orders on fewer than twice as many days
        asks for half of its own.
    """

    shoppers: int = 3
    vote_lift: float = 1.25
    voters: int = 50
    burst_orders: int = 10
    burst_share: float = 0.5
    burst_times: float = 2.0
    burst_p: float = 1e-6
    account_orders: float = 3.0
    days: int = 5

    def __post_init__(self) -> None:
        least_of = {
            "shoppers": 0,
            "vote_lift": 0,
            "voters": 1,
            "burst_orders": 1,
            "burst_times": 1,
            "account_orders": 1,
            "days": 1,
        }
        for name, least in least_of.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")
        for name in ("burst_share", "burst_p"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Holds:
    """Why each pair is held.

    Parameters
    ----------
    reasons : of each reason bool[pairs].
    burst_orders, burst_days : int64[pairs], orders within the burst and the days of its window; 0 without one.
    usual : orders a shopper that are usual among the claims.
    """

    reasons: Mapping[Hold, Flags]
    burst_orders: Ids
    burst_days: Ids
    usual: float

    @property
    def held(self) -> Flags:
        """bool[pairs], for whatever reason."""
        return np.asarray(np.logical_or.reduce(list(self.reasons.values())))

    def why(self, at: int) -> tuple[Hold, ...]:
        """The reasons of one pair."""
        return tuple(reason for reason, flags in self.reasons.items() if flags[at])


def holds(
    pairs: WeightedPairs,
    votes: Votes,
    *,
    keys: Ids,
    orders: Ids,
    baskets: Baskets,
    given: Ballots,
    limits: Limits | None = None,
) -> Holds:
    """Which of the pairs that passed the guard are held, and why.

    - ONE_VOTE: counting every known shopper once, the pair weighs little more than chance gives. In a shop of regulars
      that is so of what everybody buys often, hence many voters are taken at their word.
    - YOUNG_ACCOUNTS: it does so without the votes of young accounts, or too few shoppers are left.
    - BURST: most of its orders fell within 7 or 30 days, and neither the shop's volume nor what else was sold of the
      two items explains it (a new product's orders are explained by its being new).
    - FEW_ACCOUNTS: its shoppers ordered it far more often each than shoppers do with other claims.
    - FEW_DAYS: it was ordered on few different days.

    Parameters
    ----------
    pairs, keys, orders : the pairs that passed, ascending, and their baskets with both.
    votes : of the same pairs.
    baskets, given : all baskets and who placed them.
    """
    limits = limits or Limits()
    chance = pairs.expected
    seasoned = np.where(given.seasoned, given.shoppers, 0)
    all_weak = votes.share / SCALE < limits.vote_lift * expected_votes(chance, baskets, given.shoppers)
    all_weak &= votes.people < limits.voters
    old_weak = votes.seasoned_share / SCALE < limits.vote_lift * expected_votes(chance, baskets, seasoned)
    old_weak &= votes.seasoned < limits.voters
    burst_orders, burst_days = _bursts(votes, keys, orders, baskets, given, limits)
    each = votes.known_orders / np.maximum(votes.people, 1)
    usual = float(np.median(each)) if len(each) else 1.0
    active_days = len(np.unique(given.days))
    reasons = {
        Hold.ONE_VOTE: all_weak,
        Hold.YOUNG_ACCOUNTS: ~all_weak & (old_weak | (votes.seasoned < limits.shoppers)),
        Hold.BURST: burst_orders > 0,
        Hold.FEW_ACCOUNTS: each > limits.account_orders * max(usual, 1.0),
        Hold.FEW_DAYS: votes.days < min(limits.days, active_days // 2),
    }
    return Holds(reasons, burst_orders, burst_days, usual)


def expected_votes(expected: Values, baskets: Baskets, shoppers: Ids) -> Values:
    """float64[pairs], what one vote a shopper would weigh by chance.

    The expected weight E falls to shopper u by the share w of the items of u's baskets, and the expected number of
    baskets with both, r E, by the share g of the pairs in them. One vote is there with probability 1 - exp(-r E g) and
    then weighs E w / (r E g): the sum over u of E w (1 - exp(-x)) / x at x = r E g. Shoppers of about the same g are
    taken together. So a repeated pair must be one that many repeat: what its orders raise the expectation by, its
    votes must keep up with.

    Parameters
    ----------
    expected : float64[pairs], E of `WeightedPairs`, above 0.
    shoppers : int64[baskets], who votes; 0 has no vote.
    """
    sizes = baskets.sizes
    items = np.where(sizes >= 2, sizes, 0).astype(np.float64)
    couples = (sizes * (sizes - 1)).astype(np.float64)
    if not couples.sum() or not len(expected):
        return expected.copy()
    people, who = np.unique(shoppers, return_inverse=True)
    of_items = np.bincount(who, weights=items)[people > 0] / items.sum()
    of_couples = np.bincount(who, weights=couples)[people > 0] / couples.sum()
    some = of_couples > 0
    step = np.floor(STEPS_PER_DOUBLING * np.log2(of_couples[some])).astype(np.int64)
    _, group = np.unique(step, return_inverse=True)
    share = np.bincount(group, weights=of_items[some])
    middle = np.bincount(group, weights=of_couples[some]) / np.maximum(np.bincount(group), 1)
    times = couples.sum() / items.sum()
    votes = np.zeros(len(expected))
    for part, each in zip(share.tolist(), middle.tolist(), strict=True):
        met = times * expected * each
        votes += expected * part * (-np.expm1(-met) / met)
    return votes


def _bursts(votes: Votes, keys: Ids, orders: Ids, baskets: Baskets, given: Ballots, limits: Limits) -> tuple[Ids, Ids]:
    """int64[pairs] twice, orders within the burst of each pair and the days of its window; 0 without one."""
    burst_orders, burst_days = np.zeros_like(orders), np.zeros_like(orders)
    volume = np.concatenate([[0], np.cumsum(np.bincount(given.days, minlength=given.length))])
    for length, within, since in votes.windows:
        crowded = (within >= limits.burst_orders) & (within >= limits.burst_share * orders) & (burst_orders == 0)
        at = np.flatnonzero(crowded)
        until = np.minimum(since[at] + length, given.length)
        explained = (volume[until] - volume[since[at]]) / max(int(volume[-1]), 1)
        for side in (keys[at] >> 32, keys[at] & 0xFFFFFFFF):
            alone, alone_within = _sold(baskets, given.days, side, since[at], until)
            rest = alone_within - within[at], alone - orders[at]
            # One more order within the window: of an item that is sold with the other alone, nothing is known.
            explained = np.maximum(explained, (rest[0] + 1) / (rest[1] + 1))
        expected = explained * orders[at]
        p = np.exp(tails.poisson_upper(within[at].astype(np.float64), expected))
        burst = at[(within[at] >= limits.burst_times * expected) & (p <= limits.burst_p)]
        burst_orders[burst], burst_days[burst] = within[burst], length
    return burst_orders, burst_days


def _sold(baskets: Baskets, days: Ids, items: Ids, since: Ids, until: Ids) -> tuple[Ids, Ids]:
    """int64[k] twice, baskets with each item, and those of them from day `since` to before day `until`."""
    wanted = np.unique(items)
    is_wanted = np.zeros(int(max(baskets.items.max(initial=0), wanted.max(initial=0))) + 1, dtype=np.bool_)
    is_wanted[wanted] = True
    at = np.flatnonzero(is_wanted[baskets.items])
    basket = np.searchsorted(baskets.offsets, at, side="right") - 1
    number = np.searchsorted(wanted, baskets.items[at])
    span = int(days.max(initial=0)) + 2
    moments = np.sort(number * span + days[basket])
    place = np.searchsorted(wanted, items) * span
    ends = [np.searchsorted(moments, place + day) for day in (0, since, until, span - 1)]
    return ends[3] - ends[0], ends[2] - ends[1]
