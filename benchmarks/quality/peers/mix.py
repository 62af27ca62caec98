"""The control without learning: TIFU-KNN plus item kNN, each to at most 1, times recent sales to a power."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.quality.peers.items import ITEM_KNN
from benchmarks.quality.peers.learning import Ids, Learning, Peer, Setting
from benchmarks.quality.peers.next_basket import TIFU
from recommendations.evaluation.judging import Scorer, Scores
from recommendations.evaluation.views import View

TRENDS = [{"days": days, "gamma": gamma} for days in (14, 28) for gamma in (0.1, 0.2, 0.35, 0.5)]


def mix(learning: Learning, *, days: float, gamma: float, tifu: Setting, item_knn: Setting) -> Scorer:
    """New items: item kNN alone."""
    repeat = learning.once(f"tifu {sorted(tifu.items())}", lambda: TIFU.fit(learning, **tifu))
    alike = learning.once(f"item kNN {sorted(item_knn.items())}", lambda: ITEM_KNN.fit(learning, **item_knn))
    recent = learning.train.items[learning.train.days >= learning.cut - days]
    trend = ((np.bincount(recent, minlength=len(learning.train.item_ids)) + 1) ** gamma).astype(np.float32)

    def score(shoppers: Ids, view: View) -> Scores:
        found = _scaled(alike(shoppers, view))
        if not view.is_new_alone:
            found += _scaled(repeat(shoppers, view))
        return found * trend

    return score


def settings_after(chosen: Mapping[str, Mapping[View, Setting]]) -> Mapping[View, Sequence[Setting]]:
    """Both parts as they were tuned alone for a view, with each trend."""
    return {
        view: [{**trend, "tifu": chosen[TIFU.name][view], "item_knn": setting} for trend in TRENDS]
        for view, setting in chosen[ITEM_KNN.name].items()
    }


def _scaled(scores: Scores) -> Scores:
    return scores / np.maximum(scores.max(axis=1, keepdims=True), 1e-9)


MIX = Peer("mix", mix, [])
