"""What a shopper's habit of buying from a group says of its items."""

import numpy as np
import pytest

from recommendations.ranking.kinds import GROUPS, HABIT_COLUMNS, KIND_COLUMNS, Kinds
from recommendations.ranking.past import past_of

MILK, OAT_MILK, SOAP, UNKNOWN, BREAD = range(5)
KINDS = Kinds(
    np.array([[0, -1, -1], [0, -1, -1], [1, -1, -1], [-1, -1, -1], [2, -1, -1]], dtype=np.int32),
    np.zeros(5, dtype=np.float32),
    np.zeros((5, 0), dtype=np.float32),
)


def habits(items, days, *, orders=None, now=100.0, of=(MILK, OAT_MILK, SOAP, UNKNOWN, BREAD)):
    """float[len(of), 9] of the first grouping, of a shopper who bought `items` on `days`."""
    number = np.arange(len(items)) if orders is None else np.array(orders)
    past = past_of(np.array(items, dtype=np.int32), np.array(days, dtype=float), number, now)
    asked = np.array(of)
    place = np.minimum(np.searchsorted(past.items, asked), len(past) - 1)
    own = np.where(past.items[place] == asked, place, -1)
    found = KINDS.columns(past, asked, own, np.zeros((5, GROUPS), dtype=np.float32))
    assert found.shape == (len(of), KIND_COLUMNS)
    return found[:, KIND_COLUMNS - GROUPS * HABIT_COLUMNS :][:, :HABIT_COLUMNS]


def test_a_shopper_is_due_for_milk_of_any_brand():
    found = habits([MILK, OAT_MILK, MILK, SOAP], [60, 70, 80, 99])
    orders, _, _, _, due, gap, since, _, _ = found.T
    assert orders[[MILK, OAT_MILK]] == pytest.approx(np.log1p(3))
    assert due[[MILK, OAT_MILK]] == pytest.approx(np.log(21 / 11)), "every ten days, and twenty have passed"
    assert gap[MILK] == pytest.approx(np.log1p(10))
    assert since[[MILK, SOAP]] == pytest.approx(np.log1p([1, 0]))


def test_loyalty_is_the_part_of_the_group_that_one_item_takes():
    found = habits([MILK, OAT_MILK, MILK, MILK], [99, 99, 99, 99])
    assert found[[MILK, OAT_MILK], -1] == pytest.approx(np.log([0.76, 0.26]))
    assert found[MILK, -2] == pytest.approx(found[MILK, -1])


def test_two_of_a_group_in_one_order_are_one_visit():
    found = habits([MILK, OAT_MILK], [90, 90], orders=[4, 4])
    assert found[MILK, 0] == pytest.approx(np.log1p(1))


def test_without_a_group_or_purchases_of_it_there_is_no_habit():
    found = habits([MILK, UNKNOWN], [80, 90])
    assert np.array_equal(found[UNKNOWN], found[BREAD])
    assert found[BREAD, 0] == 0
    assert np.array_equal(habits([UNKNOWN], [90])[MILK], habits([UNKNOWN], [90])[UNKNOWN])
