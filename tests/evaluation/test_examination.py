"""Position and propensity are told apart from what an item is worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.evaluation.examination import LEAST, MOST_WEIGHT, examination, judged, prior, weight

RANKS = 6
TRUE = np.array([1.0, 0.5, 0.35, 0.2, 0.15, 0.1])


def log(liked, places, *, times, seed):
    """Clicks of lists that show item i at rank k `places[i, k] * times` times."""
    shown = (np.asarray(places) * times).astype(np.int64)
    rng = np.random.default_rng(seed)
    return shown, rng.binomial(shown, liked[:, None] * TRUE)


def by_rank(shown, clicks, examined):
    items, ranks = np.nonzero(shown)
    counts = shown[items, ranks].astype(float)
    return judged(items, counts, counts, clicks[items, ranks].astype(float), examined[ranks], number=len(shown))


def test_what_was_shown_at_several_ranks_tells_how_the_ranks_are_looked_at():
    liked = np.linspace(0.02, 0.3, 40)
    rng = np.random.default_rng(1)
    places = rng.dirichlet(np.ones(RANKS), size=40)
    shown, clicks = log(liked, places, times=20_000, seed=2)
    np.testing.assert_allclose(examination(shown, clicks), TRUE, rtol=0.06)


def test_the_weighted_estimate_finds_the_true_order_where_naive_click_rates_do_not():
    """The worse an item, the higher it stood: position alone makes the worst look best."""
    liked = np.linspace(0.05, 0.3, 12)
    places = np.full((12, RANKS), 0.02)
    places[np.arange(12), np.arange(12) * RANKS // 12] = 0.9
    shown, clicks = log(liked, places, times=200_000, seed=3)
    naive = clicks.sum(axis=1) / shown.sum(axis=1)
    assert not (np.argsort(naive) == np.arange(12)).all()
    examinations, rewards = by_rank(shown, clicks, examination(shown, clicks))
    assert (np.argsort(rewards / examinations) == np.arange(12)).all()
    np.testing.assert_allclose(rewards / examinations, liked, rtol=0.05)


def test_one_that_was_shown_at_one_rank_alone_teaches_nothing_of_ranks():
    shown = np.array([[1_000, 0, 0], [0, 1_000, 0]])
    np.testing.assert_allclose(examination(shown, np.array([[10, 0, 0], [0, 500, 0]])), prior(3))


def test_few_clicks_hardly_move_what_was_believed_before():
    shown = np.array([[10, 10]])
    once = examination(shown, np.array([[1, 0]]))[1]
    assert prior(2)[1] * 0.93 < once < prior(2)[1]
    assert examination(10_000 * shown, np.array([[9_000, 900]]))[1] == pytest.approx(0.1, rel=0.03)


def test_what_is_believed_before_may_come_from_elsewhere():
    nothing = np.zeros((0, 3), dtype=np.int64)
    np.testing.assert_allclose(examination(nothing, nothing, before=np.array([0.5, 0.1, 0.05])), [1.0, 0.2, 0.1])


@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(0, 6))
def test_it_is_a_probability_and_the_first_rank_is_the_measure(seed, ranks, items):
    rng = np.random.default_rng(seed)
    shown = rng.integers(0, 50, (items, ranks))
    examined = examination(shown, rng.binomial(shown, 0.3))
    assert examined[0] == 1.0
    assert ((examined >= LEAST) & (examined <= 1.0)).all()


@pytest.mark.parametrize(("shown", "clicks"), [((2, 3), (2, 2)), ((3,), (3,)), ((2, 0), (2, 0))])
def test_shapes_must_fit(shown, clicks):
    with pytest.raises(ValueError, match=r"\[n, k\]"):
        examination(np.ones(shown, dtype=np.int64), np.ones(clicks, dtype=np.int64))


def test_a_click_on_what_was_not_shown_is_a_mistake():
    with pytest.raises(ValueError, match="clicks must be 0"):
        examination(np.array([[1, 0]]), np.array([[0, 1]]))


def test_weights_are_inverse_and_clipped():
    assert [weight(p) for p in (1.0, 0.5, 0.001)] == [1.0, 2.0, MOST_WEIGHT]


def test_propensities_undo_who_was_shown_an_item():
    """Half of the shoppers love it and always see it, the others see it one time in ten: all count alike."""
    loving, others = 1_000.0, 100.0
    weights, squares = np.array([loving, others / 0.1]), np.array([loving, others / 0.01])
    rewards = np.array([loving * 0.4, others / 0.1 * 0.0])
    zeros = np.zeros(2, dtype=np.int64)
    examinations, brought = judged(zeros, weights, squares, rewards, np.ones(2), number=2)
    assert brought[0] / examinations[0] == pytest.approx(0.2), "and not the 0.36 of all impressions"
    assert examinations[0] == pytest.approx(2_000**2 / 11_000), "weights make a sample worth less"
    assert (examinations[1], brought[1]) == (0.0, 0.0)
