"""Item-to-item linear weights in closed form (EASE), and the strongest of each column as sparse rows."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

MOST_ITEMS = 10_000
"""Items up to which the closed form is worked out: it takes items^3 steps and 8 * items^2 bytes."""


def linear_weights(purchases: sparse.csr_matrix, *, ridge: float, kept: int) -> sparse.csr_array:
    """Weights B that minimise |X - X B|^2 + ridge |B|^2 with a diagonal of 0 (Steck 2019).

    Parameters
    ----------
    purchases : X float32[shoppers, n], how much each item counts for a shopper.
    ridge : above 0.
    kept : at least 1, how many weights of each column are kept, the largest by absolute value.

    Returns
    -------
    float32[n, n], B with at most `kept` weights in a column; row i is what item i says for others.

    Raises
    ------
    ValueError : a parameter is out of its range, or there are more than 10,000 items.
    """
    n = purchases.shape[1]
    if ridge <= 0 or kept < 1:
        raise ValueError(f"ridge must be above 0 and kept at least 1, not {ridge} and {kept}")
    if n > MOST_ITEMS:
        raise ValueError(f"the closed form is for at most {MOST_ITEMS} items, not {n}")
    gram = torch.from_numpy((purchases.T @ purchases).toarray().astype(np.float32))  # [n, n]
    gram.diagonal().add_(ridge)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram, out=gram), out=gram)  # [n, n]
    weights = inverse.div_(-inverse.diagonal().clone())  # [n, n]
    weights.fill_diagonal_(0.0)
    return _strongest(weights, kept)


def _strongest(weights: Tensor, kept: int) -> sparse.csr_array:
    """The largest of each column by absolute value; columns in blocks, so that no second matrix is held."""
    n = len(weights)
    kept = min(kept, n)
    rows, columns, values = [], [], []
    for start in range(0, n, 500):
        block = weights[:, start : start + 500]  # [n, b]
        places = block.abs().topk(kept, dim=0).indices  # [kept, b]
        rows.append(places.numpy().ravel())
        columns.append(np.broadcast_to(np.arange(start, start + block.shape[1]), places.shape).ravel())
        values.append(block.gather(0, places).numpy().ravel())
    found = sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n), dtype=np.float32
    )
    found.eliminate_zeros()
    found.sort_indices()
    return found


def as_dense(weights: sparse.csr_array) -> NDArray[np.float32]:
    """float32[n, n], for tests and controls."""
    return np.asarray(weights.toarray(), dtype=np.float32)
