"""A network artefact as the recommender that serves, over the whole catalogue and for many shoppers: to judge it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import HALF_LIFE_DAYS, Histories
from recommendations.evaluation.baselines import most_popular
from recommendations.evaluation.judging import Scorer
from recommendations.evaluation.views import View
from recommendations.ranking import personal

Arrays = Mapping[str, NDArray[Any]]


def served(arrays: Arrays, train: Histories, *, cut: float) -> Scorer:
    """What the shoppers of `train` would be served at `cut` (days since the epoch).

    The artefact may know other items than `train`: what it does not know is not listed, and whoever bought nothing
    that it knows gets bestsellers, as in the shop.
    """

    def score(ids: NDArray[np.int64], weights: NDArray[np.float32]) -> tuple[Any, Any] | None:
        return personal.score(arrays, ids, weights)

    return _scorer(score, train, cut)


def learnt(arrays: Arrays, train: Histories, *, cut: float) -> Scorer:
    """The same without the shoppers' own purchases, which nobody has to learn: only what training brought."""

    def score(ids: NDArray[np.int64], weights: NDArray[np.float32]) -> tuple[Any, Any] | None:
        known = np.isin(ids, arrays["item_ids"])
        if not known.any():
            return None
        rows = np.searchsorted(arrays["item_ids"], ids[known])
        return arrays["item_ids"], personal.network_scores(arrays, rows, weights[known])

    return _scorer(score, train, cut)


def _scorer(score: Any, train: Histories, cut: float) -> Scorer:
    bestsellers = most_popular(train)(np.zeros(1, dtype=np.int64), View.WINDOW)[0]
    decayed = 0.5 ** ((cut - train.days) / HALF_LIFE_DAYS)

    def of(shopper: int) -> NDArray[np.float32]:
        span = slice(train.offsets[shopper], train.offsets[shopper + 1])
        items, at = np.unique(train.items[span], return_inverse=True)
        weights = np.bincount(at, weights=decayed[span], minlength=len(items)).astype(np.float32)
        scored = score(train.item_ids[items], weights)
        if scored is None:
            return np.asarray(bestsellers, dtype=np.float32)
        ids, values = scored
        columns = np.minimum(np.searchsorted(train.item_ids, ids), len(train.item_ids) - 1)
        known = train.item_ids[columns] == ids
        row = np.full(len(train.item_ids), -np.inf, dtype=np.float32)
        row[columns[known]] = values[known]
        return row

    return lambda shoppers, _: np.stack([of(int(shopper)) for shopper in shoppers])
