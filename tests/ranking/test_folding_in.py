import numpy as np
import pytest

from recommendations.ranking.folding_in import Folding, fold_in, moved_gram

RNG = np.random.default_rng(0)
ITEMS = RNG.normal(size=(30, 6))
GRAM = ITEMS.T @ ITEMS


def slow_vector(bought, weights, *, ridge, unobserved):
    """Weighted ridge regression over every item: 1 where bought, 0 elsewhere."""
    confidence, wanted = np.full(len(ITEMS), unobserved), np.zeros(len(ITEMS))
    confidence[bought] += weights
    wanted[bought] = 1.0
    left = ITEMS.T @ np.diag(confidence) @ ITEMS + ridge * np.eye(6)
    return np.linalg.inv(left) @ ITEMS.T @ np.diag(confidence) @ wanted


def test_one_solve_is_the_regression_over_the_whole_catalogue():
    bought, weights = np.array([2, 7, 11]), np.array([1.0, 0.5, 4.0])
    ours = fold_in(ITEMS[bought], weights, gram=GRAM, ridge=0.3, unobserved=0.4)
    assert ours == pytest.approx(slow_vector(bought, weights, ridge=0.3, unobserved=0.4))


def test_in_one_dimension_it_is_a_fraction():
    assert fold_in([[2.0]], [3.0], gram=[[5.0]], ridge=1.0) == pytest.approx([(1 + 3) * 2 / (5 + 1 + 3 * 4)])


def test_one_event_at_a_time_is_the_full_solve():
    folded = Folding.empty(GRAM, ridge=0.3, unobserved=0.4).begin()
    bought, weights = RNG.choice(30, 12, replace=False), RNG.random(12) * 5
    for item, weight in zip(bought, weights, strict=True):
        folded = folded.with_item(ITEMS[item], weight)
    assert folded.vector == pytest.approx(fold_in(ITEMS[bought], weights, gram=GRAM, ridge=0.3, unobserved=0.4))


def test_more_of_an_item_adds_to_its_weight_and_can_be_taken_back():
    empty = Folding.empty(GRAM, ridge=0.3).begin()
    one = empty.with_item(ITEMS[4], 1.0)
    more = one.with_more(ITEMS[4], 2.0)
    assert more.vector == pytest.approx(fold_in(ITEMS[[4]], [3.0], gram=GRAM, ridge=0.3))
    assert more.with_more(ITEMS[4], -2.0).vector == pytest.approx(one.vector)


def test_a_thousand_events_do_not_drift():
    folded = Folding.empty(GRAM, ridge=0.3).begin()
    weights = np.zeros(30)
    for item in RNG.integers(0, 30, 1_000):
        folded = (folded.with_more if weights[item] else folded.with_item)(ITEMS[item], 0.1)
        weights[item] += 0.1
    bought = np.flatnonzero(weights)
    assert folded.vector == pytest.approx(fold_in(ITEMS[bought], weights[bought], gram=GRAM, ridge=0.3), abs=1e-9)


def test_nothing_bought_gives_no_taste():
    assert (fold_in(np.zeros((0, 6)), [], gram=GRAM, ridge=1.0) == 0).all()
    assert (Folding.empty(GRAM, ridge=1.0).begin().vector == 0).all()


def test_the_gram_of_moved_rows_is_that_of_all_rows():
    after = ITEMS.copy()
    after[[3, 9]] = RNG.normal(size=(2, 6))
    assert moved_gram(GRAM, ITEMS[[3, 9]], after[[3, 9]]) == pytest.approx(after.T @ after)
    new = RNG.normal(size=(1, 6))
    assert moved_gram(GRAM, np.zeros((1, 6)), new) == pytest.approx(GRAM + new.T @ new)


def test_a_gram_is_not_changed_by_being_used():
    gram = GRAM.copy()
    fold_in(ITEMS[[1]], [1.0], gram=gram, ridge=1.0)
    assert (gram == GRAM).all()


@pytest.mark.parametrize("values", [{"ridge": 0.0}, {"ridge": 1.0, "unobserved": 0.0}])
def test_a_value_out_of_range_is_told(values):
    with pytest.raises(ValueError, match="must be above 0"):
        fold_in(ITEMS[[1]], [1.0], gram=GRAM, **values)
