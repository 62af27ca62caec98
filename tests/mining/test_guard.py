from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.mining.counts import count
from recommendations.mining.guard import Floors, claims, guard, substitutes
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.pairs import distinct_shoppers
from recommendations.mining.significance import (
    Cutoff,
    benjamini_hochberg,
    benjamini_hochberg_lower,
    bonferroni,
    possible_pairs,
)

P_VALUES = st.lists(st.floats(0, 1), max_size=15)


def stepped_up(p, hypotheses, q):
    """Which of all p values Benjamini and Hochberg call significant, word for word."""
    ranked = sorted(p)
    passing = [k for k in range(1, len(ranked) + 1) if ranked[k - 1] <= k * q / hypotheses]
    return [value <= ranked[passing[-1] - 1] if passing else False for value in p]


@given(P_VALUES, st.integers(6, 30), st.floats(0.01, 0.5))
def test_benjamini_hochberg_counts_every_possible_pair(p, items, q):
    cutoff = benjamini_hochberg(np.array(p), items=items, q=q)
    everything = p + [1.0] * (possible_pairs(items) - len(p))
    assert cutoff.allows(np.array(p)).tolist() == stepped_up(everything, possible_pairs(items), q)[: len(p)]
    assert bonferroni(items=items, q=q).p <= cutoff.p <= q


def test_no_possible_pair_no_claim():
    for items in (0, 1):
        for cutoff in (
            benjamini_hochberg(np.zeros(0), items=items, q=0.05),
            bonferroni(items=items, q=0.05),
            benjamini_hochberg_lower(
                np.zeros(0), np.zeros(0, dtype=int), item_orders=np.ones(items, dtype=int), rate=1.0, q=0.05
            ),
        ):
            assert not cutoff.allows(np.array([0.0])).any()


@pytest.mark.parametrize(("p", "q"), [(0.1, 0.05), (-0.1, 0.05), (0.0, 0.0), (0.0, 1.0)])
def test_a_cutoff_out_of_range_is_refused(p, q):
    with pytest.raises(ValueError, match="must be"):
        Cutoff(p, 5, q)


@given(
    st.lists(st.integers(1, 40), min_size=2, max_size=9),
    st.floats(0.001, 0.1),
    st.floats(0.01, 0.5),
    st.data(),
)
def test_lower_tails_count_the_pairs_never_seen(item_orders, rate, q, data):
    pairs = list(combinations(range(len(item_orders)), 2))
    products = np.array([item_orders[low] * item_orders[high] for low, high in pairs])
    p = np.exp(-rate * products)
    seen = np.array(data.draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs))))
    p[seen] = data.draw(st.lists(st.floats(0, 1), min_size=int(seen.sum()), max_size=int(seen.sum())))
    cutoff = benjamini_hochberg_lower(p[seen], products[seen], item_orders=np.array(item_orders), rate=rate, q=q)
    assert cutoff.allows(p).tolist() == stepped_up(p.tolist(), len(pairs), q)
    listed = benjamini_hochberg_lower(p, products, item_orders=np.array(item_orders), rate=rate, q=q)
    assert listed == cutoff


def counted(baskets, shoppers):
    sums = count(Baskets.of(baskets))
    at = [np.searchsorted(sums.item_ids, ids) for ids in (sums.pairs.low, sums.pairs.high)]
    pairs = WeightedPairs(
        sums.pairs.share,
        sums.pairs.share_square,
        *(sums.item_orders[side] for side in at),
        size=sums.totals.size,
        size_multi=sums.totals.size_multi,
    )
    people = distinct_shoppers(Baskets.of(baskets), np.array(shoppers, dtype=np.int64), sums.pairs.keys)
    return pairs, {"orders": sums.pairs.orders, "shoppers": people}, sums


def shop():
    """Items 1 and 2 always together, 3 to 12 by chance; every basket of another shopper."""
    random = np.random.default_rng(3)
    baskets = [sorted(random.choice(np.arange(3, 13), 2, replace=False).tolist()) for _ in range(200)]
    return baskets + [[1, 2]] * 12


def test_what_is_bought_together_passes_and_nothing_else():
    baskets = shop()
    pairs, counts, sums = counted(baskets, range(1, len(baskets) + 1))
    judged = guard(pairs, **counts, items=len(sums.item_ids))
    assert sums.pairs.keys[judged.passed].tolist() == [1 << 32 | 2]
    assert judged.weighted_lift[judged.passed][0] > 1.5
    assert judged.p[judged.passed][0] <= judged.cutoff.p


