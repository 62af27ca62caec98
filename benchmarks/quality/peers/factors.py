"""Matrix factors by the implicit package: iALS (Hu et al. 2008) and BPR (Rendle et al. 2009)."""

from typing import Any

import numpy as np

from benchmarks.quality.peers.learning import Ids, Learning, Peer
from recommendations.evaluation.judging import Scorer, Scores
from recommendations.evaluation.views import View


def ials(learning: Learning, *, factors: int, regularization: float, alpha: float, weighting: str) -> Scorer:
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415 (optional)

    network = AlternatingLeastSquares(
        factors=factors,
        regularization=regularization,
        alpha=alpha,
        iterations=15,
        num_threads=learning.threads,
        random_state=learning.seed,
    )
    network.fit(learning.matrix(weighting), show_progress=False)
    return _products(network)


def bpr(learning: Learning, *, factors: int, learning_rate: float, regularization: float, iterations: int) -> Scorer:
    from implicit.cpu.bpr import BayesianPersonalizedRanking  # noqa: PLC0415 (optional)

    network = BayesianPersonalizedRanking(
        factors=factors,
        learning_rate=learning_rate,
        regularization=regularization,
        iterations=iterations,
        num_threads=learning.threads,
        random_state=learning.seed,
    )
    network.fit(learning.matrix("bin"), show_progress=False)
    return _products(network)


def _products(network: Any) -> Scorer:
    def score(shoppers: Ids, _: View) -> Scores:
        return np.asarray(network.user_factors[shoppers] @ network.item_factors.T, dtype=np.float32)

    return score


PEERS = [
    Peer(
        "iALS",
        ials,
        [
            {"factors": factors, "regularization": regularization, "alpha": alpha, "weighting": weighting}
            for factors, regularization, alpha, weighting in (
                (128, 0.05, 10, "d30"),
                (64, 0.05, 3, "d60"),
                (64, 0.05, 10, "d60"),
                (128, 0.05, 10, "d60"),
                (256, 0.05, 10, "d60"),
                (16, 1.0, 2, "bin"),
                (64, 1.0, 2, "bin"),
                (64, 0.05, 10, "log"),
            )
        ],
        needs=("implicit",),
        is_random=True,
    ),
    Peer(
        "BPR",
        bpr,
        [
            {"factors": factors, "learning_rate": rate, "regularization": regularization, "iterations": iterations}
            for factors, rate, regularization, iterations in (
                (128, 0.05, 0.02, 100),
                (64, 0.05, 0.01, 60),
                (64, 0.02, 0.01, 100),
                (128, 0.02, 0.02, 100),
                (64, 0.05, 0.05, 100),
                (32, 0.05, 0.02, 60),
                (64, 0.1, 0.02, 100),
                (128, 0.05, 0.002, 100),
            )
        ],
        needs=("implicit",),
        is_random=True,
    ),
]
