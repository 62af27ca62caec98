"""Neighbours by the classic similarities: of items by who bought them, of shoppers by what they bought.

Rows are compared: pass [shoppers, items] for user-to-user, its transpose for item-to-item. A block of rows is compared
at a time and only the nearest are kept, so that memory is a block times the rows, never the rows squared.
"""

import numpy as np
from scipy import sparse

from recommendations.neural.similarities import NeighboursConfig, scaled_rows, similarities, weighted_rows

CELLS_AT_ONCE = 4_000_000


def neighbours(rows: sparse.csr_matrix, config: NeighboursConfig) -> sparse.csr_matrix:
    """float32 CSR [r, r]: the `kept` most similar other rows of each row with a similarity above 0, itself left out.

    Parameters
    ----------
    rows : [r, c], purchase weights or ratings; a cell that is not stored was not bought or rated.
    """
    matrix = sparse.csr_matrix(rows, dtype=np.float64, copy=True)
    matrix.sum_duplicates()
    there = matrix.copy()
    there.data[:] = 1.0
    weighted = weighted_rows(matrix, config)
    common = there if config.shrinkage or config.form in ("pearson", "adjusted_cosine", "jaccard") else None
    size = max(CELLS_AT_ONCE // max(matrix.shape[0], 1), 1)
    nearest = [
        _nearest(similarities(weighted, common, slice(start, start + size), config), start, config.kept)
        for start in range(0, matrix.shape[0], size)
    ]
    return sparse.csr_matrix(sparse.vstack(nearest), dtype=np.float32)


def scores_from_items(bought: sparse.csr_matrix, similar: sparse.csr_matrix) -> sparse.csr_matrix:
    """[t, n], score_i = sum over bought j that have i among their neighbours of x_j similarity_ji.

    Each bought item speaks for its own nearest, which is better than asking each item of the catalogue for the bought
    ones among its nearest: those of a popular item are many.

    Parameters
    ----------
    bought : [t, n] weights.
    similar : item neighbours [n, n].
    """
    return (bought @ similar).tocsr()


def scores_from_shoppers(similar: sparse.csr_matrix, bought: sparse.csr_matrix) -> sparse.csr_matrix:
    """[t, n], the weighted mean of what neighbours bought: rows of shopper neighbours [t, m] times purchases [m, n]."""
    total = np.asarray(abs(similar).sum(1)).ravel()
    return (scaled_rows(similar, 1.0 / np.where(total > 0, total, 1.0)) @ bought).tocsr()


def predicted_ratings(ratings: sparse.csr_matrix, similar: sparse.csr_matrix) -> sparse.csr_matrix:
    """[t, n], sum s_ij r_uj / sum |s_ij| over rated neighbours j; cells without any are not stored.

    Parameters
    ----------
    ratings : [t, n] stars.
    similar : item neighbours [n, n].
    """
    rated = ratings.copy().astype(np.float64)
    rated.data[:] = 1.0
    summed, weights = (ratings @ similar.T).tocsr(), (rated @ abs(similar).T).tocsr()
    weights.data = 1.0 / weights.data
    return summed.multiply(weights).tocsr()


def _nearest(similar: sparse.csr_matrix, first: int, kept: int) -> sparse.csr_matrix:
    """The largest of each row above 0, without the row itself; equals by the lower index."""
    columns, values = [], []
    for row in range(similar.shape[0]):
        at = slice(similar.indptr[row], similar.indptr[row + 1])
        found, strength = similar.indices[at], similar.data[at]
        chosen = (found != first + row) & (strength > 0)
        found, strength = found[chosen], strength[chosen]
        best = np.lexsort((found, -strength))[:kept]
        columns.append(found[best])
        values.append(strength[best])
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in columns])])
    cells = (np.concatenate(values), np.concatenate(columns), offsets)
    nearest = sparse.csr_matrix(cells, shape=similar.shape)
    nearest.sort_indices()
    return nearest
