"""Rivals of a category, against the slowest and plainest code there is, and which of them are substitutes."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.mining.significance import spread_of_weight
from recommendations.mining.substitutes import rivals, rivals_guard

ITEMS = np.arange(1, 8)
CATEGORIES = np.array([0, 0, 0, 1, 1, -1, -1])

ORDERS = st.lists(
    st.tuples(st.sets(st.integers(1, 9), max_size=6).map(sorted), st.integers(0, 4), st.integers(0, 2)), max_size=40
)


def as_arrays(orders):
    return (
        Baskets.of([basket for basket, _, _ in orders]),
        np.array([shopper for _, shopper, _ in orders], dtype=np.int64),
        np.array([period for _, _, period in orders], dtype=np.int64),
    )


def plain(orders, low, high):
    """Every number of a pair, by its definition."""

    def holding(*items, period=None):
        return [
            basket for basket, _, when in orders if set(items) <= set(basket) and (period is None or when == period)
        ]

    def buyers(item):
        return {shopper for basket, shopper, _ in orders if item in basket and shopper}

    expected = expected_weight = 0.0
    for period in {when for _, _, when in orders}:
        within = [basket for basket, _, when in orders if when == period and basket]
        product = len(holding(low, period=period)) * len(holding(high, period=period))
        if product:
            expected += product / len(within)
            multi = sum(len(basket) for basket in within if len(basket) > 1)
            expected_weight += product * multi / sum(map(len, within)) ** 2
    first, second = buyers(low), buyers(high)
    return {
        "orders": len(holding(low, high)),
        "low_orders": len(holding(low)),
        "high_orders": len(holding(high)),
        "expected": expected,
        "weight": sum(1 / (len(basket) - 1) for basket in holding(low, high)),
        "expected_weight": expected_weight,
        "buyers": min(len(first), len(second)),
        "shared": len(first & second),
        "audience": len(first & second) / max(len(first) * len(second), 1) ** 0.5,
    }


@given(ORDERS)
def test_rivals_are_what_a_plain_loop_finds(orders):
    found = rivals(*as_arrays(orders), item_ids=ITEMS, categories=CATEGORIES, least_expected=0.7001, most_of_category=9)
    expected = {(low, high): plain(orders, low, high) for low, high in [*combinations([1, 2, 3], 2), (4, 5)]}
    wanted = {pair: one for pair, one in expected.items() if one["expected"] >= 0.7001 and one["expected_weight"] > 0}
    assert sorted(zip(found.low.tolist(), found.high.tolist(), strict=True)) == sorted(wanted)
    for number, pair in enumerate(zip(found.low.tolist(), found.high.tolist(), strict=True)):
        for name, value in wanted[pair].items():
            assert getattr(found, name)[number] == pytest.approx(value), name


def test_of_a_category_the_best_sellers_are_paired():
    orders = [([1], 1, 0)] * 9 + [([2], 1, 0)] * 8 + [([3], 1, 0)] * 7 + [([1, 2, 3], 1, 0)] * 6
    found = rivals(*as_arrays(orders), item_ids=ITEMS, categories=CATEGORIES, least_expected=1, most_of_category=2)
    assert (found.low.tolist(), found.high.tolist()) == ([1], [2])
    nothing = rivals(*as_arrays([]), item_ids=ITEMS, categories=CATEGORIES, least_expected=1, most_of_category=2)
    assert len(nothing) == 0
    assert not rivals_guard(nothing, spread=1.0, most_lift=0.5, least_buyers=2, q=0.05).passed.any()


def judged(orders, **changes):
    """Items 1 to 3 are of one category."""
    arrays = as_arrays(orders)
    found = rivals(*arrays, item_ids=ITEMS, categories=CATEGORIES, least_expected=5, most_of_category=9)
    options = {"spread": spread_of_weight(arrays[0].sizes), "most_lift": 0.5, "least_buyers": 5, "q": 0.05} | changes
    passed = rivals_guard(found, **options).passed
    return set(zip(found.low[passed].tolist(), found.high[passed].tolist(), strict=True)), found


def one_or_the_other(shoppers=40):
    """1 or 2 in every basket, never both; 3 and more by chance."""
    random = np.random.default_rng(5)
    return [
        (sorted([1 + number % 2, *(np.flatnonzero(random.random(7) < 0.4) + 3).tolist()]), 1 + number % shoppers, 0)
        for number in range(300)
    ]


def test_what_is_bought_in_place_of_each_other_passes_and_nothing_else():
    assert judged(one_or_the_other(41))[0] == {(1, 2)}
    assert judged(one_or_the_other(4))[0] == set()
    assert judged(one_or_the_other(41), q=1e-30)[0] == set()


def test_a_like_audience_raises_a_claim():
    apart, together = (judged(one_or_the_other(shoppers))[1] for shoppers in (40, 41))
    assert (apart.shared[0], apart.audience[0], together.shared[0]) == (0, 0.0, 41)
    assert together.missing[0] == pytest.approx(2 * apart.missing[0], rel=0.01)


def test_what_was_never_on_sale_at_the_same_time_is_no_substitute():
    seasons = [(basket, shopper, 1 if 1 in basket else 2) for basket, shopper, _ in one_or_the_other(41)]
    passed, found = judged(seasons)
    assert passed == set()
    assert (1, 2) not in set(zip(found.low.tolist(), found.high.tolist(), strict=True))


def test_together_in_large_baskets_alone_is_told_by_plain_counts():
    large = [([1, 2, *range(3, 60)], 1 + number, 0) for number in range(60)]
    orders = one_or_the_other(41)[:120] + large
    assert judged(orders)[0] == {(1, 2)}
    assert judged(orders + [([9], 1, 0)] * 100)[0] == set()


def test_chance_alone_gives_no_substitutes():
    random = np.random.default_rng(8)
    orders = [
        (sorted((np.flatnonzero(random.random(7) < random.choice([0.1, 0.5])) + 1).tolist()), 1 + number % 90, 0)
        for number in range(2_000)
    ]
    assert judged(orders)[0] == set()
