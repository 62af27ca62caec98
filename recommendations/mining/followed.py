"""What was viewed and what was bought after it: directed pairs, each shopper counted once a day."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.data.views import Purchases
from recommendations.data.visits import begins
from recommendations.mining import tails
from recommendations.mining.guard import Floors, Judged
from recommendations.mining.sessions import Sessions, distinct_owners, in_parts
from recommendations.mining.significance import benjamini_hochberg

Ids = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FollowedPairs:
    """Pairs of an item viewed and another one bought after it; all int64[pairs] where not said.

    Parameters
    ----------
    viewed, bought : item ids, never the same.
    days : shopper-days of the view, of any number of sessions and orders.
    shoppers : distinct shoppers.
    viewed_times, bought_times : how often the item viewed, and the item bought, is part of a pair of any kind, every
        session and order told apart.
    total_times : how often there is a pair of any kind.
    possible : how many such pairs there could be, of items viewed at all and items bought at all.
    """

    viewed: Ids
    bought: Ids
    days: Ids
    shoppers: Ids
    viewed_times: Ids
    bought_times: Ids
    total_times: int
    possible: int

    def __len__(self) -> int:
        return len(self.days)

    @property
    def expected(self) -> Values:
        """float64[pairs], `viewed_times * bought_times / total_times`, at least the days that chance gives.

        As in a table of counts whose sides say nothing of each other. Who views and buys much makes many pairs of every
        kind, which these sums hold; who does the same again on one day raises them and no `days`.
        """
        return self.viewed_times / max(self.total_times, 1) * self.bought_times


def followed(sessions: Sessions, purchases: Purchases, *, within: int) -> FollowedPairs:
    """Pairs of an item viewed in a session and one bought after that view, at most `within` seconds after the session.

    Whether the item bought was viewed too makes no difference. An order counts for each session that it can follow.

    Parameters
    ----------
    purchases : orders; those of shoppers without a session are nobody's.
    """
    known = np.flatnonzero(np.isin(purchases.shoppers, sessions.shoppers))
    session, order = _followed_sessions(sessions, purchases, known, within)
    work = sessions.baskets.sizes[session] * purchases.baskets.sizes[order]
    parts = [
        _counted(sessions, purchases, session[part], order[part]) for part in in_parts(sessions.shoppers[session], work)
    ]
    keys, *counts = np.concatenate([np.zeros((4, 0), dtype=np.int64), *parts], axis=1)
    pairs, at = np.unique(keys, return_inverse=True)
    times, days, shoppers = (_added_up(at, count, len(pairs)) for count in counts)
    viewed, bought = pairs >> 32, pairs & 0xFFFFFFFF
    viewed_ids, bought_ids = np.unique(sessions.baskets.items), np.unique(_spread(purchases.baskets, known)[1])
    return FollowedPairs(
        viewed=viewed,
        bought=bought,
        days=days,
        shoppers=shoppers,
        viewed_times=_sums_of(viewed, times),
        bought_times=_sums_of(bought, times),
        total_times=int(times.sum()),
        possible=len(viewed_ids) * len(bought_ids) - len(np.intersect1d(viewed_ids, bought_ids)),
    )


def followed_guard(pairs: FollowedPairs, *, floors: Floors, q: float) -> Judged:
    """Which pairs may be called viewed, then bought.

    The p value is the Poisson tail of the days against what chance gives. The days of a pair are a sum of many rare
    events of unequal probability, which vary less than a Poisson variable does: the test errs on the side of silence
    (Hoeffding 1956). A pair below a floor counts as p = 1, as in `guard.guard`.

    Parameters
    ----------
    floors : `orders` reads as days; `lower_bound` is not asked for.
    q : the share of false pairs that is put up with, in (0, 1).
    """
    p = np.exp(tails.poisson_upper(pairs.days.astype(np.float64), pairs.expected))
    lift = pairs.days / pairs.expected
    reached = (pairs.days >= floors.orders) & (pairs.shoppers >= floors.shoppers) & (lift >= floors.weighted_lift)
    cutoff = benjamini_hochberg(p[reached], tests=pairs.possible, q=q)
    return Judged(reached & cutoff.allows(p), p, lift, cutoff)


def buyers_of_items(sessions: Sessions, purchases: Purchases) -> tuple[Ids, Ids]:
    """Ids of the items that shoppers with a session bought, ascending, and how many distinct ones bought each."""
    known = np.flatnonzero(np.isin(purchases.shoppers, sessions.shoppers))
    row, items = _spread(purchases.baskets, known)
    return distinct_owners(purchases.shoppers[known[row]], items)


def _followed_sessions(sessions: Sessions, purchases: Purchases, known: Ids, within: int) -> tuple[Ids, Ids]:
    """(session, order) of each order that follows a session, ascending by session."""
    if not len(known):
        return known, known
    # Shoppers' times one after another on a single line, each with `within` seconds of room before the first view.
    people = np.unique(sessions.shoppers)
    began = min(int(sessions.starts.min()), int(purchases.at[known].min())) - within
    length = max(int(sessions.ends.max()), int(purchases.at[known].max())) - began + 1
    of_session = np.searchsorted(people, sessions.shoppers) * length - began
    of_order = np.searchsorted(people, purchases.shoppers[known]) * length - began + purchases.at[known]
    first = np.searchsorted(of_session + sessions.ends, of_order - within, side="left")
    stop = np.searchsorted(of_session + sessions.starts, of_order, side="right")
    counts = np.maximum(stop - first, 0)
    order = np.repeat(known, counts)
    session = np.arange(len(order)) + np.repeat(first - np.cumsum(counts) + counts, counts)
    ascending = np.argsort(session, kind="stable")
    return session[ascending], order[ascending]


def _counted(sessions: Sessions, purchases: Purchases, session: Ids, order: Ids) -> Ids:
    """int64[4, pairs]: keys `viewed << 32 | bought`, times, shopper-days and distinct shoppers of these matches."""
    match, viewed, seen = _spread(sessions.baskets, session, sessions.first_viewed)
    early = seen <= purchases.at[order[match]]
    match, viewed = match[early], viewed[early]
    pair, bought = _spread(purchases.baskets, order[match])
    other = viewed[pair] != bought
    key, visit = (viewed[pair] << 32 | bought)[other], sessions.visits[session[match[pair]]][other]
    ascending = np.lexsort((visit, key))
    key, visit = key[ascending], visit[ascending]
    keys, at = np.unique(key, return_inverse=True)
    shopper = sessions.shoppers[np.searchsorted(sessions.visits, visit)]
    new_day, new_shopper = begins(key) | begins(visit), begins(key) | begins(shopper)
    counts = [np.bincount(at[counted], minlength=len(keys)) for counted in (slice(None), new_day, new_shopper)]
    return np.stack([keys, *counts]).astype(np.int64)


def _spread(baskets: Baskets, chosen: Ids, *columns: Ids) -> tuple[Ids, ...]:
    """The items of the chosen baskets one after another: which of `chosen` each is of, the item, its other columns."""
    sizes = baskets.sizes[chosen]
    row = np.repeat(np.arange(len(chosen)), sizes)
    at = np.arange(len(row)) + np.repeat(baskets.offsets[:-1][chosen] - np.cumsum(sizes) + sizes, sizes)
    return row, baskets.items[at], *(column[at] for column in columns)


def _sums_of(items: Ids, times: Ids) -> Ids:
    """Of each pair the sum of `times` over all pairs with the same item."""
    ids, at = np.unique(items, return_inverse=True)
    return np.asarray(_added_up(at, times, len(ids))[at])


def _added_up(at: Ids, values: Ids, length: int) -> Ids:
    sums = np.zeros(length, dtype=np.int64)
    np.add.at(sums, at, values)
    return sums
