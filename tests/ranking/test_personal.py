import numpy as np

from recommendations.ranking import personal

ARRAYS = {
    "item_ids": np.array([10, 20, 30, 40]),
    "inputs": np.array([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=np.float32),
    "outputs": np.array([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=np.float32),
    "bias": np.array([0, 0, 0.1, 0], dtype=np.float32),
}


def best(history, weights):
    item_ids, scores = personal.score(ARRAYS, np.array(history), np.array(weights, dtype=np.float32))
    return item_ids[np.argsort(-scores)].tolist()


def test_what_is_bought_often_comes_first_and_then_what_the_network_likes():
    assert best([10], [3.0])[:2] == [10, 30]
    assert best([20, 10], [1.0, 5.0])[:3] == [10, 20, 30]


def test_items_that_the_network_never_saw_are_passed_over():
    assert best([99, 10, 5], [1.0, 1.0, 1.0])[0] == 10


def test_a_history_that_the_network_knows_nothing_of_has_no_score():
    assert personal.score(ARRAYS, np.array([99]), np.ones(1, dtype=np.float32)) is None


def test_scores_are_finite_when_everything_scores_alike():
    flat = {**ARRAYS, "outputs": np.zeros((4, 2), dtype=np.float32), "bias": np.zeros(4, dtype=np.float32)}
    _, scores = personal.score(flat, np.array([10]), np.ones(1, dtype=np.float32))
    assert np.isfinite(scores).all()
