"""A recommender as a scorer over the whole catalogue, for many shoppers: what they would be served, to be judged."""

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories
from recommendations.evaluation.baselines import most_popular
from recommendations.evaluation.judging import Scorer
from recommendations.evaluation.views import View
from recommendations.ranking.ranker import Head
from recommendations.ranking.served import Recommender

Ids = NDArray[np.int64]

HEAD_OF = {
    View.NEXT_BASKET: Head.NEXT_BASKET,
    View.WINDOW: Head.WINDOW,
    View.NEW_ITEMS: Head.NEW_ITEMS,
    View.NEXT_BASKET_NEW: Head.NEW_ITEMS,
}


def scorer_of(recommender: Recommender, train: Histories, *, now: float) -> Scorer:
    """What is served to the shoppers of `train` at `now` (days since the epoch); best sellers where it knows nothing.

    The recommender may know other items than `train`: what it does not know is not listed. A shopper's candidates are
    worked out once, whatever views are asked about.
    """
    bestsellers = most_popular(train)(np.zeros(1, dtype=np.int64), View.WINDOW)[0]
    n = len(train.item_ids)
    worked_out: dict[int, tuple[Ids, NDArray[np.float32]] | None] = {}

    def candidates(shopper: int) -> tuple[Ids, NDArray[np.float32]] | None:
        span = slice(train.offsets[shopper], train.offsets[shopper + 1])
        ids = train.item_ids[train.items[span]]
        suggested = recommender.suggest(ids, train.days[span], train.orders[span], now=now)
        if suggested is None:
            return None
        places = np.minimum(np.searchsorted(train.item_ids, suggested.item_ids), n - 1)
        known = train.item_ids[places] == suggested.item_ids
        return places[known], suggested.scores[known]

    def scored(shoppers: Ids, view: View) -> NDArray[np.float32]:
        found = np.full((len(shoppers), n), -np.inf, dtype=np.float32)
        for row, shopper in enumerate(shoppers.tolist()):
            if shopper not in worked_out:
                worked_out[shopper] = candidates(shopper)
            told = worked_out[shopper]
            if told is None:
                found[row] = bestsellers
            else:
                found[row, told[0]] = told[1][:, HEAD_OF[view]]
        return found

    return scored
