import numpy as np
import pytest

from recommendations.evaluation import intervals


def draw():
    return np.random.default_rng(0)


def test_the_interval_of_a_mean_holds_the_normal_one():
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = intervals.mean(values, rng=draw())
    width = 1.96 * values.std() / 20
    assert found.value == values.mean()
    assert found.low == pytest.approx(values.mean() - width, abs=0.03)
    assert found.high == pytest.approx(values.mean() + width, abs=0.03)


def test_a_ratio_is_of_the_means_and_paired_by_shopper():
    theirs = np.random.default_rng(1).random(50)
    assert intervals.ratio(2 * theirs, theirs, rng=draw()) == pytest.approx((2, 2, 2))
    mixed = intervals.ratio(theirs[::-1], theirs, rng=draw())
    assert mixed.value == pytest.approx(1)
    assert mixed.low < 1 < mixed.high


def test_against_nothing_a_ratio_is_endless_and_two_nothings_are_alike():
    nothing = np.zeros(3)
    assert intervals.ratio(np.ones(3), nothing, rng=draw()) == (np.inf,) * 3
    assert intervals.ratio(nothing, nothing, rng=draw()) == (1, 1, 1)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="same shoppers"):
        intervals.ratio(np.ones(2), np.ones(3), rng=draw())
    with pytest.raises(ValueError, match="at least one shopper"):
        intervals.mean(np.zeros(0), rng=draw())
    with pytest.raises(ValueError, match="draws must be at least 1"):
        intervals.mean(np.ones(2), rng=draw(), draws=0)
