"""The classic similarities between rows of a sparse matrix: what is multiplied, and what it is divided by."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Form = Literal["cosine", "pearson", "adjusted_cosine", "jaccard", "tfidf", "bm25"]


@dataclass(frozen=True, slots=True)
class NeighboursConfig:
    """Which neighbours.

    cosine: x y / |x| |y|. pearson: the same of values less their row's mean, lengths over what both rows have
    (GroupLens 1994). adjusted_cosine: less their column's mean instead (Sarwar et al. 2001; columns are then the
    raters). jaccard: both / either, values aside. tfidf: cosine of
    sqrt(value) ln(1 + documents / documents with the term). bm25: the product of BM25 weights (Robertson and Zaragoza
    2009), not divided by lengths.

    Parameters
    ----------
    kept : at least 1, neighbours of a row.
    shrinkage : at least 0; a similarity out of c common columns is multiplied by c / (c + shrinkage) (Bell 2007).
    saturation, length : above 0 and 0..1, BM25's k1 and b.
    """

    form: Form = "cosine"
    kept: int = 200
    shrinkage: float = 0.0
    saturation: float = 1.2
    length: float = 0.75

    def __post_init__(self) -> None:
        if self.form not in get_args(Form):
            raise ValueError(f"form must be one of {', '.join(get_args(Form))}, not {self.form}")
        if self.kept < 1 or self.shrinkage < 0 or not self.saturation > 0 or not 0 <= self.length <= 1:
            raise ValueError(
                f"kept must be at least 1, shrinkage at least 0, saturation above 0, length 0..1, not {self}"
            )


def weighted_rows(matrix: sparse.csr_matrix, config: NeighboursConfig) -> sparse.csr_matrix:
    """The values that are multiplied with each other."""
    lengths = np.diff(matrix.indptr)
    held = np.bincount(matrix.indices, minlength=matrix.shape[1])
    weighted = matrix.copy()
    if config.form == "jaccard":
        weighted.data[:] = 1.0
    elif config.form == "pearson":
        means = np.asarray(matrix.sum(1)).ravel() / np.maximum(lengths, 1)
        weighted.data = matrix.data - np.repeat(means, lengths)
    elif config.form == "adjusted_cosine":
        means = np.asarray(matrix.sum(0)).ravel() / np.maximum(held, 1)
        weighted.data = matrix.data - means[matrix.indices]
    elif config.form in ("tfidf", "bm25"):
        weighted = _by_rarity(matrix, config)
    if config.form in ("cosine", "tfidf"):
        size = np.sqrt(np.asarray(weighted.multiply(weighted).sum(1)).ravel())
        weighted = scaled_rows(weighted, 1.0 / np.where(size > 0, size, 1.0))
    return weighted


def _by_rarity(documents: sparse.csr_matrix, config: NeighboursConfig) -> sparse.csr_matrix:
    """Rows are documents and columns terms: rare terms count more and, in BM25, those of a long document less."""
    lengths, count = np.diff(documents.indptr), documents.shape[0]
    held = np.bincount(documents.indices, minlength=documents.shape[1])
    weighted = documents.copy()
    if config.form == "tfidf":
        weighted.data = np.sqrt(documents.data) * np.log1p(count / np.maximum(held, 1))[documents.indices]
        return weighted
    sums = np.asarray(documents.sum(1)).ravel()
    norm = 1.0 - config.length + config.length * sums / max(sums.mean(), 1e-12)
    damped = (config.saturation + 1.0) * documents.data
    damped /= config.saturation * np.repeat(norm, lengths) + documents.data
    weighted.data = damped * np.maximum(np.log(count / (1.0 + held)), 0.0)[documents.indices]
    return weighted


def similarities(
    weighted: sparse.csr_matrix, there: sparse.csr_matrix | None, block: slice, config: NeighboursConfig
) -> sparse.csr_matrix:
    """[b, r], similarities of some rows to all."""
    products = (weighted[block] @ weighted.T).tocsr()
    if there is None:
        return products
    both = (there[block] @ there.T).tocsr()
    if config.form == "jaccard":
        counts = np.diff(there.indptr)
        owner = np.repeat(np.arange(both.shape[0]), np.diff(both.indptr))
        products, either = both.copy(), counts[block][owner] + counts[both.indices] - both.data
        products.data = both.data / either
    elif config.form in ("pearson", "adjusted_cosine"):
        squares = weighted.multiply(weighted).tocsr()
        lengths = (squares[block] @ there.T).multiply(there[block] @ squares.T).tocsr()
        lengths.data = 1.0 / np.sqrt(np.where(lengths.data > 1e-12, lengths.data, np.inf))
        products = products.multiply(lengths).tocsr()
    if config.shrinkage:
        both.data = both.data / (both.data + config.shrinkage)
        products = products.multiply(both).tocsr()
    return products


def scaled_rows(matrix: sparse.csr_matrix, factors: NDArray[Any]) -> sparse.csr_matrix:
    """A copy with each row multiplied by its factor."""
    scaled = matrix.copy().astype(np.float64)
    scaled.data *= np.repeat(factors, np.diff(matrix.indptr))
    return scaled
