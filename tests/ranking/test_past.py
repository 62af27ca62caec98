import numpy as np
import pytest

from recommendations.ranking.past import ABSENT, HALF_LIVES, PAST_COLUMNS, past_of


def past(*purchases, now=100.0):
    """Of (item, day, order), oldest first."""
    items, days, orders = zip(*purchases, strict=True)
    return past_of(np.array(items, dtype=np.int32), np.array(days, dtype=float), np.array(orders), now)


def test_an_item_bought_every_ten_days_has_that_gap_and_no_spread():
    found = past((5, 70, 1), (5, 80, 2), (5, 90, 3))
    assert (found.items.tolist(), found.counts.tolist()) == ([5], [3])
    assert (found.first[0], found.last[0], found.gap[0], found.spread[0]) == (30, 10, 10, 0)


def test_uneven_steps_have_their_standard_deviation_as_spread():
    assert past((5, 60, 1), (5, 70, 2), (5, 100, 3)).spread[0] == pytest.approx(np.std([10, 30]))


def test_a_single_purchase_has_no_gap():
    found = past((5, 90, 1))
    assert np.isnan(found.gap[0])
    assert (found.orders, found.order_gap, found.idle, found.known) == (1, 0, 10, 10)


def test_a_purchase_counts_half_after_each_half_life():
    found = past((5, 70, 1), (5, 100, 2))
    assert found.decayed[0, HALF_LIVES.index(30.0)] == pytest.approx(1.5)


def test_orders_are_counted_since_the_last_and_since_the_first_one_with_the_item():
    found = past((5, 60, 1), (6, 60, 1), (6, 70, 2), (7, 80, 3))
    assert found.items.tolist() == [5, 6, 7]
    assert found.orders_since.tolist() == [2, 1, 0]
    assert found.orders_seen.tolist() == [3, 3, 1]
    assert found.in_last_order.tolist() == [False, False, True]
    assert (found.orders, found.lines, found.order_gap) == (3, 4, 10)


def test_columns_are_finite_as_many_as_said_and_take_the_usual_gap_where_there_is_none():
    found = past((5, 90, 1), (6, 60, 1), (6, 80, 2))
    columns = found.columns(np.array([30.0, 30.0], dtype=np.float32))
    assert columns.shape == (2, PAST_COLUMNS) == (2, len(ABSENT))
    assert np.isfinite(columns).all()
    assert np.isfinite(found.shopper_columns()).all()
    assert columns[0, 17] == pytest.approx(np.log1p(30))
    assert columns[1, 17] == pytest.approx(np.log1p(20))


def test_a_purchase_after_the_moment_is_no_older_than_nothing():
    assert past((5, 101, 1)).last[0] == 0


def test_without_a_purchase_there_is_no_past():
    with pytest.raises(ValueError, match="items must hold at least one purchase"):
        past_of(np.array([], dtype=np.int32), np.array([]), np.array([], dtype=np.int64), 1.0)


def test_each_purchase_tells_its_item_and_its_order():
    past = past_of(np.array([7, 5, 7], dtype=np.int32), np.array([1.0, 1.0, 4.0]), np.array([1, 1, 9]), 10.0)
    assert past.items[past.places].tolist() == [5, 7, 7]
    assert past.visits.tolist() == [0, 0, 1]
    assert past.visit_ages.tolist() == [9.0, 6.0]
