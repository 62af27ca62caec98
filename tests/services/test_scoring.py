"""An artefact judged as it serves."""

import numpy as np

from recommendations.data.histories import Histories
from recommendations.evaluation.views import View
from recommendations.services import scoring


def arrays(*item_ids):
    """Whoever bought anything likes the last item best."""
    size = len(item_ids)
    return {
        "item_ids": np.array(item_ids, dtype="<i8"),
        "inputs": np.ones((size, 2), dtype="<f4"),
        "outputs": np.arange(2 * size, dtype="<f4").reshape(size, 2),
        "bias": np.zeros(size, dtype="<f4"),
    }


TRAIN = Histories(
    offsets=np.array([0, 2, 3, 3]),
    items=np.array([0, 2, 1], dtype=np.int32),
    days=np.array([1.0, 2.0, 2.0]),
    orders=np.array([1, 2, 3]),
    item_ids=np.array([10, 20, 30, 40]),
)


def test_items_that_the_artefact_does_not_know_are_not_listed():
    """It knows 10, 30 and an item that is sold no more."""
    (scores,) = scoring.learnt(arrays(10, 30, 99), TRAIN, cut=3.0)(np.array([0]), View.WINDOW)
    assert np.isfinite(scores).tolist() == [True, False, True, False]
    assert scores[2] > scores[0]


def test_who_bought_nothing_that_it_knows_gets_best_sellers():
    sold = [1, 1, 1, 0]
    for shopper in (1, 2):
        for kind in (scoring.served, scoring.learnt):
            (scores,) = kind(arrays(10, 30), TRAIN, cut=3.0)(np.array([shopper]), View.WINDOW)
            assert scores.tolist() == sold


def test_own_purchases_count_in_what_is_served_and_not_in_what_was_learnt():
    served, learnt = (
        kind(arrays(10, 20, 30, 40), TRAIN, cut=3.0)(np.array([0]), View.WINDOW)[0]
        for kind in (scoring.served, scoring.learnt)
    )
    assert served.argsort()[-2:].tolist() == [0, 2]
    assert learnt.argmax() == 3
