"""Old history goes, everything else stays."""

import uuid
from datetime import timedelta

import pytest

from recommendations.models import BrowseLog, Impression, JobKind, JobLog, JobRun, JobState, LogLevel, Order, Shopper
from recommendations.services import prune
from tests.factories import NOW, make_item, make_order

OLD, YOUNG = NOW - timedelta(days=181), NOW - timedelta(days=179)


def view(at):
    shopper = Shopper.objects.get_or_create(key="user:1")[0]
    return BrowseLog.objects.create(
        event_id=uuid.uuid4(), shopper=shopper, item=make_item("a"), kind="view", at=at, body_digest=""
    )


def shown(at):
    return Impression.objects.create(recommendation=uuid.uuid4(), placement="cart", served_at=at, shown_at=at)


@pytest.mark.sql
def test_what_is_past_its_time_goes_and_the_rest_stays(stocked, db, monkeypatch):
    monkeypatch.setattr(prune, "ROWS_AT_ONCE", 2)
    kept = view(YOUNG), shown(YOUNG)
    for _ in range(5):
        view(OLD)
        shown(OLD)
    make_order("a", at=OLD)
    ended = JobRun.objects.create(kind=JobKind.MINE, slot="1", state=JobState.DONE, finished_at=OLD)
    JobLog.objects.create(job=ended, at=OLD, level=LogLevel.INFO, text="lines of a run are no runs")
    waiting = JobRun.objects.create(kind=JobKind.MINE, slot="2", state=JobState.QUEUED)
    words = []

    deleted = prune.prune(progress=lambda share, message: words.append((share, message)), now=NOW)

    assert deleted == {"events": 5, "impressions": 5, "outcomes": 0, "jobs": 1}
    assert (BrowseLog.objects.get(), Impression.objects.get()) == kept
    assert list(JobRun.objects.all()) == [waiting] != [ended]
    assert Order.objects.count() == 1
    assert words[-1] == (1.0, "5 events, 5 impressions, 0 outcomes, 1 jobs")


def test_nothing_old_is_nothing_to_do(db):
    assert prune.prune(progress=lambda *_: None, now=NOW) == {"events": 0, "impressions": 0, "outcomes": 0, "jobs": 0}
