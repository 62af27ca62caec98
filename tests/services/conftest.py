"""A small shop with orders, and a network that says what a test wants."""

from types import SimpleNamespace

import numpy as np
import pytest

from recommendations.data.histories import History
from recommendations.models import Item
from recommendations.ranking.past import past_of
from recommendations.ranking.served import Suggested
from recommendations.selectors.histories import DAY
from recommendations.services import personal
from tests.factories import NOW, fold_all, make_order


@pytest.fixture
def sold(db, stocked):
    """`a` was sold with `b` three times, with `c` twice and with `d` once; `e` alone, once."""
    for other in "bbbccd":
        make_order("a", other)
    make_order("e")
    fold_all()
    return stocked


@pytest.fixture
def network(monkeypatch):
    """A recommender that likes what it is told, for shoppers who bought what they are told, so many days ago."""

    def teach(scores, history, *, ages=None):
        ids = dict(Item.objects.values_list("key", "pk"))
        known = np.array([ids[key] for key in history], dtype=np.int64)
        days = NOW.timestamp() / DAY - np.array(ages or [30.0] * len(history))
        order = np.argsort(days, kind="stable")
        purchases = History(known[order], days[order], np.arange(len(history)))
        item_ids = np.array(sorted(ids.values()), dtype=np.int64)
        liked = {ids[key]: value for key, value in scores.items()}

        def suggest(bought, days, orders, *, now):
            past = past_of(np.searchsorted(item_ids, bought).astype(np.int32), days, orders, now)
            listed = np.array(sorted(liked), dtype=np.int64)
            values = np.array([[liked[item]] * 3 for item in listed.tolist()], dtype=np.float32)
            return Suggested(listed, values, np.isin(listed, bought), past)

        recommender = SimpleNamespace(item_ids=item_ids, suggest=suggest)
        monkeypatch.setattr(personal.store, "live", lambda _: SimpleNamespace(artefact_id=7, arrays={}))
        monkeypatch.setattr(personal, "shopper_history", lambda _: purchases)
        monkeypatch.setattr(personal, "recommender_of", lambda _: recommender)
        return recommender

    return teach
