import numpy as np
import pytest

from recommendations.data.baskets import Baskets
from recommendations.mining.linear import learn

BASKETS = Baskets.of([[2, 5], [2, 5, 9], [5, 9], [2, 7], [7, 9], [2, 5, 7]])


def dense(found):
    weights = np.zeros((len(found.item_ids), len(found.item_ids)))
    for item in range(len(found.item_ids)):
        span = slice(found.offsets[item], found.offsets[item + 1])
        weights[item, found.partners[span]] = found.values[span]
    return weights


def regressed(baskets, weights, ridge):
    """Column by column: the ridge regression of an item on all others."""
    items = np.unique(baskets.items)
    rows = np.array(
        [
            [item in baskets.items[a:b] for item in items]
            for a, b in zip(baskets.offsets, baskets.offsets[1:], strict=False)
        ]
    )
    rows = rows * np.sqrt(weights)[:, None]
    expected = np.zeros((len(items), len(items)))
    for own in range(len(items)):
        others = np.delete(np.arange(len(items)), own)
        x = rows[:, others]
        expected[others, own] = np.linalg.solve(x.T @ x + ridge * np.eye(len(others)), x.T @ rows[:, own])
    return expected


def test_each_column_is_the_ridge_regression_of_an_item_on_all_others():
    weights = np.array([1.0, 0.5, 1.0, 2.0, 1.0, 0.25])
    found = learn(BASKETS, weights, ridge=0.7)
    assert found.item_ids.tolist() == [2, 5, 7, 9]
    assert dense(found) == pytest.approx(regressed(BASKETS, weights, 0.7), abs=1e-6)


def test_only_the_most_sold_have_weights_and_they_speak_for_all():
    found = learn(BASKETS, np.ones(6), ridge=0.7, heads=2)
    weights = dense(found)
    assert np.flatnonzero(weights.any(axis=1)).tolist() == [0, 1]
    x = np.array([[1, 1], [1, 1], [0, 1], [1, 0], [0, 0], [1, 1]], dtype=float)
    nine = np.array([0, 1, 1, 0, 1, 0], dtype=float)
    assert weights[:2, 3] == pytest.approx(np.linalg.solve(x.T @ x + 0.7 * np.eye(2), x.T @ nine), abs=1e-6)


def test_the_largest_weights_are_kept():
    whole, few = dense(learn(BASKETS, np.ones(6), ridge=0.7)), dense(learn(BASKETS, np.ones(6), ridge=0.7, kept=1))
    assert (np.count_nonzero(few, axis=1) == 1).all()
    assert np.abs(few).max(axis=1) == pytest.approx(np.abs(whole).max(axis=1))


def test_without_baskets_there_are_no_weights():
    assert len(learn(Baskets.of([]), np.zeros(0), ridge=1.0).partners) == 0


@pytest.mark.parametrize("wrong", [{"ridge": 0.0}, {"heads": 0}, {"kept": 0}])
def test_a_parameter_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        learn(BASKETS, np.ones(6), **{"ridge": 1.0, **wrong})
