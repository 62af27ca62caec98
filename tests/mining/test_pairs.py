"""Laws of pair counting, for every engine: the same sums as brute force, to the last bit."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.exceptions import MissingPackage
from recommendations.mining import choice
from recommendations.mining.pairs import PairSums, count_orders, count_pairs, distinct_shoppers, warm
from tests.mining import oracle

ENGINES = ["native", "fallback"]
BASKETS = st.lists(st.sets(st.integers(1, 12) | st.integers(2**31 - 4, 2**31 - 1), max_size=8).map(sorted), max_size=30)


def as_dict(pairs):
    sums = zip(pairs.orders, pairs.weight, pairs.share, pairs.share_square, strict=True)
    return dict(zip(zip(pairs.low.tolist(), pairs.high.tolist(), strict=True), map(tuple, sums), strict=True))


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """The compiler's time is no example's."""
    warm()


@pytest.fixture(scope="module")
def many():
    """20,000 baskets of power-law items, a few of them huge."""
    rng = np.random.default_rng(5)
    chances = 1 / np.arange(1, 2_001) ** 0.8
    chances /= chances.sum()
    sizes = [*rng.integers(0, 12, 20_000), *rng.integers(60, 300, 10)]
    return Baskets.of([np.unique(rng.choice(2_000, size, p=chances) + 1).tolist() for size in sizes])


@pytest.mark.parametrize("engine", ENGINES)
@given(BASKETS)
def test_sums_equal_brute_force(engine, baskets):
    _, expected = oracle.counts(baskets)
    counted = count_pairs(Baskets.of(baskets), engine=engine)
    assert as_dict(counted) == expected
    assert (np.diff(counted.keys) > 0).all()


@pytest.mark.parametrize("engine", ENGINES)
@given(BASKETS, st.integers(1, 4))
def test_a_least_number_of_orders_leaves_pairs_out_and_changes_none(engine, baskets, least):
    whole = count_pairs(Baskets.of(baskets), engine=engine)
    some = count_pairs(Baskets.of(baskets), min_orders=least, engine=engine)
    assert as_dict(some) == as_dict(whole.where(whole.orders >= least))
    keys, orders = count_orders(Baskets.of(baskets), min_orders=least, engine=engine)
    assert (keys.tolist(), orders.tolist()) == (some.keys.tolist(), some.orders.tolist())


def test_engines_agree_on_many_baskets(many):
    native, fallback = (count_pairs(many, engine=engine) for engine in ENGINES)
    assert np.array_equal([native.keys, *native._sums], [fallback.keys, *fallback._sums])
    shoppers = np.random.default_rng(1).integers(0, 300, len(many))
    shoppers.sort()
    keys = native.keys[::7]
    people = [distinct_shoppers(many, shoppers, keys, engine=engine) for engine in ENGINES]
    assert np.array_equal(*people)
    assert people[0].max() > 5


@pytest.mark.parametrize("engine", ENGINES)
@given(st.lists(st.tuples(st.sets(st.integers(1, 6), max_size=5).map(sorted), st.integers(0, 3)), max_size=25))
def test_distinct_shoppers_equal_brute_force(engine, bought):
    baskets = Baskets.of([basket for basket, _ in bought])
    people = {}
    for basket, shopper in bought:
        for low in basket:
            for high in basket:
                if low < high and shopper:
                    people.setdefault(low << 32 | high, set()).add(shopper)
    keys = count_pairs(baskets).keys
    shoppers = np.array([shopper for _, shopper in bought], dtype=np.int64)
    found = distinct_shoppers(baskets, shoppers, keys, engine=engine)
    assert found.tolist() == [len(people.get(key, ())) for key in keys.tolist()]


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_to_count(engine):
    for baskets in ([], [[]], [[1], [2]]):
        assert len(count_pairs(Baskets.of(baskets), engine=engine)) == 0
    assert len(PairSums.empty()) == 0


def test_little_work_is_not_worth_compiled_code_and_much_is(monkeypatch):
    assert choice.native("pair_native", work=10, engine=None) is None
    assert choice.native("pair_native", work=choice.WORTH, engine=None) is not None


def test_without_numba_the_fallback_counts_and_demanding_it_says_how_to_install_it(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "numba" else find(name))
    assert choice.native("pair_native", work=choice.WORTH, engine=None) is None
    with pytest.raises(MissingPackage, match="django-basketry"):
        warm()


def test_importing_the_module_loads_no_compiler():
    program = "import sys, recommendations.mining.pairs, recommendations.mining.counts; print('numba' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout.strip() == "False"
