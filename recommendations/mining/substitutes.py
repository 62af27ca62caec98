"""Items of one category that are bought in place of each other: together far less often than chance gives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.baskets import Baskets
from recommendations.mining.guard import Judged
from recommendations.mining.significance import benjamini_hochberg, lower_p
from recommendations.mining.weights import SCALE, weights

Ids = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rivals:
    """Pairs of one category, together or not, that chance alone would often put into one basket.

    All int64[pairs] where not said.

    Parameters
    ----------
    low, high : item ids, low < high.
    orders, low_orders, high_orders : baskets with both, with the one, with the other.
    expected : float64[pairs], the baskets with both that chance gives, added up over periods.
    weight, expected_weight : float64[pairs], V of the pair and E, which is added up over periods too; see
        `measures.WeightedPairs`.
    buyers : distinct known shoppers of that item of the two that has fewer.
    shared : distinct known shoppers who bought both, in one basket or another.
    audience : float64[pairs] in [0, 1], cosine of the two sets of shoppers.
    """

    low: Ids
    high: Ids
    orders: Ids
    low_orders: Ids
    high_orders: Ids
    expected: Values
    weight: Values
    expected_weight: Values
    buyers: Ids
    shared: Ids
    audience: Values

    def __len__(self) -> int:
        return len(self.low)

    @property
    def missing(self) -> Values:
        """float64[pairs], orders that chance gives and nobody placed; a like audience counts up to twice."""
        return (self.expected - self.orders) * (1 + self.audience)


def rivals(
    baskets: Baskets,
    shoppers: Ids,
    periods: Ids,
    *,
    item_ids: Ids,
    categories: Ids,
    least_expected: float,
    most_of_category: int,
) -> Rivals:
    """All pairs within a category of which chance would give `least_expected` baskets with both.

    Chance is taken period by period: two items that were never on sale at the same time are not expected together, and
    their absence says nothing. Whether a pair is listed depends on what is expected of it alone, never on what was
    seen, so it is fair to test no others.

    Parameters
    ----------
    shoppers : int64[baskets], 0 for guests, who are in no audience.
    periods : int64[baskets], any numbers.
    item_ids : int64[items], ascending; `categories` int64[items] their category numbers, below 0 for none.
    most_of_category : of each category so many best sellers are paired at most, which bounds the pairs by
        `most_of_category - 1` halves of the items.
    """
    table = _Table.of(baskets, shoppers, periods, item_ids)
    parts = [_pairs(table, members, least_expected) for members in _members(table, categories, most_of_category)]
    return _joined([*parts, _pairs(table, np.zeros(0, dtype=np.int64), least_expected)])


def rivals_guard(pairs: Rivals, *, spread: float, most_lift: float, least_buyers: int, q: float) -> Judged:
    """Which rivals may be called bought in place of each other.

    The p value is the lower tail of the weighted Poisson test, Benjamini-Hochberg over all of `pairs`; one that does
    not meet the other demands counts as p = 1. Plainly counted, too, there must be fewer orders than chance gives.

    Parameters
    ----------
    spread : see `significance.spread_of_weight`, of all baskets.
    most_lift : the largest weighted lift V / E that passes, in [0, 1].
    least_buyers : distinct known shoppers that each item needs.
    q : as in `guard.guard`.
    """
    p = lower_p(pairs.weight, pairs.expected_weight, spread=spread)
    lift = pairs.weight / pairs.expected_weight
    reached = (lift <= most_lift) & (pairs.orders < pairs.expected) & (pairs.buyers >= least_buyers)
    cutoff = benjamini_hochberg(p[reached], tests=len(pairs), q=q)
    return Judged(reached & cutoff.allows(p), p, lift, cutoff)


@dataclass(frozen=True, slots=True)
class _Table:
    """Which baskets hold each item: those of item i are `rows[starts[i]:starts[i + 1]]`."""

    item_ids: Ids
    starts: Ids
    rows: Ids
    sizes: Ids
    shoppers: Ids
    periods: Ids
    period_orders: Ids
    chance: Values

    @classmethod
    def of(cls, baskets: Baskets, shoppers: Ids, periods: Ids, item_ids: Ids) -> "_Table":
        listed = np.flatnonzero(np.isin(baskets.items, item_ids))
        item = np.searchsorted(item_ids, baskets.items[listed])
        by_item = np.argsort(item, kind="stable")
        numbers, period = np.unique(periods, return_inverse=True)
        sizes = baskets.sizes
        orders, size, multi = (
            np.bincount(period, values, len(numbers)) for values in (sizes > 0, sizes, np.where(sizes >= 2, sizes, 0))
        )
        return cls(
            item_ids=item_ids,
            starts=np.searchsorted(item[by_item], np.arange(len(item_ids) + 1)),
            rows=np.repeat(np.arange(len(baskets)), sizes)[listed][by_item],
            sizes=sizes,
            shoppers=shoppers,
            periods=period,
            period_orders=orders,
            chance=multi / np.maximum(size, 1) ** 2,
        )

    @property
    def orders(self) -> Ids:
        return np.diff(self.starts)


def _members(table: _Table, categories: Ids, most: int) -> Iterator[Ids]:
    """Of each category its best sellers, ascending."""
    best_first = np.lexsort((table.item_ids, -table.orders, categories))
    best_first = best_first[categories[best_first] >= 0]
    starts = np.unique(categories[best_first], return_index=True)[1]
    for members in np.split(best_first, starts[1:]):
        yield np.sort(members[:most])


def _pairs(table: _Table, members: Ids, least_expected: float) -> Rivals:
    """Everything of a category at once, as tables of members by members."""
    counts = table.orders[members]
    item = np.repeat(np.arange(len(members)), counts)
    places = np.arange(len(item)) + np.repeat(table.starts[members] - np.cumsum(counts) + counts, counts)
    held, basket = np.unique(table.rows[places], return_inverse=True)
    sizes = table.sizes[held]
    share = np.where(sizes >= 2, weights(np.maximum(sizes, 2), power=1.0), 0)
    shape = (len(members), len(held))
    orders = _together(item, basket, np.ones_like(basket), shape)
    weight = _together(item, basket, share[basket], shape) / SCALE
    spread_out = np.zeros((len(members), len(table.chance)))
    np.add.at(spread_out, (item, table.periods[held][basket]), 1)
    in_orders = spread_out / np.sqrt(np.maximum(table.period_orders, 1))
    in_weight = spread_out * np.sqrt(table.chance)
    expected, expected_weight = in_orders @ in_orders.T, in_weight @ in_weight.T
    shared = _audiences(item, table.shoppers[held][basket], len(members))
    buyers = np.diag(shared)
    # Sums of floats differ in the last bits from machine to machine; which pairs are listed must not.
    enough = (expected >= least_expected * (1 - 1e-9)) & (expected_weight > 0)
    low, high = np.nonzero(np.triu(enough, k=1))
    audience = shared[low, high] / np.sqrt(np.maximum(buyers[low] * buyers[high], 1))
    return Rivals(
        low=table.item_ids[members[low]],
        high=table.item_ids[members[high]],
        orders=orders[low, high],
        low_orders=counts[low],
        high_orders=counts[high],
        expected=expected[low, high],
        weight=weight[low, high],
        expected_weight=expected_weight[low, high],
        buyers=np.minimum(buyers[low], buyers[high]),
        shared=shared[low, high],
        audience=audience,
    )


def _together(item: Ids, basket: Ids, amounts: Ids, shape: tuple[int, int]) -> Ids:
    """int64[members, members], the sum of `amounts` over the baskets with both."""
    once = sparse.csr_matrix((np.ones_like(basket), (item, basket)), shape=shape)
    weighted = sparse.csr_matrix((amounts, (item, basket)), shape=shape)
    return np.asarray((weighted @ once.T).toarray())


def _audiences(item: Ids, shoppers: Ids, members: int) -> Ids:
    """int64[members, members], the distinct known shoppers of both."""
    known = shoppers > 0
    people, shopper = np.unique(shoppers[known], return_inverse=True)
    distinct = np.unique(item[known] * max(len(people), 1) + shopper)
    item, shopper = np.divmod(distinct, max(len(people), 1))
    return _together(item, shopper, np.ones_like(shopper), (members, len(people)))


def _joined(parts: Sequence[Rivals]) -> Rivals:
    return Rivals(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rivals)))
