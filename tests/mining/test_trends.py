"""What rises and what is bought again: few orders claim nothing, the shop's own rise counts for none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from recommendations.mining.trends import LEAST_RECENT, repeat_shares, rise

COUNTS = st.integers(0, 5_000)


def risen(recent, earlier, *, buyers=None, totals=(1_000, 4_000)):
    columns = [np.array([value], dtype=np.int64) for value in (recent, earlier, recent if buyers is None else buyers)]
    return float(rise(*columns, recent_total=totals[0], earlier_total=totals[1])[0])


def test_a_rise_is_told_by_its_low_end():
    # Four times as often as usual, of which the counts allow 2.07 at least.
    assert risen(24, 24) == pytest.approx(2.07, abs=0.01)
    assert risen(2_400, 2_400) == pytest.approx(3.8, abs=0.1)


def test_the_bound_is_that_of_a_binomial_share():
    low = binomtest(24, 48).proportion_ci(0.98, method="wilson").low
    assert risen(24, 24) == pytest.approx(low / (1 - low) * 4, rel=1e-3)


def test_what_sells_as_usual_does_not_rise_however_much_it_sells():
    assert risen(10_000, 40_000, totals=(100_000, 400_000)) < 1


def test_a_rise_of_the_whole_shop_is_no_items_rise():
    """Each item sells four times as much as usual, as everything does."""
    assert risen(400, 400, totals=(4_000, 4_000)) < 1


def test_few_orders_or_few_buyers_claim_nothing():
    assert risen(LEAST_RECENT - 1, 0) == 0
    assert risen(500, 0, buyers=LEAST_RECENT - 1) == 0
    assert risen(LEAST_RECENT, 0) > 0


def test_a_shop_of_one_week_has_nothing_to_compare_with():
    assert risen(50, 0, totals=(100, 0)) == risen(0, 50, totals=(0, 100)) == 0


@given(recent=COUNTS, earlier=COUNTS, more=st.integers(1, 500))
def test_more_orders_now_never_lower_a_rise_and_more_before_never_raise_it(recent, earlier, more):
    here = risen(recent, earlier)
    assert risen(recent + more, earlier) >= here - 1e-9
    assert risen(recent, earlier + more) <= here + 1e-9


@given(recent=COUNTS, earlier=st.integers(1, 5_000))
def test_the_bound_is_finite_and_below_what_was_seen(recent, earlier):
    bound = risen(recent, earlier)
    assert 0 <= bound <= max(recent / earlier * 4, 0)


def test_repeat_shares_lean_on_the_shop_where_few_are_known():
    shares = repeat_shares(np.array([1_000, 2, 0]), np.array([100, 2, 0]))
    mean = 102 / 1_002
    assert shares == pytest.approx([(100 + 20 * mean) / 1_020, (2 + 20 * mean) / 22, mean])


def test_nobody_known_repeats_nothing():
    assert repeat_shares(np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)).tolist() == [0, 0]
