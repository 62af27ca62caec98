"""Tasks carry ids; the rows decide."""

from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from recommendations import tasks
from recommendations.models import BasketTotals, JobKind, JobRun, Order
from recommendations.services import jobs
from tests.factories import make_order


@pytest.fixture
def sent(monkeypatch):
    """Ids of the jobs that were sent to a worker."""
    ids = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **_: ids.append(*args))
    return ids


@pytest.fixture
def started(monkeypatch):
    """Ids of the jobs whose process was started; each ends at once."""
    ids = []

    def start(lease):
        ids.append(lease.job_id)
        return nullcontext(SimpleNamespace(has_ended=lambda **_: True))

    monkeypatch.setattr(tasks, "JobProcess", start)
    return ids


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(tasks, "FOLD_SECONDS", 0.05)


def test_a_tick_folds_batch_after_batch_until_nothing_is_pending(settings, db, stocked):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "FOLD_BATCH": 2}
    for _ in range(5):
        make_order("a", "b")

    tasks.fold()

    assert not Order.objects.pending().exists()
    assert BasketTotals.objects.live().get().orders == 5


def test_a_tick_ends_in_its_time_and_the_next_one_goes_on(settings, db, stocked, monkeypatch):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "FOLD_BATCH": 1}
    monkeypatch.setattr(tasks, "FOLD_SECONDS", 0)
    for _ in range(2):
        make_order("a", "b")

    tasks.fold()
    assert Order.objects.pending().count() == 1
    tasks.fold()
    assert Order.objects.pending().count() == 0


def test_what_is_due_is_sent_one_run_at_a_time(db, stocked, sent):
    make_order("a", "b")
    tasks.fold()

    tasks.dispatch()
    mining, statistics, _, pruning = JobRun.objects.order_by("id")
    assert sent == [mining.pk]
    lease = jobs.claim(mining.pk, now=timezone.now())
    tasks.dispatch()
    assert sent == [mining.pk], "one is at work"
    lease.done({})
    tasks.dispatch()
    assert sent == [mining.pk, statistics.pk]
    assert pruning.kind == JobKind.PRUNE


def test_a_message_that_was_lost_is_sent_again(db, sent):
    run = jobs.request(JobKind.PRUNE, slot="x")[0]

    tasks.dispatch()
    tasks.dispatch()

    assert sent == [run.pk, run.pk]


def test_a_second_message_for_a_run_does_nothing(db, started):
    run = jobs.request(JobKind.PRUNE, slot="x")[0]

    tasks.run_job(run.pk)
    tasks.run_job(run.pk)

    assert started == [run.pk]


def test_a_killed_worker_s_job_is_claimed_again_after_its_lease(db, sent, started):
    run = jobs.request(JobKind.PRUNE, slot=timezone.localdate().isoformat())[0]
    jobs.claim(run.pk, now=timezone.now() - timedelta(hours=1))

    tasks.dispatch()
    assert sent == [run.pk]
    tasks.run_job(run.pk)

    run.refresh_from_db()
    assert (started, run.attempts, run.token) == ([run.pk], 2, 2)


def test_jobs_go_to_a_queue_of_their_own(db, monkeypatch):
    options = {}
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **given: options.update(given))
    jobs.request(JobKind.PRUNE, slot="x")

    tasks.dispatch()

    assert options["queue"] == "recommendations-jobs"
