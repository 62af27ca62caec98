"""Ours: what the plugin serves, fitted on purchases before the cut alone."""

import time

import numpy as np

from benchmarks.quality.peers.learning import Ids, Learning, Peer
from recommendations.data.histories import HALF_LIFE_DAYS, Histories
from recommendations.evaluation.judging import Scorer, Scores, judge, lists_of
from recommendations.evaluation.views import View, Window
from recommendations.ranking import personal

JUDGED_DAYS = 28.0


def fit(train: Histories, cut: float, traits: object, *, seed: int = 1) -> Scorer:  # noqa: ARG001 (goods are not used yet)
    """The served score of every shopper; the last 28 days before the cut say how long the network learns."""
    from recommendations.neural.export import as_arrays  # noqa: PLC0415 (torch)
    from recommendations.neural.network import Network  # noqa: PLC0415 (torch)
    from recommendations.neural.training import TrainingConfig  # noqa: PLC0415 (torch)
    from recommendations.neural.training import train as train_network  # noqa: PLC0415 (torch)

    inner = Window.of(train, cut=cut - JUDGED_DAYS, days=JUDGED_DAYS)
    asked = inner.tests[View.WINDOW]

    def judged(network: Network) -> float:
        lists = lists_of(
            _served(as_arrays(network, train.item_ids), inner.train, inner.cut),
            inner.train,
            asked.shoppers,
            View.WINDOW,
            length=10,
        )
        return float(judge(lists, asked, cut_offs=(10,))["ndcg_10"].mean())

    first = train_network(
        inner.train,
        TrainingConfig(),
        seed=seed,
        clock=time.monotonic,
        progress=lambda *_: None,
        judge=judged if len(asked) else None,
    )
    whole = train_network(
        train,
        TrainingConfig(epochs=max(first.epochs, 1)),
        seed=seed,
        clock=time.monotonic,
        progress=lambda *_: None,
    )
    return _served(as_arrays(whole.network, train.item_ids), train, cut)


def _served(arrays: personal.Arrays, train: Histories, cut: float) -> Scorer:
    def score(shoppers: Ids, _: View) -> Scores:
        return np.stack([_of_one(arrays, train, cut, int(shopper)) for shopper in shoppers])

    return score


def _of_one(arrays: personal.Arrays, train: Histories, cut: float, shopper: int) -> Scores:
    span = slice(train.offsets[shopper], train.offsets[shopper + 1])
    history, at = np.unique(train.items[span].astype(np.int64), return_inverse=True)
    weights = np.bincount(at, weights=0.5 ** ((cut - train.days[span]) / HALF_LIFE_DAYS)).astype(np.float32)
    return personal.served_scores(personal.network_scores(arrays, history, weights), history, weights)


def _fit(learning: Learning) -> Scorer:
    return fit(learning.train, learning.cut, None, seed=learning.seed)


OURS = Peer("ours", _fit, [{}], needs=("torch",), is_random=True)
