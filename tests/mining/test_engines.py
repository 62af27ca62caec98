import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.conf import OPTIONS
from recommendations.data.baskets import Baskets
from recommendations.exceptions import MissingPackage
from recommendations.mining.engines import ENGINES

BASKETS = st.lists(st.sets(st.integers(1, 15), max_size=6).map(sorted), min_size=1, max_size=20)


@settings(deadline=None, max_examples=40)
@given(BASKETS, st.integers(1, 4), st.none() | st.integers(1, 3))
def test_all_engines_give_the_same_itemsets(baskets, min_count, longest):
    pytest.importorskip("mlxtend")
    found = [engine(Baskets.of(baskets), min_count=min_count, max_length=longest) for engine in ENGINES.values()]
    for other in found[1:]:
        for name in ("offsets", "items", "counts"):
            np.testing.assert_array_equal(getattr(other, name), getattr(found[0], name))
            assert getattr(other, name).dtype == np.int64


def test_the_setting_allows_the_engines_there_are():
    option = OPTIONS["MINING_ENGINE"]
    assert option.default in ENGINES
    assert [option.problem(name) for name in ENGINES] == [None] * len(ENGINES)
    assert option.problem("fortune") == f"must be one of {', '.join(ENGINES)}"


@pytest.mark.parametrize("name", ["mlxtend-fpgrowth", "mlxtend-apriori"])
@pytest.mark.parametrize("package", ["mlxtend.frequent_patterns", "pandas"])
def test_a_missing_package_is_named_with_how_to_get_it(monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackage, match=rf'{name} needs mlxtend: pip install "django-basketry\[mlxtend\]"'):
        ENGINES[name](Baskets.of([[1]]), min_count=1)


def test_our_own_engine_needs_neither(monkeypatch):
    for package in ("mlxtend", "pandas"):
        monkeypatch.setitem(sys.modules, package, None)
    assert len(ENGINES["native"](Baskets.of([[1, 2]]), min_count=1).counts) == 3
