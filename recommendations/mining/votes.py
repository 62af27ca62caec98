"""Who stands behind a pair, and when: distinct shoppers, those of old accounts among them, days, busiest weeks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining import pair_fallback
from recommendations.mining.choice import Engine, native

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAY = 86_400
WINDOWS = (7, 30)
"""Days of the two windows in which a pair's orders may crowd."""


@dataclass(frozen=True, slots=True)
class Ballots:
    """Who placed each basket and when.

    Parameters
    ----------
    shoppers : int64[baskets], 0 is a guest.
    days : int64[baskets], days since the shop's first order, from 0.
    seasoned : bool[baskets], the shopper is known and the account was old enough at the order.
    """

    shoppers: Ids
    days: Ids
    seasoned: Flags

    @property
    def length(self) -> int:
        """Days from the first order to the last, both included; 0 without orders."""
        return int(self.days.max()) + 1 if len(self.days) else 0


def ballots(shoppers: Ids, placed_at: Ids, known_since: Ids, *, account_days: int) -> Ballots:
    """Ballots from times.

    An account's age at an order counts from when the plugin knew the shopper, or from the first order if that is
    earlier. A shop that is younger than twice `account_days` asks for half its own age: in its first weeks every
    account is young.

    Parameters
    ----------
    shoppers : int64[baskets], 0 is a guest.
    placed_at, known_since : int64[baskets], seconds since 1970.
    account_days : the age from which on an account votes, at least 0.
    """
    if not len(placed_at):
        return Ballots(shoppers, placed_at, np.zeros(0, dtype=np.bool_))
    first, last = int(placed_at.min()), int(placed_at.max())
    least = min(account_days * DAY, (last - first) // 2)
    seasoned = (shoppers > 0) & (placed_at - np.minimum(known_since, _first_order(shoppers, placed_at)) >= least)
    return Ballots(shoppers, (placed_at - first) // DAY, seasoned)


@dataclass(frozen=True, slots=True)
class Votes:
    """What stands behind each pair; all int64[pairs].

    A shopper has one vote for a pair: the first of the baskets with both, in the order of the baskets.

    Parameters
    ----------
    known_orders : baskets of known shoppers with both.
    people, share : distinct known shoppers, and the sum over their votes of 2^32 / (L-1).
    seasoned, seasoned_share : the same of votes by seasoned accounts alone.
    days : different days on which both were bought.
    week_orders, week_from, month_orders, month_from : the most baskets with both within 7 and 30 days, and the first
        day of that window, the earliest such.
    """

    known_orders: Ids
    people: Ids
    share: Ids
    seasoned: Ids
    seasoned_share: Ids
    days: Ids
    week_orders: Ids
    week_from: Ids
    month_orders: Ids
    month_from: Ids

    @property
    def windows(self) -> tuple[tuple[int, Ids, Ids], ...]:
        """(days, orders, first day) of each window."""
        return (WINDOWS[0], self.week_orders, self.week_from), (WINDOWS[1], self.month_orders, self.month_from)


def count_votes(baskets: Baskets, given: Ballots, keys: Ids, *, engine: Engine | None = None) -> Votes:
    """The votes behind pairs, in one pass over the baskets.

    Memory of the native engine: about 20 bytes an item of a basket that occurs in the pairs, and at most 64 MB.

    Parameters
    ----------
    keys : int64[k] ascending pair keys as in `PairSums`.
    engine : who counts, see `choice.native`.
    """
    sizes = baskets.sizes
    counting = native("pair_native", work=int((sizes * (sizes - 1)).sum()) // 2, engine=engine) or pair_fallback
    return Votes(*counting.count_votes(baskets, given.shoppers, given.seasoned, given.days, keys, WINDOWS))


def _first_order(shoppers: Ids, placed_at: Ids) -> Ids:
    """int64[baskets], when the shopper of each basket first ordered."""
    order = np.argsort(shoppers, kind="stable")
    by_shopper = shoppers[order]
    starts = np.flatnonzero(np.concatenate([[True], by_shopper[1:] != by_shopper[:-1]]))
    earliest = np.minimum.reduceat(placed_at[order], starts)
    first = np.empty(len(shoppers), dtype=np.int64)
    first[order] = np.repeat(earliest, np.diff(np.append(starts, len(order))))
    return first
