"""Sessions are learnt from what shoppers viewed, and serve where they say more than what is popular."""

import uuid
from datetime import timedelta

import numpy as np
import pytest

from recommendations import store
from recommendations.exceptions import NotEnoughData
from recommendations.models import ArtefactKind, ArtefactStatus, BrowseLog, Consent, LivePointer, Shopper
from recommendations.ranking.session import session_scores
from recommendations.selectors.persons import person
from recommendations.services import train_sessions as module
from recommendations.services.train_sessions import train_sessions
from tests.factories import NOW, make_item
from tests.services.artefacts import view

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fake_catalogue")]

ITEMS = [f"ring-{number}" for number in range(8)]


@pytest.fixture(autouse=True)
def small(settings, tmp_path):
    changes = {"STORE_DIR": str(tmp_path), "TRAIN_EPOCHS": 1}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **changes}
    store._loaded.clear()


def browse(following, *, visitors=120, consent=Consent.UNDECIDED):
    """Visits of three views each in the last two months; `following` gives the items of a visit from a number."""
    rng = np.random.default_rng(1)
    items = [make_item(key) for key in ITEMS]
    people = Shopper.objects.bulk_create(Shopper(key=f"anon:{uuid.uuid4()}", consent=consent) for _ in range(visitors))
    logs = []
    for number, shopper in enumerate(people):
        begun = NOW - timedelta(days=60) + timedelta(days=59) * number / visitors
        for step, place in enumerate(following(rng)):
            at = begun + timedelta(minutes=step)
            logs.append(
                BrowseLog(
                    event_id=uuid.uuid4(), shopper=shopper, item=items[place], kind="view", at=at, dwell_seconds=60
                )
            )
    BrowseLog.objects.bulk_create(logs)


def along_the_ring(rng):
    start = int(rng.integers(0, len(ITEMS)))
    return [(start + step) % len(ITEMS) for step in range(3)]


def trained(**changes):
    return train_sessions(progress=lambda *_: None, now=NOW, clock=lambda: 0.0, **changes)


def test_what_is_viewed_next_is_learnt_and_serves():
    browse(along_the_ring)
    artefact = trained()
    assert artefact.status == ArtefactStatus.PUBLISHED
    assert artefact.metrics["ndcg_20"] > artefact.metrics["ndcg_20_most_popular"]
    loaded = store.live(ArtefactKind.SESSION)
    assert loaded.artefact_id == artefact.pk
    view("ring-3", shopper="user:1")
    events = person("user:1", since=NOW - timedelta(minutes=30)).events
    best = int(loaded.arrays["item_ids"][session_scores(loaded.arrays, events).argmax()])
    assert best == make_item("ring-4").pk


def test_what_is_worse_than_the_popular_is_refused_with_the_reason(monkeypatch):
    """Scores that are all equal rank what came next last: ties count against."""
    browse(along_the_ring)
    monkeypatch.setattr(module, "session_scores", lambda arrays, _: np.zeros_like(arrays["session_popular"]))
    artefact = trained()
    assert artefact.status == ArtefactStatus.REFUSED
    assert artefact.reason.startswith("NDCG@20 of the next view is 0.")
    assert not LivePointer.objects.exists()


def test_a_shop_without_browsing_has_not_enough():
    with pytest.raises(NotEnoughData, match="there are none"):
        trained()


def test_few_views_are_not_enough():
    browse(along_the_ring, visitors=8)
    with pytest.raises(NotEnoughData, match="there are"):
        trained()


def test_nothing_is_learnt_from_who_refused():
    browse(along_the_ring, consent=Consent.REFUSED)
    with pytest.raises(NotEnoughData, match="there are none"):
        trained()


def test_progress_never_falls():
    browse(along_the_ring)
    told = []
    train_sessions(progress=lambda share, _: told.append(share), now=NOW, clock=lambda: 0.0)
    assert told == sorted(told)
    assert 0 < told[-1] <= 1
