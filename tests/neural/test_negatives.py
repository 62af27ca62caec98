import numpy as np
import pytest

from recommendations.neural.negatives import Negatives

COUNTS = np.array([0, 1, 16])


def test_half_is_uniform_and_half_follows_dampened_popularity():
    negatives = Negatives.of(COUNTS, uniform=0.5, power=0.75)
    expected = 0.5 / 3 + 0.5 * np.array([0.0, 1.0, 8.0]) / 9
    assert np.exp(negatives.log_chance) == pytest.approx(expected)
    drawn = np.bincount(negatives.draw((300, 100), np.random.default_rng(0)).ravel(), minlength=3) / 30_000
    assert drawn == pytest.approx(expected, abs=0.01)


def test_all_uniform_and_nothing_bought_are_uniform():
    for negatives in (Negatives.of(COUNTS, uniform=1.0), Negatives.of(np.zeros(3, dtype=np.int64), uniform=0.0)):
        assert np.exp(negatives.log_chance) == pytest.approx(np.full(3, 1 / 3))


def test_values_out_of_range_are_told():
    with pytest.raises(ValueError, match="uniform and power be"):
        Negatives.of(COUNTS, uniform=1.5)
    with pytest.raises(ValueError, match="must hold an item"):
        Negatives.of(np.zeros(0, dtype=np.int64))
    with pytest.raises(ValueError, match="uniform must be above 0"):
        Negatives.of(COUNTS, uniform=0.0)
