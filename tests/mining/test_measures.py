import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recommendations.data.baskets import Baskets
from recommendations.mining.counts import count
from recommendations.mining.measures import WeightedPairs, measure
from recommendations.mining.pairs import SCALE

FIELDS = {
    "support": "support",
    "confidence": "confidence",
    "lift": "lift",
    "leverage": "leverage",
    "conviction": "conviction",
    "zhang": "zhangs_metric",
    "jaccard": "jaccard",
    "kulczynski": "kulczynski",
    "certainty": "certainty",
}


def arrays(*values):
    return [np.array(column, dtype=np.int64) for column in zip(*values, strict=True)]


def tables():
    """(n, n_a, n_b, N) that can be: n_a + n_b - n <= N."""
    return (
        st.tuples(*[st.integers(0, 60)] * 4)
        .filter(lambda cells: cells[0] + cells[1] and cells[0] + cells[2])
        .map(lambda cells: (cells[0], cells[0] + cells[1], cells[0] + cells[2], sum(cells)))
    )


@given(tables())
def test_measures_equal_those_of_mlxtend(table):
    mlxtend = pytest.importorskip("mlxtend.frequent_patterns")
    n, n_a, n_b, total = table
    measured = measure(*arrays((n, n_a, n_b)), total)
    frame = pd.DataFrame(
        {
            "support": np.array([n_a, n_b, n]) / total,
            "itemsets": [frozenset("a"), frozenset("b"), frozenset("ab")],
        }
    )
    with np.errstate(all="ignore"):
        theirs = mlxtend.association_rules(frame, metric="support", min_threshold=0.0)
    row = theirs[theirs["antecedents"] == frozenset("a")].iloc[0]
    for ours, name in FIELDS.items():
        assert getattr(measured, ours)[0] == pytest.approx(row[name], rel=1e-9, abs=1e-9), ours


@given(tables())
def test_measures_stay_in_their_ranges(table):
    n, n_a, n_b, total = table
    measured = measure(*arrays((n, n_a, n_b)), total)
    for name in ("support", "confidence", "jaccard", "cosine", "kulczynski"):
        assert 0 <= getattr(measured, name)[0] <= 1 + 1e-12, name
    assert -1 <= measured.zhang[0] <= 1
    assert -0.25 <= measured.leverage[0] <= 0.25
    assert measured.certainty[0] <= 1
    assert measured.conviction[0] >= 0
    signs = {np.sign(measured.leverage[0]), np.sign(measured.zhang[0])}
    assert signs in ({1.0}, {-1.0}, {0.0})


def test_measures_at_the_edges():
    # a always comes with b; then also b in every basket; then both in every basket; then never together.
    measured = measure(*arrays((4, 4, 6), (4, 4, 10), (10, 10, 10), (0, 4, 6)), 10)
    assert measured.conviction.tolist() == [np.inf, np.inf, np.inf, pytest.approx(0.4)]
    assert measured.certainty.tolist() == pytest.approx([1.0, 0.0, 0.0, -1.5])
    assert measured.zhang.tolist() == pytest.approx([2 / 3, 0.0, 0.0, -1.0])
    assert measured.lift.tolist() == pytest.approx([10 / 6, 1.0, 1.0, 0.0])
    assert measured.cosine.tolist() == pytest.approx([4 / 24**0.5, 4 / 40**0.5, 1.0, 0.0])


def weighted(baskets):
    counted = count(Baskets.of(baskets))
    at = [np.searchsorted(counted.item_ids, ids) for ids in (counted.pairs.low, counted.pairs.high)]
    return WeightedPairs(
        counted.pairs.share,
        counted.pairs.share_square,
        *(counted.item_orders[side] for side in at),
        size=counted.totals.size,
        size_multi=counted.totals.size_multi,
    )


def test_weighted_lift_by_eye():
    pairs = weighted([[1, 2], [1, 2, 3], [3]])
    # (1, 2): V = 1 + 1/2; E = 2 * 2 * (2 + 3) / 6^2.
    assert pairs.weight[0] == 1.5
    assert pairs.expected[0] == pytest.approx(20 / 36)
    assert pairs.lift[0] == pytest.approx(1.5 * 36 / 20)
    assert pairs.effective[0] == pytest.approx(1.5**2 / 1.25)
    assert pairs.effective_expected[0] == pytest.approx(20 / 36 * 1.5 / 1.25)


@given(st.lists(st.sets(st.integers(1, 8), max_size=6).map(sorted), max_size=30))
def test_expected_weights_add_up_to_the_weight_that_there_is(baskets):
    counted = count(Baskets.of(baskets))
    orders, totals = counted.item_orders.astype(float), counted.totals
    if totals.size:
        everything = orders.sum() ** 2 * totals.size_multi / totals.size**2
        # Each basket of L >= 2 holds L (L-1) ordered pairs of weight 1/(L-1).
        assert everything == pytest.approx(2 * counted.pairs.share.sum() / SCALE, rel=1e-6)


@given(st.integers(1, 500), st.floats(0.01, 100), st.floats(0.01, 0.5))
def test_the_lower_bound_of_equal_weights_is_the_exact_poisson_limit(orders, expected, alpha):
    pairs = WeightedPairs(*arrays((orders * SCALE, orders * SCALE, 100, 100)), size=100, size_multi=200)
    bound = pairs.lift_lower_bound(alpha=alpha)[0]
    assert 0 < bound < pairs.lift[0]
    assert stats.poisson.sf(orders - 1, bound * pairs.expected[0]) == pytest.approx(alpha, rel=1e-6)


def test_a_pair_never_seen_has_lift_and_bound_zero():
    pairs = WeightedPairs(*arrays((0, 0, 5, 7)), size=100, size_multi=90)
    assert pairs.lift.tolist() == pairs.lift_lower_bound().tolist() == pairs.effective.tolist() == [0.0]
    assert pairs.effective_expected.tolist() == pairs.expected.tolist()
