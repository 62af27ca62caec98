import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.ranking import slates
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.past import past_of
from recommendations.ranking.slates import COLUMNS
from tests.recommender import market_of


def past(*items):
    """Each an order of its own, the last of today."""
    count = len(items)
    return past_of(np.array(items, dtype=np.int32), 100.0 - np.arange(count)[::-1], np.arange(count), 100.0)


def sold(*items, of):
    """What was sold today, by one shopper each."""
    count = len(items)
    return Histories(
        np.arange(count + 1), np.array(items, dtype=np.int32), np.full(count, 99.0), np.arange(count), np.arange(of)
    )


def likes(n, pairs):
    dense = np.zeros((n, n))
    for item, other in pairs:
        dense[item, other] = 1.0
    return dense


def test_candidates_are_own_items_what_sources_propose_and_best_sellers(monkeypatch):
    monkeypatch.setattr(slates, "MOST_POPULAR", 1)
    market = market_of(likes(8, [(2, 5)]), histories=sold(7, 7, 6, of=8))
    slate = market.slate(past(2, 3))
    assert slate.items.tolist() == [2, 3, 5, 7]
    assert slate.bought.tolist() == [True, True, False, False]
    assert slate.values.shape == (4, COLUMNS)


def test_there_are_never_more_than_allowed(monkeypatch):
    monkeypatch.setattr(slates, "MOST_OWN", 2)
    monkeypatch.setattr(slates, "MOST_POPULAR", 0)
    monkeypatch.setattr(slates, "EACH_SOURCE", 3)
    market = market_of(likes(20, [(4, other) for other in range(8, 20)]))
    slate = market.slate(past(1, 2, 3, 4))
    assert slate.items[slate.bought].tolist() == [3, 4], "what was bought latest"
    assert slate.bought.sum() == 2
    assert (~slate.bought).sum() == 3


def test_who_sells_better_is_proposed_first(monkeypatch):
    monkeypatch.setattr(slates, "MOST_POPULAR", 0)
    monkeypatch.setattr(slates, "EACH_SOURCE", 1)
    market = market_of(likes(6, [(0, 3), (0, 4), (0, 5)]), histories=sold(4, 4, of=6))
    assert market.slate(past(0)).items.tolist() == [0, 4]


TEXTS = Kinds(
    np.array([[0, -1, 0], [0, 1, -1], [-1, -1, -1]], dtype=np.int32),
    np.log(np.array([1.0, 2.0, 4.0], dtype=np.float32)),
    np.eye(3, dtype=np.float32),
)


@pytest.mark.parametrize(
    ("market", "bought"),
    [
        (market_of(np.zeros((1, 1))), [0]),
        (market_of(np.zeros((3, 3))), [1]),
        (market_of(likes(3, [(0, 1)]), histories=sold(0, 1, of=3), kinds=TEXTS), [0, 1, 0]),
        (market_of(-likes(3, [(0, 1)]), vectors=np.eye(3, 2)), [0]),
    ],
    ids=["one item", "one purchase", "kinds and texts", "only dislikes"],
)
def test_values_are_finite(market, bought):
    slate = market.slate(past(*bought))
    assert set(bought) <= set(slate.items.tolist())
    assert slate.values.dtype == np.float32
    assert np.isfinite(slate.values).all()
