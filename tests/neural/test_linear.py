import numpy as np
import pytest
from scipy import sparse

from recommendations.neural import linear
from recommendations.neural.linear import as_dense, linear_weights

PURCHASES = np.random.default_rng(0).poisson(0.6, size=(30, 8)).astype(np.float32)


def closed_form(x, ridge):
    inverse = np.linalg.inv(x.T @ x + ridge * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


@pytest.mark.parametrize("shoppers", [30, 4, 0])
@pytest.mark.parametrize("at_once", [1_000, 3])
def test_weights_are_those_of_the_closed_form(monkeypatch, shoppers, at_once):
    """By items where shoppers are many, by shoppers where they are few: the same weights, in any blocks."""
    monkeypatch.setattr(linear, "AT_ONCE", at_once)
    bought = PURCHASES[:shoppers]
    found = as_dense(linear_weights(sparse.csr_matrix(bought), ridge=5.0, kept=8))
    assert found == pytest.approx(closed_form(bought.astype(float), 5.0), abs=1e-5)


def test_shoppers_who_bought_nothing_change_nothing():
    some = sparse.csr_matrix(PURCHASES[:4])
    none = sparse.csr_matrix((20, 8), dtype=np.float32)
    alone, among = (linear_weights(x, ridge=5.0, kept=8) for x in (some, sparse.vstack([none, some], format="csr")))
    assert (alone != among).nnz == 0


def test_the_largest_of_each_column_are_kept():
    found = as_dense(linear_weights(sparse.csr_matrix(PURCHASES), ridge=5.0, kept=2))
    whole = closed_form(PURCHASES.astype(float), 5.0)
    for column in range(8):
        (kept,) = np.nonzero(found[:, column])
        assert sorted(kept) == sorted(np.argsort(-np.abs(whole[:, column]))[:2])


def test_one_item_says_nothing():
    assert linear_weights(sparse.csr_matrix(np.ones((3, 1), dtype=np.float32)), ridge=1.0, kept=5).nnz == 0


@pytest.mark.parametrize(("ridge", "kept"), [(0.0, 1), (1.0, 0)])
def test_a_value_out_of_range_is_named(ridge, kept):
    with pytest.raises(ValueError, match="ridge must be above 0 and kept at least 1"):
        linear_weights(sparse.csr_matrix(PURCHASES), ridge=ridge, kept=kept)


def test_more_items_than_fit_are_refused():
    with pytest.raises(ValueError, match="at most 10000 items, not 10001"):
        linear_weights(sparse.csr_matrix((1, 10_001), dtype=np.float32), ridge=1.0, kept=1)
