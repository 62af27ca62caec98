"""Runs are asked for once, taken under a lease and fenced."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from recommendations.exceptions import LeaseLost, NotEnoughData
from recommendations.models import JobKind, JobRun, JobState
from recommendations.services import jobs
from tests.factories import NOW

LATER = NOW + timedelta(seconds=61)


@pytest.fixture
def queued(db):
    return jobs.request(JobKind.MINE, slot="sequence-1")[0]


@pytest.fixture
def lease(queued):
    return jobs.claim(queued.pk, now=NOW)


@pytest.mark.sql
def test_asking_twice_for_a_slot_is_one_run(db):
    first, brought_about = jobs.request(JobKind.MINE, slot="sequence-1", requested_by="anna")
    again, once_more = jobs.request(JobKind.MINE, slot="sequence-1", requested_by="berta")

    assert (brought_about, once_more) == (True, False)
    assert again == first
    assert JobRun.objects.get().requested_by == "anna"


@pytest.mark.sql
def test_while_a_run_is_open_another_slot_of_its_kind_gets_that_run(queued):
    run, brought_about = jobs.request(JobKind.MINE, slot="sequence-2")

    assert (run, brought_about) == (queued, False)
    assert jobs.request(JobKind.TRAIN, slot="sequence-2")[1]


def test_a_slot_that_was_done_is_not_run_again(lease):
    lease.done({})

    run, brought_about = jobs.request(JobKind.MINE, slot="sequence-1")

    assert (run.state, brought_about) == (JobState.DONE, False)
    assert jobs.request(JobKind.MINE, slot="sequence-2")[1]


def test_a_failed_run_is_opened_again_until_its_attempts_are_used_up(settings, queued):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "JOB_ATTEMPTS": 2}
    outcomes = []
    for _ in range(3):
        lease = jobs.claim(queued.pk, now=NOW)
        if lease is not None:
            lease.fail("no luck")
        outcomes.append(jobs.request(JobKind.MINE, slot="sequence-1")[1])

    assert outcomes == [True, False, False]
    queued.refresh_from_db()
    assert (queued.state, queued.attempts, queued.error) == (JobState.FAILED, 2, "no luck")


@pytest.mark.sql
def test_a_failed_run_stays_failed_while_another_of_its_kind_is_open(lease):
    lease.fail("no luck")
    jobs.request(JobKind.MINE, slot="sequence-2")

    with transaction.atomic():
        run, brought_about = jobs.request(JobKind.MINE, slot="sequence-1")
        assert JobRun.objects.count() == 2, "the transaction is still usable"

    assert (run.state, brought_about) == (JobState.FAILED, False)


@pytest.mark.sql
def test_a_request_that_another_one_overtakes_finds_its_run_and_leaves_the_transaction_usable(db, monkeypatch):
    find = JobRun.objects.filter
    overtaken = []

    def find_too_early(**conditions):
        if not overtaken:
            overtaken.append(JobRun.objects.create(kind=JobKind.MINE, slot="sequence-1"))
            return JobRun.objects.none()
        return find(**conditions)

    monkeypatch.setattr(JobRun.objects, "filter", find_too_early)
    monkeypatch.setattr(JobRun.objects, "open", JobRun.objects.none, raising=True)
    with transaction.atomic():
        run, brought_about = jobs.request(JobKind.MINE, slot="sequence-1")
        assert JobRun.objects.count() == 1

    assert (run, brought_about) == (overtaken[0], False)


@pytest.mark.sql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_transaction", [False, True])
def test_fifty_requests_at_once_are_one_run(in_transaction):
    together = threading.Barrier(50)

    def ask(number):
        try:
            together.wait()
            if not in_transaction:
                return jobs.request(JobKind.TRAIN, slot=f"sequence-{number % 2}")
            with transaction.atomic():
                return jobs.request(JobKind.TRAIN, slot=f"sequence-{number % 2}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(ask, range(50)))

    assert JobRun.objects.count() == 1
    assert {run.pk for run, _ in answers} == {JobRun.objects.get().pk}
    assert sum(brought_about for _, brought_about in answers) == 1


@pytest.mark.sql
def test_a_claim_takes_a_queued_run_and_nobody_else_gets_it(queued):
    lease = jobs.claim(queued.pk, now=NOW)

    assert lease == jobs.Lease(queued.pk, token=1)
    assert jobs.claim(queued.pk, now=NOW + timedelta(seconds=59)) is None
    queued.refresh_from_db()
    assert (queued.state, queued.attempts, queued.lease_until) == (JobState.RUNNING, 1, NOW + timedelta(seconds=60))


@pytest.mark.sql
def test_a_run_whose_holder_fell_silent_is_claimed_anew_and_the_former_holder_is_shut_out(lease):
    successor = jobs.claim(lease.job_id, now=LATER)

    assert successor.token == lease.token + 1
    for word in (lambda: lease.progress(0.5, "half"), lambda: lease.done({}), lambda: lease.fail("x"), lease.renew):
        with pytest.raises(LeaseLost):
            word()
    run = JobRun.objects.get()
    assert (run.state, run.progress, run.error) == (JobState.RUNNING, 0, "")
    successor.done({"rules": 3})
    run.refresh_from_db()
    assert (run.state, run.progress, run.result, run.lease_until) == (JobState.DONE, 1, {"rules": 3}, None)


@pytest.mark.sql
def test_a_run_that_only_ever_falls_silent_is_quarantined_and_says_so(settings, queued):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "JOB_ATTEMPTS": 2}
    for number in range(2):
        assert jobs.claim(queued.pk, now=NOW + timedelta(minutes=2 * number))

    assert jobs.claim(queued.pk, now=NOW + timedelta(minutes=5)) is None
    queued.refresh_from_db()
    assert (queued.state, queued.attempts) == (JobState.FAILED, 2)
    assert "given up after 2 attempts" in queued.error
    assert jobs.request(JobKind.MINE, slot="sequence-1") == (queued, False)


def test_progress_renews_the_lease_and_is_kept_in_bounds(lease):
    JobRun.objects.update(lease_until=NOW)

    lease.progress(1.7, "ä" * 300)

    run = JobRun.objects.get()
    assert (run.progress, run.message) == (1, "ä" * 200)
    assert run.lease_until > timezone.now() + timedelta(seconds=50)


def test_a_run_that_ended_takes_no_more_words(lease):
    lease.skip("nothing to mine")

    with pytest.raises(LeaseLost):
        lease.progress(0.5, "still here")
    run = JobRun.objects.get()
    assert (run.state, run.message) == (JobState.SKIPPED, "nothing to mine")


@pytest.mark.sql
def test_an_error_with_characters_that_a_database_refuses_is_kept(lease):
    lease.fail("bad \x00 byte")

    assert JobRun.objects.get().error == "bad  byte"


def test_one_run_at_a_time_the_longest_waiting_first(queued):
    training = jobs.request(JobKind.TRAIN, slot="sequence-1")[0]

    assert jobs.next_to_run(now=NOW) == queued.pk
    lease = jobs.claim(queued.pk, now=NOW)
    assert jobs.next_to_run(now=NOW) is None, "one is at work"
    assert jobs.next_to_run(now=LATER) == queued.pk, "it fell silent"
    lease.done({})
    assert jobs.next_to_run(now=NOW) == training.pk


@pytest.mark.parametrize(
    ("ending", "state"),
    [(None, JobState.DONE), (NotEnoughData("3 orders"), JobState.SKIPPED), (LeaseLost(""), JobState.RUNNING)],
)
def test_the_row_says_how_the_work_ended(lease, ending, state):
    def work(progress):
        progress(0.5, "half")
        if ending is not None:
            raise ending
        return {"rules": 3}

    jobs.run(lease, work)

    assert JobRun.objects.get().state == state


@pytest.mark.parametrize("ending", [ZeroDivisionError("by nought"), SystemExit(1)])
def test_work_that_breaks_fails_the_run_and_is_raised_again(lease, ending):
    def work(progress):
        raise ending

    with pytest.raises(type(ending)):
        jobs.run(lease, work)

    run = JobRun.objects.get()
    assert run.state == JobState.FAILED
    assert type(ending).__name__ in run.error


@pytest.mark.sql
@pytest.mark.django_db(transaction=True)
def test_work_without_progress_keeps_its_lease(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "JOB_LEASE_SECONDS": 5}
    run = jobs.request(JobKind.MINE, slot="sequence-1")[0]
    lease = jobs.claim(run.pk, now=timezone.now())
    first = JobRun.objects.get().lease_until
    renewed = threading.Event()

    def work(progress):
        for _ in range(50):
            if JobRun.objects.get().lease_until > first:
                renewed.set()
                break
            threading.Event().wait(0.1)
        return {}

    jobs.run(lease, work)

    assert renewed.is_set()


def test_a_cancelled_run_is_over_and_its_holder_shut_out(db):
    run, _ = jobs.request(JobKind.MINE, slot="s")
    lease = jobs.claim(run.pk, now=NOW)
    assert jobs.cancel(run, reason="enough")
    assert (run.state, run.message, run.lease_until) == (JobState.SKIPPED, "enough", None)
    assert not lease.is_held()
    assert not jobs.cancel(run, reason="again")
    assert jobs.request(JobKind.MINE, slot="s") == (run, False)
    assert jobs.take_up_again(run, ended=JobState.SKIPPED)
    assert run.state == JobState.QUEUED
    assert not jobs.take_up_again(run, ended=JobState.SKIPPED)


def test_a_cancelled_run_is_not_taken_up_beside_another_one_of_its_kind(db):
    run, _ = jobs.request(JobKind.MINE, slot="s")
    jobs.cancel(run, reason="enough")
    jobs.request(JobKind.MINE, slot="t")
    assert not jobs.take_up_again(run, ended=JobState.SKIPPED)
    run.refresh_from_db()
    assert run.state == JobState.SKIPPED
