"""Item-to-item linear weights in closed form (EASE), and the strongest of each column as sparse rows."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

MOST_ITEMS = 10_000
"""Items up to which the closed form is worked out: it takes up to items^3 steps and 8 * items^2 bytes."""

AT_ONCE = 1_000
"""Rows or columns of the weights that are worked out at once."""


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
    rows = purchases[np.diff(purchases.indptr) > 0]
    weights = _by_shoppers(rows, ridge) if 2 * rows.shape[0] <= n else _by_items(rows, ridge)  # [n, n]
    weights.fill_diagonal_(0.0)
    return _strongest(weights, kept)


def _by_shoppers(purchases: sparse.csr_matrix, ridge: float) -> Tensor:
    """The weights but for their diagonal, float32[n, n], in t^2 n + t n^2 steps for t shoppers.

    With S = X'(XX' + ridge)^-1 X = 1 - ridge (X'X + ridge)^-1 they are S_ij / (1 - S_jj) (Woodbury 1950).
    """
    kernel = torch.from_numpy((purchases @ purchases.T).toarray())  # [t, t]
    kernel.diagonal().add_(ridge)
    lower = torch.linalg.cholesky(kernel)  # [t, t]
    factors = torch.linalg.solve_triangular(lower, torch.from_numpy(purchases.toarray()), upper=False)  # [t, n]
    n = factors.shape[1]
    share = torch.empty(n, n)
    for start in range(0, n, AT_ONCE):
        stop = min(start + AT_ONCE, n)
        share[start:, start:stop] = factors[:, start:].T @ factors[:, start:stop]
        share[start:stop, stop:] = share[stop:, start:stop].T
    return share.div_(1.0 - share.diagonal())


def _by_items(purchases: sparse.csr_matrix, ridge: float) -> Tensor:
    """The weights but for their diagonal, float32[n, n], in n^3 steps."""
    n = purchases.shape[1]
    items = purchases.T.tocsr()
    gram = torch.empty(n, n)
    for start in range(0, n, AT_ONCE):
        gram[start : start + AT_ONCE] = torch.from_numpy((items[start : start + AT_ONCE] @ purchases).toarray())
    gram.diagonal().add_(ridge)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram, out=gram), out=gram)  # [n, n]
    return inverse.div_(-inverse.diagonal().clone())


def _strongest(weights: Tensor, kept: int) -> sparse.csr_array:
    """The largest of each column by absolute value; columns in blocks, so that no second matrix is held."""
    n = len(weights)
    kept = min(kept, n)
    rows, columns, values = [], [], []
    for start in range(0, n, AT_ONCE):
        block = weights[:, start : start + AT_ONCE]  # [n, b]
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
