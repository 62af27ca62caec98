"""What the exposure of items takes off their scores."""

import numpy as np
import pytest
import torch

from recommendations.neural.exposure import STRENGTHS, choose_strengths, discount_of
from recommendations.neural.ranker import Ranker, RankerConfig, Window

ITEMS, SHOPPERS = 40, 150


def ranker_of_first_column():
    """Scores every head by the first column."""
    ranker = Ranker(
        RankerConfig(networks=1, hidden=2, second=2),
        mean=torch.zeros(1),
        scale=torch.ones(1),
        generator=torch.Generator().manual_seed(0),
    )
    with torch.no_grad():
        for weights in (ranker.weights_1, ranker.weights_2, ranker.weights_3):
            weights.zero_()
        ranker.skip.fill_(1.0)
    return ranker.eval()


def window_of(scores, wanted):
    """All items are candidates of everybody: scores [shoppers, items], wanted the one item of each shopper."""
    shoppers, items = scores.shape
    labels = np.repeat((np.arange(items) == wanted[:, None]).reshape(-1, 1), 3, axis=1)
    return Window(
        np.arange(shoppers + 1) * items,
        scores.reshape(-1, 1).astype(np.float32),
        np.zeros(shoppers * items, dtype=bool),
        labels,
        np.ones((shoppers, 3), dtype=np.int64),
        np.tile(np.arange(items), shoppers),
    )


def shop(*, wanted_is_popular, shoppers=SHOPPERS):
    """Ten best sellers score a little more than all else but the item that is this shopper's own."""
    rng = np.random.default_rng(1)
    scores = rng.random((shoppers, ITEMS)) * 0.01
    scores[:, :10] += 0.1
    own = rng.integers(10, ITEMS, shoppers)
    scores[np.arange(shoppers), own] += 0.09
    return window_of(scores, rng.integers(0, 10, shoppers) if wanted_is_popular else own)


def test_an_item_pays_for_how_much_more_often_than_evenly_it_is_shown():
    window = shop(wanted_is_popular=True)
    found = discount_of(ranker_of_first_column(), window, items=ITEMS + 5, strengths=np.array([0.1, 0.2, 0.0]))
    assert found.shape == (ITEMS + 5, 3)
    shown_always = np.log1p((ITEMS + 5) / 10)
    assert found[:9, 0] == pytest.approx(0.1 * shown_always, rel=0.1)
    assert found[:, 1] == pytest.approx(2 * found[:, 0])
    assert not found[:, 2].any()
    assert not found[ITEMS:].any(), "nobody saw these"


def test_what_is_not_new_is_not_shown_as_new():
    window = shop(wanted_is_popular=True)
    window.bought[window.items == 0] = True
    found = discount_of(ranker_of_first_column(), window, items=ITEMS, strengths=np.ones(3))
    assert found[0, 0] > 0
    assert found[0, 2] == 0


def test_exposure_counts_as_far_as_lists_do_not_get_worse():
    ranker, popular, own = ranker_of_first_column(), shop(wanted_is_popular=True), shop(wanted_is_popular=False)
    assert choose_strengths(ranker, own, own, items=ITEMS).tolist() == [max(STRENGTHS)] * 3
    assert (choose_strengths(ranker, popular, popular, items=ITEMS) < max(STRENGTHS)).all()


def test_few_shoppers_decide_nothing():
    few = shop(wanted_is_popular=False, shoppers=99)
    assert choose_strengths(ranker_of_first_column(), few, few, items=ITEMS).tolist() == [0.0] * 3
