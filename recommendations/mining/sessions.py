"""Sessions: what a shopper viewed without a long silence, as baskets; and the pairs viewed in one session."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.data.views import Views
from recommendations.data.visits import DAY, begins, runs, visits_of
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.pair_fallback import occurrences
from recommendations.mining.pairs import PairSums, count_pairs, distinct_shoppers
from recommendations.mining.weights import weights

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]

AT_ONCE = 4_000_000
"""Most pair occurrences that are sorted at once."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions ascending by shopper and time, those of one shopper apart from each other.

    Parameters
    ----------
    shoppers : int64[sessions].
    visits : int64[sessions], the number from 0 of the shopper's day on which it began, never falling; `days` are UTC.
    starts, ends : int64[sessions], seconds since the epoch of the first and the last view.
    baskets : the distinct items of each session.
    first_viewed : int64[baskets' items], when each item was viewed first in its session.
    """

    shoppers: Ids
    visits: Ids
    starts: Ids
    ends: Ids
    baskets: Baskets
    first_viewed: Ids

    def __len__(self) -> int:
        return len(self.shoppers)

    def shoppers_of_items(self) -> tuple[Ids, Ids]:
        """Ids of all items, ascending, and how many distinct shoppers viewed each."""
        owners = np.repeat(self.shoppers, self.baskets.sizes)
        return distinct_owners(owners, self.baskets.items)


@dataclass(frozen=True, slots=True)
class ViewedPairs:
    """Pairs of items viewed in one session, each shopper counted once a day; all int64[pairs] where not said.

    Parameters
    ----------
    sums : of the shopper-days with both items in one session, the first such session weighing as its size says.
    weighted : the same for the guard, with the sessions that had each item.
    shoppers : distinct shoppers with both in one session.
    items : how many items were viewed at all.
    """

    sums: PairSums
    weighted: WeightedPairs
    shoppers: Ids
    items: int


def sessions_of(views: Views, *, silence: int, least_dwell: float, most_a_day: int, cap: int) -> Sessions:
    """Cut what each shopper viewed into sessions.

    Parameters
    ----------
    silence : seconds after which the next view begins another session; between them a view, however short, is none.
    least_dwell : seconds below which a view is no item of its session; one that lasted nobody knows how long is.
    most_a_day : a shopper's UTC day with more views is a program's, and all of it is left out.
    cap : the items of a session are its first so many.
    """
    visits = visits_of(views.shoppers, views.at, views.items, silence=silence, most_a_day=most_a_day)
    order, number = visits.order, visits.number
    shoppers, at = views.shoppers[order], views.at[order]
    first = np.flatnonzero(begins(number))
    last = np.append(first[1:], len(number)) - 1
    counts = ~(views.dwell[order] < least_dwell)
    number, item, seen = number[counts], views.items[order][counts], at[counts]
    kept = _first_items(number, item, seen, cap)
    number, item, seen = number[kept], item[kept], seen[kept]
    held, sizes = np.unique(number, return_counts=True)
    first, last = first[held], last[held]
    return Sessions(
        shoppers=shoppers[first],
        visits=runs(shoppers[first], at[first] // DAY),
        starts=at[first],
        ends=at[last],
        baskets=Baskets(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), item),
        first_viewed=seen,
    )


def viewed_together(sessions: Sessions, *, least_days: int) -> ViewedPairs:
    """Pairs that were viewed in one session on at least `least_days` shopper-days.

    A pair that a shopper views in two sessions of one day counts in the first of them: the sums of all sessions less
    those of the repetitions. What chance gives is that of all sessions, repetitions and all: who looks at the same
    things all day long raises the bar and nothing else.
    """
    sums = count_pairs(sessions.baskets, min_orders=least_days) + -_repetitions(sessions)
    # Repetitions of pairs that were left out for being rare are below zero now.
    sums = sums.where(sums.orders >= least_days)
    items, counts = np.unique(sessions.baskets.items, return_counts=True)
    sizes = sessions.baskets.sizes
    weighted = WeightedPairs(
        share=sums.share,
        share_square=sums.share_square,
        low_orders=counts[np.searchsorted(items, sums.low)].astype(np.int64),
        high_orders=counts[np.searchsorted(items, sums.high)].astype(np.int64),
        size=int(sizes.sum()),
        size_multi=int(sizes[sizes >= 2].sum()),
    )
    people = distinct_shoppers(sessions.baskets, sessions.shoppers, sums.keys)
    return ViewedPairs(sums, weighted, people, len(items))


def in_parts(groups: Ids, work: Ids) -> Iterator[slice]:
    """Cut rows, int64[n] ascending by group, into runs of whole groups of about AT_ONCE `work` each."""
    if not len(groups):
        return
    starts = np.flatnonzero(begins(groups))
    done = np.concatenate([[0], np.cumsum(work)])
    parts = done[starts] // AT_ONCE
    cuts = [*starts[begins(parts)].tolist(), len(groups)]
    for start, stop in pairwise(cuts):
        yield slice(start, stop)


def _repetitions(sessions: Sessions) -> PairSums:
    """Of each shopper-day the pairs that it had in an earlier session already: their sums, to be taken off."""
    sizes = sessions.baskets.sizes
    session = np.repeat(np.arange(len(sessions)), sizes)
    # Only an item that is in two sessions of the day can be part of such a pair.
    again = _is_again(sessions.visits[session], sessions.baskets.items)
    session, item = session[again], sessions.baskets.items[again]
    found = PairSums.empty()
    length = np.bincount(session, minlength=len(sessions))[session]
    for part in in_parts(sessions.visits[session], length):
        held, lengths = np.unique(session[part], return_counts=True)
        baskets = Baskets(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), item[part])
        found += _repeated(baskets, held, sessions.visits[held], sizes[held])
    return found


def _repeated(baskets: Baskets, sessions: Ids, visits: Ids, sizes: Ids) -> PairSums:
    blocks = [np.stack([number, low << 32 | high]) for number, low, high in occurrences(baskets)]
    if not blocks:
        return PairSums.empty()
    number, key = np.concatenate(blocks, axis=1)
    order = np.lexsort((sessions[number], key, visits[number]))
    number, key = number[order], key[order]
    repeated = ~(begins(key) | begins(visits[number]))
    key, size = key[repeated], sizes[number[repeated]]
    keys, at = np.unique(key, return_inverse=True)
    sums = np.zeros((4, len(keys)), dtype=np.int64)
    each = [np.ones(len(key), dtype=np.int64), *(weights(size, power=power) for power in (0.5, 1.0, 2.0))]
    for total, amount in zip(sums, each, strict=True):
        np.add.at(total, at, amount)
    return PairSums(keys, *sums)


def _first_items(number: Ids, item: Ids, seen: Ids, cap: int) -> Ids:
    """Which views are an item's first of its session, and among its first `cap` items; ascending by session and item.

    The views come ascending by session and time.
    """
    by_item = np.lexsort((seen, item, number))
    first = np.sort(by_item[begins(number[by_item]) | begins(item[by_item])])
    rank = np.arange(len(first)) - np.searchsorted(number[first], number[first])
    first = first[rank < cap]
    return np.asarray(first[np.lexsort((item[first], number[first]))])


def _is_again(visits: Ids, items: Ids) -> Flags:
    """bool[n], which items occur more than once in their visit."""
    order = np.lexsort((items, visits))
    group = runs(visits[order], items[order])
    again = np.zeros(len(items), dtype=np.bool_)
    if len(items):
        again[order] = (np.bincount(group) > 1)[group]
    return again


def distinct_owners(owners: Ids, items: Ids) -> tuple[Ids, Ids]:
    """Ids of all items, ascending, and how many distinct owners each has."""
    order = np.lexsort((owners, items))
    new = begins(items[order]) | begins(owners[order])
    ids, counts = np.unique(items[order][new], return_counts=True)
    return ids, counts.astype(np.int64)
