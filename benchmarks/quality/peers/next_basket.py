"""Next-basket neighbours: TIFU-KNN (Hu et al. 2020) and UP-CF (Faggioli et al. 2020)."""

import numpy as np
from scipy import sparse

from benchmarks.quality.peers.learning import Ids, Learning, Peer, strongest_rows
from recommendations.evaluation.judging import Scorer, Scores
from recommendations.evaluation.views import View

FILL = 1e-6


def tifu(learning: Learning, *, m: int, rb: float, rg: float, k: int, alpha: float) -> Scorer:
    """Mean over m groups of a shopper's baskets, decayed by basket and group, mixed with that of the k nearest.

    As in the authors' program m is the number of groups, and the decay within runs on over the whole history.
    """
    train = learning.train
    age, baskets = learning.age_in_baskets()
    groups = np.minimum(m, baskets)[train.shoppers]
    group, size = _groups(baskets[train.shoppers] - 1 - age, baskets[train.shoppers], groups)
    weights = rb**age * rg ** (groups - 1 - group) / size / groups
    vectors = sparse.csr_matrix(
        (weights.astype(np.float32), (train.shoppers, train.items)), shape=(len(train), len(train.item_ids))
    )
    vectors.sum_duplicates()
    squares = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
    absent = np.diff(vectors.indptr) == 0
    fill = FILL * learning.popularity()

    def score(shoppers: Ids, _: View) -> Scores:
        own = vectors[shoppers]
        nearness = 2 * (own @ vectors.T).toarray() - squares[None, :]  # [t, shoppers]; the own length ranks nothing
        nearness[:, absent] = -np.inf
        nearness[np.arange(len(shoppers)), shoppers] = -np.inf
        most = min(k, nearness.shape[1] - 1)
        at = np.argpartition(-nearness, most - 1, axis=1)[:, :most]
        ones = np.full(at.size, 1 / most, dtype=np.float32)
        rows = np.repeat(np.arange(len(shoppers)), most)
        chosen = sparse.csr_matrix((ones, (rows, at.ravel())), shape=nearness.shape)
        mixed = alpha * own + (1 - alpha) * (chosen @ vectors)
        return np.asarray(mixed.toarray() + fill, dtype=np.float32)

    return score


def _groups(place: Ids, baskets: Ids, groups: Ids) -> tuple[Ids, Ids]:
    """The group of each basket, oldest 0, and how many baskets it has; the latest groups take one more each."""
    size, larger = np.divmod(baskets, groups)
    edge = (groups - larger) * size
    late = place >= edge
    return np.where(late, groups - larger + (place - edge) // (size + 1), place // size), size + late


def up_cf(learning: Learning, *, r: int, q: float, alpha: float) -> Scorer:
    """Share of a shopper's last r baskets with the item, averaged over shoppers by asymmetric cosine to the power q."""
    train = learning.train
    age, baskets = learning.age_in_baskets()
    late = age < r
    weights = 1 / np.minimum(r, baskets[train.shoppers[late]])
    popular = sparse.csr_matrix(
        (weights.astype(np.float32), (train.shoppers[late], train.items[late])),
        shape=(len(train), len(train.item_ids)),
    )
    popular.sum_duplicates()
    squares = np.maximum(np.asarray(popular.multiply(popular).sum(axis=1)).ravel(), 1e-12)
    fill = FILL * learning.popularity()

    def score(shoppers: Ids, _: View) -> Scores:
        alike = (popular[shoppers] @ popular.T).toarray()  # [t, shoppers]
        alike /= squares[shoppers, None] ** alpha * squares[None, :] ** (1 - alpha)
        alike = alike**q / np.maximum((alike**q).sum(axis=1, keepdims=True), 1e-12)
        return np.asarray((popular.T @ alike.T).T + fill, dtype=np.float32)

    return score


def user_knn(learning: Learning, *, k: int, weighting: str) -> Scorer:
    """Purchases of the k shoppers of most like purchases (cosine), weighted by likeness."""
    bought = learning.matrix(weighting)
    lengths = np.sqrt(np.asarray(bought.multiply(bought).sum(axis=1)).ravel())
    unit = sparse.diags(1 / np.maximum(lengths, 1e-9)).astype(np.float32) @ bought
    fill = FILL * learning.popularity()

    def score(shoppers: Ids, _: View) -> Scores:
        alike = (unit[shoppers] @ unit.T).toarray()  # [t, shoppers]
        return np.asarray((strongest_rows(alike, k) @ bought).toarray() + fill, dtype=np.float32)

    return score


TIFU = Peer(
    "TIFU-KNN",
    tifu,
    [
        {"m": 3, "rb": 1.0, "rg": 0.6, "k": 900, "alpha": 0.2},
        {"m": 3, "rb": 0.9, "rg": 0.7, "k": 900, "alpha": 0.9},
        {"m": 7, "rb": 0.9, "rg": 0.6, "k": 50, "alpha": 0.1},
        {"m": 7, "rb": 0.95, "rg": 0.7, "k": 300, "alpha": 0.5},
        {"m": 7, "rb": 0.9, "rg": 0.6, "k": 300, "alpha": 0.2},
        {"m": 3, "rb": 0.9, "rg": 0.7, "k": 300, "alpha": 0.7},
        {"m": 7, "rb": 0.9, "rg": 0.8, "k": 900, "alpha": 0.7},
        {"m": 7, "rb": 0.9, "rg": 0.6, "k": 100, "alpha": 0.1},
    ],
)
PEERS = [
    TIFU,
    Peer(
        "UP-CF",
        up_cf,
        [
            {"r": 100, "q": 5, "alpha": 0.25},
            {"r": 25, "q": 5, "alpha": 0.25},
            {"r": 25, "q": 10, "alpha": 0.5},
            {"r": 5, "q": 3, "alpha": 0.5},
            {"r": 50, "q": 5, "alpha": 0.75},
            {"r": 100, "q": 10, "alpha": 0.5},
            {"r": 10, "q": 5, "alpha": 0.5},
            {"r": 25, "q": 1, "alpha": 0.25},
        ],
    ),
    Peer(
        "user kNN",
        user_knn,
        [{"k": k, "weighting": weighting} for k in (50, 200) for weighting in ("bin", "log", "d60", "d120")],
    ),
]
