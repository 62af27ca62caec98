import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.mining.counts import count
from recommendations.mining.guard import Floors, claims, guard
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.pairs import distinct_shoppers
from recommendations.mining.significance import (
    Cutoff,
    benjamini_hochberg,
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
    cutoff = benjamini_hochberg(np.array(p), tests=possible_pairs(items), q=q)
    everything = p + [1.0] * (possible_pairs(items) - len(p))
    assert cutoff.allows(np.array(p)).tolist() == stepped_up(everything, possible_pairs(items), q)[: len(p)]
    assert bonferroni(tests=possible_pairs(items), q=q).p <= cutoff.p <= q


def test_no_possible_pair_no_claim():
    assert possible_pairs(0) == possible_pairs(1) == 0
    for cutoff in (benjamini_hochberg(np.zeros(0), tests=0, q=0.05), bonferroni(tests=0, q=0.05)):
        assert not cutoff.allows(np.array([0.0])).any()


@pytest.mark.parametrize(("p", "q"), [(0.1, 0.05), (-0.1, 0.05), (0.0, 0.0), (0.0, 1.0)])
def test_a_cutoff_out_of_range_is_refused(p, q):
    with pytest.raises(ValueError, match="must be"):
        Cutoff(p, 5, q)


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
