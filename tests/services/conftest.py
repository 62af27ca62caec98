"""A small shop with orders, and a network that says what a test wants."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from recommendations.data.histories import History
from recommendations.models import ArtefactKind, Item
from recommendations.ranking.past import past_of
from recommendations.ranking.served import Suggested
from recommendations.services import asker, personal
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
    """A network that likes what it is told, for shoppers who once bought what they are told."""

    def teach(scores, history, *, ages=None):
        ids = dict(Item.objects.values_list("key", "pk"))
        loaded = SimpleNamespace(artefact_id=7, arrays={})
        today = NOW.timestamp() / 86_400.0
        known = History(
            item_ids=np.array([ids[key] for key in history], dtype=np.int64),
            days=today - np.array(ages or [30.0] * len(history), dtype=np.float64),
            orders=np.arange(len(history), dtype=np.int64),
        )
        told = dict(sorted((ids[key], score) for key, score in scores.items()))
        item_ids = np.array(sorted(ids.values()), dtype=np.int64)

        def suggest(bought, days, orders, *, now, also):
            places = np.searchsorted(item_ids, bought).astype(np.int32)
            return Suggested(
                item_ids=np.array(list(told), dtype=np.int64),
                scores=np.tile(np.array(list(told.values()), dtype=np.float32)[:, None], 3),
                bought=np.isin(list(told), bought),
                past=past_of(places, days, orders, now),
            )

        recommender = SimpleNamespace(item_ids=item_ids, suggest=suggest)
        monkeypatch.setattr(personal.store, "live", lambda _: loaded)
        monkeypatch.setattr(personal.store, "pointed", lambda kind, _: loaded if kind == ArtefactKind.NETWORK else None)
        original = asker.person
        monkeypatch.setattr(asker, "person", lambda *key, **read: replace(original(*key, **read), history=known))
        monkeypatch.setattr(personal, "recommender_of", lambda _: recommender)
        return recommender

    return teach


@pytest.fixture
def choose(settings):
    """Set some of the plugin's settings."""

    def choose(**options):
        settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **options}

    return choose
