import numpy as np
import pytest
from scipy import sparse

from recommendations.neural.low_rank import LowRankConfig, learn_low_rank, prune


def purchases(rows=60, columns=20, seed=0):
    """Three kinds of goods with some noise."""
    rng = np.random.default_rng(seed)
    same = np.arange(rows)[:, None] % 3 == np.arange(columns) % 3
    return sparse.csr_matrix((rng.random((rows, columns)) < np.where(same, 0.5, 0.05)).astype(np.float32))


def slow_ease(gram, ridge):
    """Steck 2019, by the inverse of the whole Gram matrix."""
    inverse = np.linalg.inv(gram + ridge * np.eye(len(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def dense(weights):
    matrix = (weights.factors @ weights.factors.T / weights.divisors).numpy()
    np.fill_diagonal(matrix, 0.0)
    return matrix


def test_at_full_rank_it_is_ease():
    bought = purchases()
    weights = learn_low_rank(bought, LowRankConfig(rank=20, ridge=5.0), seed=0)
    assert dense(weights) == pytest.approx(slow_ease((bought.T @ bought).toarray(), 5.0), abs=1e-4)


def test_at_low_rank_it_is_ease_of_the_low_rank_gram_with_the_diagonal_kept():
    bought = purchases()
    gram = (bought.T @ bought).toarray().astype(float)
    values, vectors = np.linalg.eigh(gram)
    close = vectors[:, -4:] * values[-4:] @ vectors[:, -4:].T
    close[np.diag_indices(20)] = gram.diagonal()
    weights = learn_low_rank(bought, LowRankConfig(rank=4, ridge=5.0, sweeps=20), seed=0)
    assert dense(weights) == pytest.approx(slow_ease(close, 5.0), abs=1e-4)


def test_an_item_speaks_for_its_own_kind():
    weights = dense(learn_low_rank(purchases(300), LowRankConfig(rank=3, ridge=5.0), seed=0))
    same = np.arange(20)[:, None] % 3 == np.arange(20) % 3
    np.fill_diagonal(same, False)
    assert weights[same].mean() > 5 * abs(weights[~same]).mean()


def test_scores_are_the_product_with_all_weights():
    bought = purchases()
    weights = learn_low_rank(bought, LowRankConfig(rank=4, ridge=5.0), seed=0)
    assert weights.scores(bought) == pytest.approx(bought.toarray() @ dense(weights), abs=1e-4)


def test_pruning_keeps_the_largest_of_each_column_whatever_the_blocks(monkeypatch):
    weights = learn_low_rank(purchases(), LowRankConfig(rank=4, ridge=5.0), seed=0)
    full, expected = dense(weights), np.zeros((20, 20))
    for column in range(20):
        strongest = np.argsort(-np.abs(full[:, column]))[:3]
        expected[strongest, column] = full[strongest, column]
    for size in (256, 7):
        monkeypatch.setattr("recommendations.neural.low_rank.COLUMNS_AT_ONCE", size)
        kept = prune(weights, kept=3)
        found = sparse.csr_matrix((kept.values, kept.targets, kept.offsets), shape=(20, 20)).toarray()
        assert found == pytest.approx(expected, abs=1e-6)


def test_items_that_nobody_bought_have_no_weights():
    bought = purchases().tolil()
    bought[:, 4] = 0
    weights = dense(learn_low_rank(bought.tocsr(), LowRankConfig(rank=20, ridge=5.0), seed=0))
    assert np.isfinite(weights).all()
    assert abs(weights[4]).max() < 1e-6
    assert abs(weights[:, 4]).max() < 1e-6


def test_the_same_seed_gives_the_same_weights():
    one, two = (learn_low_rank(purchases(), LowRankConfig(rank=4), seed=3).factors for _ in range(2))
    assert (one == two).all()


def test_values_out_of_range_are_told():
    with pytest.raises(ValueError, match="rank must be at least 1"):
        LowRankConfig(rank=0)
    with pytest.raises(ValueError, match="kept must be at least 1"):
        prune(learn_low_rank(purchases(), LowRankConfig(rank=4), seed=0), kept=0)
    with pytest.raises(ValueError, match="at least one purchase"):
        learn_low_rank(sparse.csr_matrix((3, 2)), LowRankConfig(), seed=0)
