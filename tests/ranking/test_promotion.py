import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.ranking.promotion import chances, draw, position, slots

WEIGHTS = st.lists(st.floats(0.01, 100), max_size=12)


@pytest.mark.parametrize(("share", "limit", "found"), [(0, 8, 0), (0.1, 8, 0), (0.25, 8, 2), (0.3, 10, 3), (1, 8, 8)])
def test_a_share_is_rounded_down_to_places(share, limit, found):
    assert slots(share, limit) == found


def test_promoted_items_are_spread_over_the_list():
    assert [position(number, 0.25) for number in (1, 2)] == [4, 8]
    assert [position(number, 1.0) for number in (1, 2)] == [1, 2]


@given(st.floats(0.01, 1), st.integers(1, 100))
def test_each_place_is_within_the_list_and_no_two_are_one(share, limit):
    places = [position(number, share) for number in range(1, slots(share, limit) + 1)]
    assert len(set(places)) == len(places)
    assert all(1 <= place <= limit for place in places)


def test_chances_are_in_proportion_to_the_weights():
    assert chances([1, 2, 1], 1).tolist() == [0.25, 0.5, 0.25]
    assert chances([8, 1, 1], 2).tolist() == [1.0, 0.5, 0.5]
    assert chances([5, 1], 2).tolist() == [1.0, 1.0]


@given(WEIGHTS, st.integers(0, 12))
def test_chances_add_up_to_the_places(weights, most):
    found = chances(weights, most)
    assert ((found >= 0) & (found <= 1)).all()
    assert found.sum() == pytest.approx(min(most, len(weights)))


@given(WEIGHTS, st.integers(1, 12), st.integers(0, 2**64))
def test_as_many_different_items_are_drawn_as_there_are_places(weights, most, seed):
    drawn = draw(chances(weights, most), np.random.default_rng(seed))
    assert len(set(drawn)) == len(drawn) == min(most, len(weights))


def test_each_is_drawn_as_often_as_it_is_said():
    told = chances([6, 3, 2, 1], 2)
    times = np.zeros(4)
    for seed in range(4_000):
        times[draw(told, np.random.default_rng(seed))] += 1
    assert times / 4_000 == pytest.approx(told, abs=0.03)


def test_the_same_number_draws_the_same():
    told = chances([1] * 9, 3)
    assert draw(told, np.random.default_rng(7)) == draw(told, np.random.default_rng(7))
