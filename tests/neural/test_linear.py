import numpy as np
import pytest
from scipy import sparse

from recommendations.neural.co_purchases import co_purchase_weights
from recommendations.neural.linear import as_dense, linear_weights


def purchases(shoppers=30, items=8, seed=2):
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix(
        np.where(rng.random((shoppers, items)) < 0.3, rng.random((shoppers, items)), 0), dtype="f4"
    )


def test_linear_weights_are_the_closed_form():
    matrix = purchases()
    inverse = np.linalg.inv((matrix.T @ matrix).toarray() + 2.0 * np.eye(8))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    assert as_dense(linear_weights(matrix, ridge=2.0, kept=8)) == pytest.approx(expected, abs=1e-5)


def test_only_the_strongest_of_a_column_are_kept():
    whole, few = (as_dense(linear_weights(purchases(), ridge=2.0, kept=kept)) for kept in (8, 2))
    for column in range(8):
        strongest = np.argsort(-np.abs(whole[:, column]))[:2]
        assert set(np.flatnonzero(few[:, column])) == set(strongest)


@pytest.mark.parametrize("changes", [{"ridge": 0.0}, {"kept": 0}])
def test_parameters_out_of_range_are_named(changes):
    with pytest.raises(ValueError, match="ridge must be above 0"):
        linear_weights(purchases(), **{"ridge": 1.0, "kept": 3, **changes})


def test_more_items_than_the_closed_form_takes_are_refused():
    with pytest.raises(ValueError, match="at most 10000 items"):
        linear_weights(sparse.csr_matrix((3, 10_001), dtype="f4"), ridge=1.0, kept=3)


def test_co_purchases_are_the_damped_product_without_its_diagonal():
    matrix = purchases().toarray()
    by_shopper = np.maximum(matrix.sum(axis=1), 0.1) ** -0.5
    by_item = np.maximum(matrix.sum(axis=0), 0.1) ** -0.5
    scaled = by_shopper[:, None] * matrix * by_item
    expected = scaled.T @ scaled
    np.fill_diagonal(expected, 0.0)
    found = co_purchase_weights(sparse.csr_matrix(matrix), kept=8).toarray()
    assert found == pytest.approx(expected, abs=1e-5)


def test_co_purchases_keep_the_largest_of_a_row():
    whole, few = (co_purchase_weights(purchases(), kept=kept).toarray() for kept in (8, 2))
    assert (np.count_nonzero(few, axis=1) <= 2).all()
    assert few.max(axis=1) == pytest.approx(whole.max(axis=1))
