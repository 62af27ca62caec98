import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.mining.pairs import count_orders, count_pairs, distinct_shoppers
from tests.mining import laws

EVERY = pytest.mark.parametrize("engine", [pytest.param(find, id=name) for name, find in laws.ENGINES.items()])
OURS = pytest.mark.parametrize("engine", ["native", "fallback"])
FEW = settings(max_examples=40, deadline=None)


@EVERY
@FEW
@given(baskets=laws.BASKETS, min_count=st.integers(1, 5), max_length=st.none() | st.integers(1, 4))
def test_itemsets_equal_brute_force(engine, baskets, min_count, max_length):
    expected = laws.brute_force(baskets, min_count, max_length=max_length)
    assert engine(baskets, min_count, max_length=max_length) == expected


@EVERY
@pytest.mark.parametrize("min_count", [20, 60])
def test_all_engines_agree_on_more_baskets(engine, min_count):
    baskets = laws.realistic(3_000, seed=min_count)
    assert engine(baskets, min_count) == laws.ENGINES["mlxtend-fpgrowth"](baskets, min_count)


@EVERY
def test_a_larger_set_is_never_more_frequent(engine):
    found = engine(laws.realistic(1_000, seed=3), 8)
    for items, count in found.items():
        for left_out in range(len(items)) if len(items) > 1 else ():
            assert found[items[:left_out] + items[left_out + 1 :]] >= count


@EVERY
def test_a_smaller_minimum_only_adds(engine):
    baskets = laws.realistic(1_000, seed=4)
    few, many = engine(baskets, 40), engine(baskets, 15)
    assert few == {items: count for items, count in many.items() if count >= 40}


@EVERY
@FEW
@given(baskets=laws.BASKETS, random=st.randoms())
def test_the_order_of_baskets_does_not_matter(engine, baskets, random):
    assert engine(random.sample(baskets, len(baskets)), 2) == engine(baskets, 2)


@OURS
def test_itemsets_over_all_baskets_are_the_sum_over_parts(engine):
    find, baskets = laws.ENGINES[engine], laws.realistic(200, seed=5)
    left, right = find(baskets[:90], 1), find(baskets[90:], 1)
    both = {items: left.get(items, 0) + right.get(items, 0) for items in left | right}
    assert find(baskets, 1) == both


def columns(sums):
    return [sums.keys, sums.orders, sums.weight, sums.share, sums.share_square]


@FEW
@given(baskets=laws.BASKETS, min_orders=st.integers(1, 4))
def test_both_engines_give_the_same_pair_sums(baskets, min_orders):
    given_baskets = Baskets.of(baskets)
    native, fallback = (
        count_pairs(given_baskets, min_orders=min_orders, engine=engine) for engine in ("native", "fallback")
    )
    for ours, theirs in zip(columns(native), columns(fallback), strict=True):
        assert ours.dtype == theirs.dtype == np.int64
        assert ours.tolist() == theirs.tolist()


@OURS
@FEW
@given(baskets=laws.BASKETS, min_orders=st.integers(1, 4))
def test_orders_alone_are_those_of_the_sums(engine, baskets, min_orders):
    keys, orders = count_orders(Baskets.of(baskets), min_orders=min_orders, engine=engine)
    sums = count_pairs(Baskets.of(baskets), engine="fallback")
    kept = sums.orders >= min_orders
    assert (keys.tolist(), orders.tolist()) == (sums.keys[kept].tolist(), sums.orders[kept].tolist())


@OURS
@FEW
@given(left=laws.BASKETS, right=laws.BASKETS)
def test_pair_sums_add_and_subtract(engine, left, right):
    ours, others, both = (count_pairs(Baskets.of(some), engine=engine) for some in (left, right, left + right))
    for part, whole in ((ours + others, both), (both + -others, ours)):
        assert [column.tolist() for column in columns(part)] == [column.tolist() for column in columns(whole)]


@FEW
@given(bought=st.lists(st.tuples(st.sets(st.integers(1, 6), max_size=5).map(sorted), st.integers(0, 3)), max_size=25))
def test_both_engines_give_the_same_distinct_shoppers(bought):
    baskets = Baskets.of([basket for basket, _ in bought])
    shoppers = np.array([shopper for _, shopper in bought], dtype=np.int64)
    known = count_pairs(baskets, engine="fallback").keys
    keys = np.sort(np.concatenate([known[::2], [np.int64(3 << 32 | 99), np.int64(90 << 32 | 91)]]))
    native, fallback = (distinct_shoppers(baskets, shoppers, keys, engine=engine) for engine in ("native", "fallback"))
    assert native.tolist() == fallback.tolist()


@OURS
def test_pairs_of_many_items_and_large_ids_by_brute_force(engine):
    random = np.random.default_rng(6)
    ids = np.sort(random.choice(2**31 - 1, 9_000, replace=False)) + 1
    baskets = [np.sort(random.choice(ids, size, replace=False)).tolist() for size in random.integers(1, 40, 400)]
    expected = {items: count for items, count in laws.brute_force(baskets, 1, max_length=2).items() if len(items) == 2}
    keys, orders = count_orders(Baskets.of(baskets), engine=engine)
    pairs = [(key >> 32, key & 0xFFFFFFFF) for key in keys.tolist()]
    assert pairs == sorted(pairs)
    assert dict(zip(pairs, orders.tolist(), strict=True)) == expected


def test_importing_pairs_and_itemsets_and_counting_little_never_imports_numba():
    script = (
        "import sys\n"
        "from recommendations.data.baskets import Baskets\n"
        "from recommendations.mining import condensed, counts, itemsets, pairs\n"
        "counts.count(Baskets.of([[1, 2], [1, 2, 3]]))\n"
        "itemsets.itemsets(Baskets.of([[1, 2]]), min_count=1)\n"
        "assert not [name for name in sys.modules if name.startswith(('numba', 'llvmlite'))]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)  # noqa: S603
