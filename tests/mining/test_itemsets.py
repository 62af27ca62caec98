import importlib.util
import time
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings

from recommendations.data.baskets import Baskets
from recommendations.exceptions import InvalidInput, MiningBudget, MissingPackage
from recommendations.mining import choice, itemset_fallback, itemset_native
from recommendations.mining import itemsets as itemsets_module
from recommendations.mining.budget import Budget
from recommendations.mining.condensed import closed, maximal
from recommendations.mining.itemsets import Itemsets, itemsets
from tests.mining import laws

OURS = pytest.mark.parametrize("engine", ["native", "fallback"])
EXPLOSIVE = [list(range(1, 61))] * 30 + [[1, 2], [2, 3], [3]] * 30


def same(left, right):
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in ("offsets", "items", "counts"))


def test_three_baskets_by_eye():
    found = itemsets(Baskets.of([[1, 2], [1, 2, 3], [3]]), min_count=2)
    assert found.as_sets() == [frozenset(items) for items in found.as_lists()]
    assert list(zip(found.as_lists(), found.counts.tolist(), strict=True)) == [
        ([1], 2),
        ([1, 2], 2),
        ([2], 2),
        ([3], 2),
    ]


@settings(max_examples=40, deadline=None)
@given(laws.BASKETS)
def test_both_engines_give_the_same_arrays_in_the_same_order(baskets):
    given_baskets = Baskets.of(baskets)
    native, fallback = (itemsets(given_baskets, min_count=2, engine=engine) for engine in ("native", "fallback"))
    assert same(native, fallback)
    assert [native.offsets.dtype, native.items.dtype, native.counts.dtype] == [np.int64, np.int64, np.int64]


def test_the_search_goes_on_after_every_interruption(monkeypatch):
    baskets = Baskets.of(laws.realistic(2_000, seed=1))
    whole = itemsets(baskets, min_count=5, engine="native")
    monkeypatch.setattr(itemset_native, "STEPS", 50)
    monkeypatch.setattr(itemset_native, "SCRATCH", 1)
    monkeypatch.setattr(itemset_native, "SPARE", 3)
    assert same(itemsets(baskets, min_count=5, engine="native"), whole)


@settings(max_examples=60, deadline=None)
@given(laws.BASKETS)
def test_closed_and_maximal_equal_brute_force(baskets):
    found = itemsets(Baskets.of(baskets), min_count=2)
    counts = laws.as_dict(found)
    larger = {items: [other for other in counts if set(items) < set(other)] for items in counts}
    assert laws.as_dict(maximal(found)) == {items: counts[items] for items in counts if not larger[items]}
    assert laws.as_dict(closed(found)) == {
        items: counts[items] for items in counts if all(counts[other] < counts[items] for other in larger[items])
    }


def test_closed_and_maximal_need_all_subsets():
    with pytest.raises(ValueError, match="missing"):
        maximal(Itemsets(np.array([0, 2]), np.array([1, 2], dtype=np.int32), np.array([3])))
    with pytest.raises(ValueError, match="twice"):
        closed(Itemsets(np.array([0, 1, 2]), np.array([1, 1], dtype=np.int32), np.array([3, 3])))


@OURS
def test_too_little_memory_ends_with_a_count_that_fits(engine):
    budget = Budget(seconds=8, bytes=2_000_000)
    with pytest.raises(MiningBudget, match=r"memory.*was tried and fits") as refused:
        itemsets(Baskets.of(EXPLOSIVE), min_count=20, budget=budget, engine=engine)
    fits = refused.value.min_count
    assert fits is not None
    assert 30 < fits <= 60
    assert len(itemsets(Baskets.of(EXPLOSIVE), min_count=fits, budget=budget, engine=engine))


@OURS
def test_too_little_time_ends_soon(engine):
    began = time.monotonic()
    with pytest.raises(MiningBudget, match=r"1\.0 seconds"):
        itemsets(Baskets.of(EXPLOSIVE), min_count=20, budget=Budget(seconds=1, bytes=2**40), engine=engine)
    assert time.monotonic() - began < 6


def test_where_nothing_fits_no_count_is_named():
    ticks = count()
    with pytest.raises(MiningBudget, match="no larger count") as refused:
        itemsets(Baskets.of([[1, 2]] * 9), min_count=1, budget=Budget(0.5, 10**9, clock=lambda: float(next(ticks))))
    assert refused.value.min_count is None


@pytest.mark.parametrize(("field", "options"), [("min_count", {"min_count": 0}), ("max_length", {"max_length": 0})])
def test_impossible_limits_are_named(field, options):
    with pytest.raises(InvalidInput, match=field):
        itemsets(Baskets.of([[1]]), **{"min_count": 1, **options})


def test_without_numba_much_is_counted_by_the_fallback(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert choice.native("pair_native", work=10**9, engine=None) is None
    with pytest.raises(MissingPackage, match=r"django-basketry\[fast\]"):
        choice.native("pair_native", work=1, engine="native")


def test_a_numba_that_does_not_work_is_told_of_and_done_without(monkeypatch, caplog):
    def refuse(name):
        raise RuntimeError("no locator available")

    monkeypatch.setattr(choice.importlib, "import_module", refuse)
    assert choice.native("pair_native", work=10**9, engine=None) is None
    assert "no locator" in caplog.text
    with pytest.raises(MissingPackage, match="no locator"):
        choice.native("pair_native", work=1, engine="native")


def test_much_work_goes_to_the_native_engine():
    assert choice.native("itemset_native", work=choice.WORTH, engine=None) is itemset_native
    assert choice.native("itemset_native", work=choice.WORTH - 1, engine=None) is None
    assert itemsets_module.itemset_fallback is itemset_fallback
