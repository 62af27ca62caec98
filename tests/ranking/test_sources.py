import numpy as np
import pytest

from recommendations.data.artefacts import WEIGHTS
from recommendations.ranking.past import past_of
from recommendations.ranking.sources import FACTOR_ALPHA, FACTOR_RIDGE, SOURCES, ItemFactors, Source, scores
from tests.recommender import rows

RNG = np.random.default_rng(0)
DENSE = np.where(RNG.random((6, 6)) < 0.5, RNG.normal(size=(6, 6)), 0.0).astype(np.float32)
PAST = past_of(np.array([1, 4, 1], dtype=np.int32), np.array([10.0, 40.0, 70.0]), np.array([1, 2, 3]), 100.0)


def test_sparse_rows_score_as_the_dense_product_does():
    weights = np.array([0.5, 2.0], dtype=np.float32)
    assert rows(DENSE).scores(np.array([1, 4]), weights) == pytest.approx(weights @ DENSE[[1, 4]], abs=1e-6)


def test_rows_without_weights_score_nothing():
    nothing = np.zeros(6)
    assert rows(np.zeros((6, 6))).scores(np.array([2]), np.ones(1)).tolist() == nothing.tolist()
    assert rows(DENSE).scores(np.array([], dtype=np.int64), np.ones(0)).tolist() == nothing.tolist()


def test_factors_score_as_the_ridge_regression_does():
    vectors = RNG.normal(size=(6, 3)).astype(np.float32)
    weights = np.array([1.0, 0.5], dtype=np.float32)
    bought = vectors[[1, 4]].astype(float)
    confidence = FACTOR_ALPHA * weights
    system = vectors.T @ vectors + (bought.T * confidence) @ bought + FACTOR_RIDGE * np.eye(3)
    taste = np.linalg.solve(system, bought.T @ (1 + confidence))
    found = ItemFactors(vectors, vectors.T @ vectors).scores(np.array([1, 4]), weights)
    assert found == pytest.approx(vectors @ taste, abs=1e-4)


@pytest.mark.parametrize(
    ("source", "query"),
    [
        (Source("w", half_life=30.0), [0.5**3 + 0.5, 0.25]),
        (Source("w"), [np.log(3), np.log(2)]),
        (Source("w", last_order=True), [1, 0]),
    ],
)
def test_each_source_weighs_the_past_in_its_way(source, query):
    assert source.query(PAST) == pytest.approx(query)


def test_all_sources_are_asked_in_their_order():
    weights = {name: rows(DENSE * (1 + number)) for number, name in enumerate(WEIGHTS)}
    weights["factors"] = ItemFactors(np.ones((6, 1), dtype=np.float32), np.full((1, 1), 6.0, dtype=np.float32))
    found = scores(weights, PAST)
    assert [len(row) for row in found] == [6] * len(SOURCES)
    for row, source in zip(found[:-1], list(SOURCES.values())[:-1], strict=True):
        expected = source.query(PAST) @ DENSE[[1, 4]] * (1 + WEIGHTS.index(source.weights))
        assert row == pytest.approx(expected, abs=1e-5)
