"""Item to item: nearest neighbours, linear weights (EASE, Steck 2019) and pair rules."""

import numpy as np
from scipy import linalg, sparse

from benchmarks.quality.peers.learning import Ids, Learning, Peer, product_scorer, strongest_rows
from recommendations.evaluation.judging import Scorer, Scores
from recommendations.evaluation.views import View

ROWS_AT_ONCE = 500
K1, B = 1.2, 0.75


def item_knn(learning: Learning, *, kind: str, k: int, weighting: str) -> Scorer:
    """Purchases times the k strongest likenesses of each item (`bm25`: products of BM25 weights; `cosine`; `tfidf`)."""
    bought = learning.matrix(weighting)
    weighted = _WEIGHED[kind](bought.T.tocsr())  # [n, shoppers]
    right = weighted.T.tocsc()
    alike = [
        strongest_rows((weighted[start : start + ROWS_AT_ONCE] @ right).toarray(), k)
        for start in range(0, weighted.shape[0], ROWS_AT_ONCE)
    ]
    return product_scorer(bought, sparse.vstack(alike).tocsr())


def ease(learning: Learning, *, ridge: float, weighting: str) -> Scorer:
    """The closed form: -P / diag(P) off the diagonal, P the inverse of X'X + ridge."""
    bought = learning.matrix(weighting)
    gram = (bought.T @ bought).toarray()
    gram[np.diag_indices(len(gram))] += ridge
    factor, _ = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, _ = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(inverse)
    weights = lower + np.tril(lower, -1).T
    weights /= -weights.diagonal().copy()
    np.fill_diagonal(weights, 0)
    return product_scorer(bought, np.ascontiguousarray(weights))


def pair_rules(learning: Learning, *, last: int, least: int) -> Scorer:
    """The largest confidence of a rule from any item of the shopper's last baskets, of pairs seen at least so often."""
    train = learning.train
    baskets = np.unique(train.orders, return_inverse=True)[1]
    rows = sparse.csr_matrix((np.ones(len(baskets), np.float32), (baskets, train.items)))
    rows.resize(rows.shape[0], len(train.item_ids))
    rows.data[:] = 1
    sold = np.maximum(np.asarray(rows.sum(axis=0)).ravel(), 1)
    pairs = (rows.T @ rows).tocsr()
    pairs.setdiag(0)
    pairs.data[pairs.data < least] = 0
    pairs.eliminate_zeros()
    confidence = (sparse.diags(1 / sold).astype(np.float32) @ pairs).tocsr()
    late = learning.age_in_baskets()[0] < last
    asked = [np.unique(part) for part in _parts(train.shoppers[late], train.items[late], len(train))]
    fill = 1e-6 * learning.popularity()

    def score(shoppers: Ids, _: View) -> Scores:
        found = np.tile(fill, (len(shoppers), 1))
        for row, shopper in enumerate(shoppers):
            if len(asked[shopper]):
                found[row] += confidence[asked[shopper]].max(axis=0).toarray().ravel()
        return found.astype(np.float32)

    return score


def _parts(owners: Ids, items: np.ndarray, shoppers: int) -> list[np.ndarray]:
    return np.split(items, np.searchsorted(owners, np.arange(1, shoppers)))


def _bm25(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """Items are documents, shoppers their words (Robertson and Zaragoza 2009)."""
    idf = np.log(rows.shape[0]) - np.log1p(np.bincount(rows.indices, minlength=rows.shape[1]))
    lengths = np.asarray(rows.sum(axis=1)).ravel()
    norm = (1 - B) + B * lengths / max(float(lengths.mean()), 1e-9)
    long = np.repeat(norm, np.diff(rows.indptr))
    found = rows.copy()
    found.data = (rows.data * (K1 + 1) / (K1 * long + rows.data) * idf[rows.indices]).astype(np.float32)
    return found


def _cosine(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.maximum(lengths, 1e-9)).astype(np.float32) @ rows).tocsr()


def _tfidf(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    idf = np.log(rows.shape[0]) - np.log1p(np.bincount(rows.indices, minlength=rows.shape[1]))
    found = rows.copy()
    found.data = (np.sqrt(rows.data) * idf[rows.indices]).astype(np.float32)
    return _cosine(found)


_WEIGHED = {"bm25": _bm25, "cosine": _cosine, "tfidf": _tfidf}

ITEM_KNN = Peer(
    "item kNN",
    item_knn,
    [
        {"kind": "bm25", "k": 500, "weighting": "d120"},
        {"kind": "bm25", "k": 500, "weighting": "d60"},
        {"kind": "bm25", "k": 200, "weighting": "d60"},
        {"kind": "bm25", "k": 200, "weighting": "bin"},
        {"kind": "cosine", "k": 200, "weighting": "d60"},
        {"kind": "cosine", "k": 500, "weighting": "d120"},
        {"kind": "tfidf", "k": 200, "weighting": "log"},
        {"kind": "tfidf", "k": 500, "weighting": "d60"},
    ],
)
PEERS = [
    ITEM_KNN,
    Peer(
        "EASE",
        ease,
        [
            {"ridge": 3.0, "weighting": "d120"},
            {"ridge": 20.0, "weighting": "d60"},
            {"ridge": 200.0, "weighting": "bin"},
            {"ridge": 300.0, "weighting": "log"},
            {"ridge": 10.0, "weighting": "d120"},
            {"ridge": 800.0, "weighting": "bin"},
            {"ridge": 100.0, "weighting": "log"},
            {"ridge": 10.0, "weighting": "d30"},
        ],
    ),
    Peer("pair rules", pair_rules, [{"last": last, "least": least} for last in (1, 2, 5, 100) for least in (3, 5)]),
]
