"""A small shop with orders, and a network that says what a test wants."""

from types import SimpleNamespace

import numpy as np
import pytest

from recommendations.data.histories import History
from recommendations.models import Item
from recommendations.services import personal
from tests.factories import fold_all, make_order


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
        known = History(
            item_ids=np.array([ids[key] for key in history], dtype=np.int64),
            weights=np.ones(len(history), dtype=np.float32),
            ages=np.array(ages or [30 * 86_400.0] * len(history)),
        )
        scored = (
            np.array([ids[key] for key in scores], dtype=np.int64),
            np.array(list(scores.values()), dtype=np.float32),
        )
        monkeypatch.setattr(personal.store, "live", lambda _: loaded)
        monkeypatch.setattr(personal, "shopper_history", lambda *_, **__: known)
        monkeypatch.setattr(personal.personal, "score", lambda *_: scored)

    return teach
