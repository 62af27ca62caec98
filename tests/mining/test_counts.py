import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.mining import pair_fallback
from recommendations.mining.counts import Totals, count
from recommendations.mining.pairs import SCALE, distinct_shoppers
from tests.mining import oracle

BASKETS = st.lists(st.sets(st.integers(1, 12), max_size=7).map(sorted), max_size=30)


def equal(left, right):
    return left.totals == right.totals and oracle.as_dicts(left) == oracle.as_dicts(right)


def test_three_baskets_by_eye():
    counted = count(Baskets.of([[1, 2], [1, 2, 3], [5]]))
    items, pairs = oracle.as_dicts(counted)
    assert items == {1: 2, 2: 2, 3: 1, 5: 1}
    root, half = round(SCALE / 2**0.5), SCALE // 2
    assert pairs == {
        (1, 2): (2, SCALE + root, SCALE + half, SCALE + SCALE // 4),
        (1, 3): (1, root, half, SCALE // 4),
        (2, 3): (1, root, half, SCALE // 4),
    }
    assert counted.totals == Totals(orders=3, size=6, pairs=2 + 6, size_multi=5, root=SCALE + root)


@given(BASKETS)
def test_counts_equal_brute_force(baskets):
    counted = count(Baskets.of(baskets))
    items, pairs = oracle.counts(baskets)
    assert oracle.as_dicts(counted) == (dict(items), pairs)


@given(BASKETS)
def test_counts_in_many_blocks_equal_counts_in_one(baskets):
    whole = count(Baskets.of(baskets))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair_fallback, "LARGEST_BLOCK", 3)
        assert equal(count(Baskets.of(baskets)), whole)


@given(BASKETS, BASKETS)
def test_counts_add(left, right):
    assert equal(count(Baskets.of(left)) + count(Baskets.of(right)), count(Baskets.of(left + right)))


@given(BASKETS, BASKETS)
def test_counts_subtract(left, right):
    assert equal(count(Baskets.of(left + right)) - count(Baskets.of(right)), count(Baskets.of(left)))


@given(BASKETS, st.randoms())
def test_the_order_of_baskets_does_not_matter(baskets, random):
    shuffled = random.sample(baskets, len(baskets))
    assert equal(count(Baskets.of(shuffled)), count(Baskets.of(baskets)))


def test_what_was_added_and_taken_away_leaves_no_rows():
    counted = count(Baskets.of([[1, 2]]))
    nothing = counted - counted
    assert len(nothing.pairs) == len(nothing.item_ids) == 0
    assert nothing.totals == Totals()


@given(st.lists(st.tuples(st.sets(st.integers(1, 6), max_size=5).map(sorted), st.integers(0, 3)), max_size=25))
def test_distinct_shoppers_equal_brute_force(bought):
    baskets = Baskets.of([basket for basket, _ in bought])
    shoppers = np.array([shopper for _, shopper in bought], dtype=np.int64)
    keys = count(baskets).pairs.keys
    people = {}
    for basket, shopper in bought:
        for low in basket:
            for high in basket:
                if low < high and shopper:
                    people.setdefault(low << 32 | high, set()).add(shopper)
    expected = [len(people.get(key, ())) for key in keys.tolist()]
    assert distinct_shoppers(baskets, shoppers, keys).tolist() == expected
