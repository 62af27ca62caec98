import numpy as np
import pytest
from scipy import sparse

from recommendations.neural import co_purchases
from recommendations.neural.co_purchases import LEAST, co_purchase_weights

PURCHASES = np.random.default_rng(0).poisson(0.5, size=(20, 7)).astype(np.float32)


def slow(x, shopper_power, item_power):
    """One pair of items after the other."""
    n = x.shape[1]
    found = np.zeros((n, n))
    for one in range(n):
        for other in range(n):
            if one != other:
                for row in x:
                    busy = max(row.sum(), LEAST) ** (2 * shopper_power)
                    popular = (max(x[:, one].sum(), LEAST) * max(x[:, other].sum(), LEAST)) ** item_power
                    found[one, other] += row[one] * row[other] / busy / popular
    return found


@pytest.mark.parametrize("powers", [(0.5, 0.5), (0.0, 1.0)])
def test_weights_are_those_of_each_pair_alone(powers, monkeypatch):
    monkeypatch.setattr(co_purchases, "ROWS_AT_ONCE", 3)
    found = co_purchase_weights(
        sparse.csr_matrix(PURCHASES), kept=7, shopper_power=powers[0], item_power=powers[1]
    ).toarray()
    assert found == pytest.approx(slow(PURCHASES.astype(float), *powers), abs=1e-5)


def test_the_largest_of_each_row_are_kept():
    found = co_purchase_weights(sparse.csr_matrix(PURCHASES), kept=2).toarray()
    whole = slow(PURCHASES.astype(float), 0.5, 0.5)
    for row in range(7):
        assert sorted(found[row][found[row] > 0]) == pytest.approx(sorted(whole[row])[-2:], abs=1e-5)


def test_what_nobody_bought_together_has_no_weight():
    assert co_purchase_weights(sparse.csr_matrix(np.eye(3, dtype=np.float32)), kept=3).nnz == 0


def test_nothing_kept_is_an_error():
    with pytest.raises(ValueError, match="kept must be at least 1, not 0"):
        co_purchase_weights(sparse.csr_matrix(PURCHASES), kept=0)
