"""An artefact judged as it serves."""

import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.evaluation.views import View
from recommendations.ranking.served import Recommender
from recommendations.services.scoring import scorer_of
from tests.recommender import recommender_arrays


def scores(item_ids, shopper, view=View.WINDOW):
    """Of a recommender for which whoever bought anything likes the last item best, and then what they bought."""
    says = np.zeros((len(item_ids),) * 2)
    says[:-1, -1] = 1.0
    recommender = Recommender.of(recommender_arrays(item_ids, says, repeats=0.5))
    return scorer_of(recommender, TRAIN, now=3.0)(np.array([shopper]), view)[0]


TRAIN = Histories(
    offsets=np.array([0, 2, 3, 3]),
    items=np.array([0, 2, 1], dtype=np.int32),
    days=np.array([1.0, 2.0, 2.0]),
    orders=np.array([1, 2, 3]),
    item_ids=np.array([10, 20, 30, 40]),
)


@pytest.mark.parametrize("view", list(View))
def test_what_is_served_is_what_is_scored(view):
    found = scores([10, 20, 30, 40], 0, view)
    assert found.argmax() == 3
    assert found.argsort()[-3:-1].tolist() == [0, 2]


def test_items_that_the_artefact_does_not_know_are_not_listed():
    """It knows 10, 30 and an item that is sold no more."""
    found = scores([10, 30, 99], 0)
    assert np.isfinite(found).tolist() == [True, False, True, False]


def test_who_bought_nothing_that_it_knows_gets_best_sellers():
    for shopper in (1, 2):
        assert scores([10, 30], shopper).tolist() == [1, 1, 1, 0]


def test_a_shoppers_candidates_are_worked_out_once():
    asked = []

    class Counted:
        def suggest(self, *_, now):
            asked.append(now)

    scorer = scorer_of(Counted(), TRAIN, now=3.0)
    for view in View:
        scorer(np.array([0, 1]), view)
    assert asked == [3.0, 3.0]
