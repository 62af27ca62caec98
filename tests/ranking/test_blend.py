import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.ranking.blend import best_first, boosted, merged, reciprocal_ranks, with_pins
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


def test_ranks_are_one_scale_for_scores_of_any_kind():
    candidates = tiny({1: 1, 2: 1, 3: 1})
    allowed = np.array([True, True, False])
    assert reciprocal_ranks(np.array([-7.5, -2.0, 9.0]), candidates, allowed).tolist() == [0.5, 1.0, 0.0]
    assert reciprocal_ranks(np.array([1e9, 2e9, 0.0]), candidates, allowed).tolist() == [0.5, 1.0, 0.0]


def test_each_item_is_of_the_source_that_says_most_of_it():
    scores, part_of = merged([np.array([1.0, 0.5, 0.0]), np.array([0.0, 1.0, 0.0])], [0.5, 0.25])
    assert scores.tolist() == pytest.approx([2 / 3, 2 / 3, 0.0])
    assert part_of.tolist() == [0, 0, 0]
    assert merged([np.array([0.4]), np.array([1.0])], [0.5, 0.25])[1].tolist() == [1]


@given(st.lists(st.integers(1, 10), min_size=1, max_size=4), st.integers(1, 40))
def test_a_weight_is_a_share_of_the_list(tenths, length):
    """Where no two strategies propose the same item, each has its share of any beginning of the list."""
    of_each = 60
    candidates = tiny(dict.fromkeys(range(1, of_each * len(tenths) + 1), 1))
    ranked = []
    for number in range(len(tenths)):
        own = np.arange(len(candidates)) // of_each == number
        ranked.append(reciprocal_ranks(-np.arange(len(candidates), dtype=float), candidates, own))
    scores, part_of = merged(ranked, [weight / 10 for weight in tenths])
    begun = part_of[best_first(scores, candidates, everything(candidates))[:length]]
    shares = np.bincount(begun, minlength=len(tenths)) / length
    assert shares == pytest.approx(np.array(tenths) / sum(tenths), abs=len(tenths) / length)


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_the_order_of_the_sources_changes_no_score(first, second):
    candidates = tiny(dict.fromkeys(range(1, 7), 1))
    ranked = [
        reciprocal_ranks(np.array(one, dtype=float), candidates, everything(candidates)) for one in (first, second)
    ]
    there, back = merged(ranked, [0.7, 0.3])[0], merged(ranked[::-1], [0.3, 0.7])[0]
    assert there == pytest.approx(back)
    assert merged([ranked[0], ranked[0]], [0.7, 0.3])[0] == pytest.approx(ranked[0]), "the same twice is itself"
