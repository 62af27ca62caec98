"""Without Celery: one process that folds and runs what is due, and waits for a database that is away."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.core.management import call_command
from django.db import OperationalError, connections

from recommendations.models import BasketTotals, JobKind, JobRun, JobState, Order
from recommendations.services import jobs, worker
from tests.factories import make_order
from tests.integration.test_worker import alive, counted_orders, database_url, eventually


@pytest.fixture
def environment(transactional_db, tmp_path):
    """What a process needs that works on this test's database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(tmp_path),
    }


@pytest.mark.sql
def test_the_command_counts_mines_and_ends_when_told_with_everything_it_started(environment, tmp_path):
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "work"], env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        make_order("a", "b")
        assert eventually(lambda: counted_orders() == 1)
        began = time.monotonic()
        make_order("a", "b")
        assert eventually(lambda: counted_orders() == 2)
        assert time.monotonic() - began < 3
        assert eventually(lambda: JobRun.objects.filter(kind=JobKind.MINE, state=JobState.DONE).exists())
        process.terminate()
        assert process.wait(20) == 0
        assert eventually(lambda: not alive(process.pid)), "a process of the worker is left"
    finally:
        if alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.sql
def test_run_due_folds_and_runs_what_is_due_and_ends(environment):
    make_order("a", "b")
    answer = subprocess.run(
        [sys.executable, "manage.py", "run_due"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "1 orders folded" in answer.stdout
    assert "mine rules: done" in answer.stdout
    assert "prune old rows: done" in answer.stdout
    assert not JobRun.objects.open().exists()


def test_run_due_only_folds_when_told_so(db, stocked, capsys):
    make_order("a", "b")
    call_command("run_due", no_jobs=True)
    assert "1 orders folded" in capsys.readouterr().out
    assert BasketTotals.objects.live().get().orders == 1
    assert not JobRun.objects.exists()


def rounds(number):
    """Stop after so many rounds."""
    left = iter(range(number))
    return lambda: next(left, None) is None


def test_a_database_that_is_away_is_waited_for(db, stocked, monkeypatch):
    make_order("a", "b")
    fold = worker.fold_for
    answers = iter([OperationalError("server closed the connection"), ValueError("a bug"), None])

    def flaky(seconds):
        answer = next(answers)
        if answer is not None:
            raise answer
        fold(0)

    monkeypatch.setattr(worker, "fold_for", flaky)
    monkeypatch.setattr(worker, "REST_SECONDS", 0)
    monkeypatch.setattr(worker, "_start_next", lambda stack: None)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    worker.work(stopped=rounds(3))
    assert not Order.objects.pending().exists()


def test_one_job_at_a_time_and_the_next_when_it_ended(db, monkeypatch):
    started = []

    class Process:
        def __init__(self, lease):
            started.append(lease.job_id)
            self.lease = lease

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.lease.done({})

        def has_ended(self, *, within):
            return True

    monkeypatch.setattr(worker, "JobProcess", Process)
    monkeypatch.setattr(worker, "FOLD_SECONDS", 0)
    monkeypatch.setattr(worker, "DISPATCH_SECONDS", 0)
    monkeypatch.setattr(worker.due, "request_due", lambda now: [])
    first, second = (jobs.request(kind, slot="x")[0] for kind in (JobKind.PRUNE, JobKind.MINE))
    worker.work(stopped=rounds(4))
    assert started == [first.pk, second.pk]
    assert not JobRun.objects.open().exists()
