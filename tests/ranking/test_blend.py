import numpy as np
import pytest

from recommendations.ranking.blend import best_first, boosted, with_pins
from tests.ranking.tiny import tiny


def everything(candidates):
    return np.ones(len(candidates), dtype=np.bool_)


def test_scores_fall_and_equal_ones_go_by_orders_then_by_id():
    candidates = tiny({1: 5, 2: 9, 3: 9, 4: 1})
    order = best_first(np.array([1.0, 1.0, 1.0, 2.0]), candidates, everything(candidates))
    assert candidates.item_ids[order].tolist() == [4, 2, 3, 1]


def test_what_is_not_allowed_is_left_out():
    candidates = tiny({1: 5, 2: 9})
    assert best_first(np.array([1.0, 2.0]), candidates, np.array([True, False])).tolist() == [0]


def test_a_boost_multiplies_and_raises_a_score_below_zero_too():
    candidates = tiny({1: 1, 2: 1, 3: 1})
    raised = boosted(np.array([2.0, -2.0, 1.0]), candidates, [(1, 4.0), (2, 4.0), (99, 4.0)])
    assert raised.tolist() == [8.0, -0.5, 1.0]


@pytest.mark.parametrize(
    ("pinned", "shelf"),
    [
        ([], ["a", "b", "c", "d"]),
        ([("P", 1)], ["P", "a", "b", "c"]),
        ([("P", 3)], ["a", "b", "P", "c"]),
        ([("P", None)], ["P", "a", "b", "c"]),
        ([("P", None), ("Q", 1)], ["Q", "P", "a", "b"]),
        ([("P", 1), ("Q", 1)], ["P", "Q", "a", "b"]),
        ([("P", 1), ("Q", 3)], ["P", "a", "Q", "b"]),
        ([("P", 100)], ["a", "b", "c", "d"]),
    ],
)
def test_pins_stand_where_staff_put_them(pinned, shelf):
    assert with_pins(pinned, ["a", "b", "c", "d"], 4) == shelf


def test_a_pin_behind_the_end_of_a_short_list_is_its_end():
    assert with_pins([("P", 8)], ["a"], 4) == ["a", "P"]
