"""New items are tried in proportion to what they promise, with probabilities that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.ranking.exploring import UNIFORM, drawn, in_drawn_order, inclusion, shares

CHANCES = st.lists(st.floats(1e-4, 1.0), min_size=1, max_size=12)


def test_without_knowledge_all_have_the_same_share():
    nothing = np.zeros(5)
    found = shares(nothing, nothing, np.full(5, 0.05), np.random.default_rng(1))
    np.testing.assert_allclose(found, 0.2, atol=0.05)


def test_the_surely_best_gets_all_but_the_uniform_part():
    found = shares(np.full(4, 5_000.0), np.array([50.0, 1_000, 50, 50]), np.full(4, 0.05), np.random.default_rng(1))
    np.testing.assert_allclose(found, [UNIFORM / 4, 1 - UNIFORM * 3 / 4, UNIFORM / 4, UNIFORM / 4])


def test_what_is_hardly_known_is_tried_more_than_what_is_known_to_be_as_good():
    found = shares(np.array([5_000.0, 0]), np.array([250.0, 0]), np.full(2, 0.05), np.random.default_rng(1))
    assert 0.3 < found[1] < 0.6
    assert shares(np.zeros(0), np.zeros(0), np.zeros(0), np.random.default_rng(1)).shape == (0,)


def test_a_better_category_promises_more():
    nothing = np.zeros(2)
    found = shares(nothing, nothing, np.array([0.2, 0.02]), np.random.default_rng(1))
    assert found[0] > 0.9


@given(CHANCES, st.integers(0, 12))
def test_inclusion_adds_up_and_keeps_the_order(chances, number):
    chances = np.array(chances)
    found = inclusion(chances, number)
    assert ((found >= 0) & (found <= 1)).all()
    assert found.sum() == pytest.approx(min(number, len(chances)))
    assert (np.diff(found[np.argsort(chances)]) >= -1e-9).all()


@given(CHANCES, st.integers(0, 12), st.integers(0, 10**6))
def test_as_many_are_drawn_as_asked_for_and_each_once(chances, number, seed):
    probabilities = inclusion(np.array(chances), number)
    places = drawn(probabilities, np.random.default_rng(seed))
    assert len(places) == min(number, len(chances))
    assert len(set(places.tolist())) == len(places)
    assert (probabilities[places] > 0).all()


def test_each_is_drawn_as_often_as_its_probability_says():
    probabilities = inclusion(np.array([0.5, 0.2, 0.1, 0.1, 0.06, 0.04]), 3)
    rng = np.random.default_rng(5)
    times = np.zeros(6)
    for _ in range(20_000):
        times[drawn(probabilities, rng)] += 1
    np.testing.assert_allclose(times / 20_000, probabilities, atol=0.012)


def test_nothing_is_drawn_from_nothing():
    assert not len(drawn(np.zeros(0), np.random.default_rng(1)))


def test_the_order_is_drawn_in_proportion():
    rng = np.random.default_rng(7)
    chances = np.array([0.6, 0.3, 0.1])
    first = np.bincount([in_drawn_order(chances, rng)[0] for _ in range(5_000)], minlength=3) / 5_000
    np.testing.assert_allclose(first, chances, atol=0.03)
