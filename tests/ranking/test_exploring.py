"""New items are tried the more, the more they promise."""

import numpy as np

from recommendations.ranking.exploring import UNIFORM, in_drawn_order, shares


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


def test_the_order_is_drawn_in_proportion():
    rng = np.random.default_rng(7)
    chances = np.array([0.6, 0.3, 0.1])
    first = np.bincount([in_drawn_order(chances, rng)[0] for _ in range(5_000)], minlength=3) / 5_000
    np.testing.assert_allclose(first, chances, atol=0.03)