def test_guests_are_nobody_and_one_shopper_is_no_claim():
    baskets = shop()
    guests = [0] * len(baskets)
    one = [0] * (len(baskets) - 12) + [7] * 12
    for shoppers in (guests, one):
        pairs, counts, sums = counted(baskets, shoppers)
        assert not guard(pairs, **counts, items=len(sums.item_ids), floors=Floors(orders=1, shoppers=2)).passed.any()
    with pytest.raises(ValueError, match="shoppers must be at least 2, not 1"):
        Floors(shoppers=1)
    with pytest.raises(ValueError, match="orders must be at least 1, not 0"):
        Floors(orders=0)


def test_each_floor_holds():
    baskets = shop()
    pairs, counts, sums = counted(baskets, range(1, len(baskets) + 1))
    lift = guard(pairs, **counts, items=12).weighted_lift[0]
    bound = pairs.lift_lower_bound()[0]
    for floors, passes in (
        (Floors(orders=12), True),
        (Floors(orders=13), False),
        (Floors(shoppers=12), True),
        (Floors(shoppers=13), False),
        (Floors(weighted_lift=lift), True),
        (Floors(weighted_lift=lift * 1.01), False),
        (Floors(lower_bound=bound), True),
        (Floors(lower_bound=bound * 1.01), False),
    ):
        assert guard(pairs, **counts, items=len(sums.item_ids), floors=floors).passed.any() == passes, floors


@given(st.lists(st.tuples(st.sets(st.integers(1, 6), max_size=5).map(sorted), st.integers(0, 5)), max_size=60))
def test_the_stored_cutoff_decides_as_the_guard_did(bought):
    pairs, counts, sums = counted([basket for basket, _ in bought], [shopper for _, shopper in bought])
    floors = Floors(orders=2, shoppers=2, weighted_lift=1.0)
    judged = guard(pairs, **counts, items=len(sums.item_ids), floors=floors, q=0.3)
    assert claims(pairs, **counts, cutoff=judged.cutoff, floors=floors).tolist() == judged.passed.tolist()


def test_chance_alone_gives_no_claim():
    random = np.random.default_rng(4)
    sizes = np.where(random.random(3_000) < 0.02, 60, random.integers(1, 6, 3_000))
    weights = 1 / np.arange(1, 121)
    baskets = [
        sorted((random.choice(120, size, replace=False, p=weights / weights.sum()) + 1).tolist()) for size in sizes
    ]
    pairs, counts, sums = counted(baskets, range(1, len(baskets) + 1))
    assert guard(pairs, **counts, items=len(sums.item_ids)).passed.sum() == 0
    # The large baskets alone make plain lift say otherwise of many.
    lifts = sums.pairs.orders * len(baskets) / (pairs.low_orders * pairs.high_orders)
    assert ((lifts > 1.5) & (sums.pairs.orders >= 5)).sum() > 1_000


def test_items_that_avoid_each_other_are_substitutes():
    random = np.random.default_rng(5)
    # 1 or 2 in every basket, never both; 3 to 8 by chance.
    baskets = [
        sorted([int(random.integers(1, 3)), *random.choice(np.arange(3, 9), 2, replace=False).tolist()])
        for _ in range(300)
    ]
    pairs, _, sums = counted(baskets, [0] * 300)
    unseen = np.zeros(1, dtype=np.int64)
    listed = WeightedPairs(
        np.concatenate([pairs.share, unseen]),
        np.concatenate([pairs.share_square, unseen]),
        np.concatenate([pairs.low_orders, sums.item_orders[:1]]),
        np.concatenate([pairs.high_orders, sums.item_orders[1:2]]),
        size=pairs.size,
        size_multi=pairs.size_multi,
    )
    sizes = Baskets.of(baskets).sizes
    judged = substitutes(listed, item_orders=sums.item_orders, sizes=sizes)
    assert judged.passed.tolist() == [False] * len(pairs) + [True]
    assert substitutes(pairs, item_orders=sums.item_orders, sizes=sizes).cutoff == judged.cutoff


def test_without_baskets_of_two_nothing_is_a_substitute():
    pairs = WeightedPairs(*[np.array([value]) for value in (0, 0, 3, 4)], size=7, size_multi=0)
    assert not substitutes(pairs, item_orders=np.array([3, 4]), sizes=np.ones(7, dtype=np.int64)).passed.any()
