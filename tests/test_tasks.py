"""Tasks carry ids; the rows decide."""

import os
import signal
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from recommendations import tasks
from recommendations.exceptions import NotEnoughData
from recommendations.models import BasketTotals, JobKind, JobRun, JobState, Order
from recommendations.services import jobs
from tests.factories import make_order


@pytest.fixture
def sent(monkeypatch):
    """Ids of the jobs that were sent to a worker."""
    ids = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **_: ids.append(*args))
    return ids


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
    mining, training, pruning = JobRun.objects.order_by("id")
    assert sent == [mining.pk]
    lease = jobs.claim(mining.pk, now=timezone.now())
    tasks.dispatch()
    assert sent == [mining.pk], "one is at work"
    lease.done({})
    tasks.dispatch()
    assert sent == [mining.pk, training.pk]
    assert pruning.kind == JobKind.PRUNE


def test_a_message_that_was_lost_is_sent_again(db, sent):
    run = jobs.request(JobKind.PRUNE, slot="x")[0]

    tasks.dispatch()
    tasks.dispatch()

    assert sent == [run.pk, run.pk]


def test_mining_publishes_rules_and_its_row_says_so(settings, db, stocked):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MIN_RULE_ORDERS": 2, "MIN_RULE_SHOPPERS": 2}
    for shopper in ("user:1", "user:2"):
        make_order("a", "b", shopper=shopper)
    make_order("c")
    tasks.fold()
    run = jobs.request(JobKind.MINE, slot="sequence-1")[0]

    tasks.run_job(run.pk)

    run.refresh_from_db()
    assert (run.state, run.result["rules"], run.error) == (JobState.DONE, 2, "")


def test_a_second_message_for_a_run_does_nothing(db, monkeypatch):
    times = []
    monkeypatch.setattr(tasks, "prune", lambda **_: times.append(1) or {})
    run = jobs.request(JobKind.PRUNE, slot="x")[0]

    tasks.run_job(run.pk)
    tasks.run_job(run.pk)

    assert times == [1]


def test_too_little_data_skips_the_run(db, monkeypatch):
    def too_early(**_):
        raise NotEnoughData("mining needs at least 1 counted order, there are 0")

    monkeypatch.setattr(tasks, "mine", too_early)
    run = jobs.request(JobKind.MINE, slot="sequence-0")[0]

    tasks.run_job(run.pk)

    run.refresh_from_db()
    assert (run.state, run.message) == (JobState.SKIPPED, "mining needs at least 1 counted order, there are 0")


def test_an_error_is_kept_in_the_row(db, monkeypatch):
    monkeypatch.setattr(tasks, "prune", lambda **_: 1 / 0)
    run = jobs.request(JobKind.PRUNE, slot="x")[0]

    with pytest.raises(ZeroDivisionError):
        tasks.run_job(run.pk)

    run.refresh_from_db()
    assert run.state == JobState.FAILED
    assert "ZeroDivisionError" in run.error


def test_a_killed_worker_s_job_is_claimed_again_after_its_lease(db, sent):
    run = jobs.request(JobKind.PRUNE, slot=timezone.now().date().isoformat())[0]
    jobs.claim(run.pk, now=timezone.now() - timedelta(hours=1))

    tasks.dispatch()
    assert sent == [run.pk]
    tasks.run_job(run.pk)

    run.refresh_from_db()
    assert (run.state, run.attempts, run.token) == (JobState.DONE, 2, 2)


@pytest.fixture
def training(monkeypatch, transactional_db):
    """A queued training whose process runs the given Python in place of torch."""

    def start(program):
        monkeypatch.setattr(
            tasks,
            "training_command",
            lambda lease: [sys.executable, "-c", program, str(lease.job_id), str(lease.token)],
        )
        return jobs.request(JobKind.TRAIN, slot="sequence-1")[0]

    return start


SLEEP = "import os, time; open({0!r}, 'w').write(str(os.getpid())); time.sleep(60)"


def run_in_thread(run):
    """Run the job beside the test, as a worker does; joins at the end."""

    def work():
        try:
            tasks.run_job(run.pk)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def pid_in(path):
    for _ in range(100):
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.1)
    raise AssertionError("the training process did not start")


@pytest.mark.sql
def test_a_training_process_that_is_killed_leaves_a_failed_run_that_is_tried_again(training, tmp_path):
    run = training(SLEEP.format(str(tmp_path / "pid")))
    thread = run_in_thread(run)
    os.kill(pid_in(tmp_path / "pid"), signal.SIGKILL)
    thread.join(10)

    run.refresh_from_db()
    assert (run.state, run.attempts) == (JobState.FAILED, 1)
    assert "status -9" in run.error
    assert jobs.request(JobKind.TRAIN, slot="sequence-1") == (run, True)


def test_the_last_words_of_a_training_process_are_kept(training):
    run = training("raise SystemExit('no torch here')")

    tasks.run_job(run.pk)

    run.refresh_from_db()
    assert run.state == JobState.FAILED
    assert run.error == "the training process ended with status 1\nno torch here"


def test_when_the_worker_is_told_to_stop_its_training_process_ends(training, tmp_path):
    run = training(SLEEP.format(str(tmp_path / "pid")))
    pid = []

    def stop_when_started():
        pid.append(pid_in(tmp_path / "pid"))
        os.kill(os.getpid(), signal.SIGUSR2)

    def stop(*_):
        raise SystemExit(1)

    before = signal.signal(signal.SIGUSR2, stop)
    thread = threading.Thread(target=stop_when_started)
    thread.start()
    try:
        with pytest.raises(SystemExit):
            tasks.run_job(run.pk)
    finally:
        signal.signal(signal.SIGUSR2, before)
        thread.join()

    with pytest.raises(ProcessLookupError):
        os.kill(pid[0], 0)
    run.refresh_from_db()
    assert run.state == JobState.FAILED
    assert "the worker was stopped" in run.error


@pytest.mark.django_db(transaction=True)
def test_the_real_training_process_takes_the_lease_and_says_how_it_ended(settings):
    """In a shop without orders there is too little data: the process starts, and skips the run in its own words."""
    name = str(connections["default"].settings_dict["NAME"])
    if connections["default"].vendor != "sqlite":
        pytest.skip("the process finds a SQLite file by DATABASE_URL")
    run = jobs.request(JobKind.TRAIN, slot="sequence-0")[0]
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": f"sqlite:///{name}"}
    with pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, value)
        tasks.run_job(run.pk)

    run.refresh_from_db()
    assert (run.state, run.error) == (JobState.SKIPPED, "")
    assert "training needs at least" in run.message
