"""Item-to-item weights learnt on baskets: what else is in a basket, by ridge regression on all its other items."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.baskets import Baskets

Ids = NDArray[np.int64]
Values = NDArray[np.float64]

ROWS_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class LinearWeights:
    """The strongest weights of each item, as CSR over dense item positions.

    Parameters
    ----------
    item_ids : int64[n], ascending; a position is a place in it.
    offsets : int64[n + 1].
    partners, values : int32[k] and float32[k], positions of the other items and their weights, any sign.
    """

    item_ids: Ids
    offsets: Ids
    partners: NDArray[np.int32]
    values: NDArray[np.float32]


def learn(
    baskets: Baskets, basket_weights: Values, *, ridge: float, heads: int = 4_000, kept: int = 500
) -> LinearWeights:
    """Weights B that minimise |D^1/2 (X - X B)|^2 + ridge |B|^2 without an item standing for itself (Steck 2019, EASE).

    X are the baskets as rows of 0 and 1, D weighs them. Only the `heads` most sold items have weights of their own, so
    that memory (3 times 8 heads^2 bytes) and time (heads^3) are bounded; each may speak for any item.

    Parameters
    ----------
    basket_weights : float64[baskets], above 0.
    ridge : above 0; what one basket of weight 1 adds to an item is 1.
    heads, kept : at least 1; how many items have weights, and how many each of them, the largest by absolute value.

    Raises
    ------
    ValueError : a parameter is out of its range.
    """
    if ridge <= 0 or heads < 1 or kept < 1:
        raise ValueError(f"ridge must be above 0, heads and kept at least 1, not {ridge}, {heads}, {kept}")
    item_ids, dense = np.unique(baskets.items, return_inverse=True)
    n = len(item_ids)
    scale = np.sqrt(np.repeat(basket_weights, baskets.sizes))
    rows = sparse.csr_matrix((scale, dense, baskets.offsets), shape=(len(baskets), n))
    sold = np.bincount(dense, minlength=n)
    best = np.sort(np.lexsort((np.arange(n), -sold))[:heads])
    rest = np.setdiff1d(np.arange(n), best)
    head_rows = rows[:, best]
    inverse = _inverse((head_rows.T @ head_rows).toarray(), ridge)
    crossed = (head_rows.T @ rows[:, rest]).T.tocsr()
    columns = np.concatenate([best, rest])
    diagonal = inverse.diagonal().copy()
    partners, values = [], []
    for start in range(0, len(best), ROWS_AT_ONCE):
        part = inverse[start : start + ROWS_AT_ONCE]
        own = -part / diagonal
        own[np.arange(len(part)), np.arange(start, start + len(part))] = 0.0
        found = np.concatenate([own, (crossed @ part.T).T], axis=1)
        for row in found:
            strongest = np.argpartition(-np.abs(row), kept)[:kept] if len(row) > kept else np.arange(len(row))
            strongest = strongest[row[strongest] != 0]
            partners.append(columns[strongest].astype(np.int32))
            values.append(row[strongest].astype(np.float32))
    lengths = np.zeros(n, dtype=np.int64)
    lengths[best] = [len(row) for row in partners]
    return LinearWeights(
        item_ids,
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate([np.zeros(0, dtype=np.int32), *partners]),
        np.concatenate([np.zeros(0, dtype=np.float32), *values]),
    )


def _inverse(gram: Values, ridge: float) -> Values:
    gram[np.diag_indices(len(gram))] += ridge
    return np.asarray(np.linalg.inv(gram), dtype=np.float64)
