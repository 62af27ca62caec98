"""A job runs in a process of its own, and its row says how that ended."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from recommendations import tasks
from recommendations.models import JobKind, JobRun, JobState
from recommendations.services import jobs, processes


@pytest.fixture
def job(monkeypatch, transactional_db):
    """A queued job whose process runs the given Python instead of the real one."""

    def start(program):
        monkeypatch.setattr(
            processes,
            "command_of",
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
    raise AssertionError("the process did not start")


@pytest.mark.sql
def test_a_process_that_is_killed_leaves_a_failed_run_that_is_tried_again(job, tmp_path):
    run = job(SLEEP.format(str(tmp_path / "pid")))
    thread = run_in_thread(run)
    os.kill(pid_in(tmp_path / "pid"), signal.SIGKILL)
    thread.join(10)

    run.refresh_from_db()
    assert (run.state, run.attempts) == (JobState.FAILED, 1)
    assert "ended with -9" in run.error
    assert jobs.request(JobKind.TRAIN, slot="sequence-1") == (run, True)


def test_a_job_that_kills_its_process_each_time_is_quarantined_after_three_attempts(job):
    run = job("import os; os._exit(1)")
    for _ in range(5):
        tasks.run_job(run.pk)
        jobs.request(JobKind.TRAIN, slot="sequence-1")

    run.refresh_from_db()
    assert (run.state, run.attempts) == (JobState.FAILED, 3)
    assert list(JobRun.objects.quarantined()) == [run]


def test_the_last_words_of_a_process_are_kept(job):
    run = job("raise SystemExit('no torch here')")

    tasks.run_job(run.pk)

    run.refresh_from_db()
    assert run.state == JobState.FAILED
    assert run.error == "the process ended with 1\nno torch here"


def test_when_the_worker_is_told_to_stop_the_process_ends_and_the_run_is_given_back(job, tmp_path):
    run = job(SLEEP.format(str(tmp_path / "pid")))
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
    assert (run.state, run.attempts) == (JobState.QUEUED, 0), "it is given back, and that was no attempt"


def test_a_job_that_takes_too_long_is_an_attempt_that_failed(job):
    run = job("import time; time.sleep(60)")
    lease = jobs.claim(run.pk, now=timezone.now())
    with pytest.raises(TimeoutError), processes.JobProcess(lease):
        raise TimeoutError
    run.refresh_from_db()
    assert (run.state, run.attempts) == (JobState.FAILED, 1)
    assert run.error == "the job took too long"


@pytest.mark.sql
def test_a_process_whose_job_went_to_another_worker_is_killed_and_its_slot_is_free(job, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "START_SECONDS", 0)
    monkeypatch.setattr(processes, "LOOK_SECONDS", 0.1)
    run = job(SLEEP.format(str(tmp_path / "pid")))
    thread = run_in_thread(run)
    pid = pid_in(tmp_path / "pid")
    os.kill(pid, signal.SIGSTOP)
    JobRun.objects.filter(pk=run.pk).update(lease_until=run.created_at)
    other = jobs.claim(run.pk, now=run.created_at)

    thread.join(15)

    assert not thread.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    run.refresh_from_db()
    assert (run.state, run.token) == (JobState.RUNNING, other.token), "the new holder goes on undisturbed"


def test_a_database_that_is_away_for_a_moment_ends_no_job(job, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "LOOK_SECONDS", 0)
    done = f"open({str(tmp_path / 'pid')!r}, 'w').write('1'); import time; time.sleep(1)"
    run = job(done)
    lease = jobs.claim(run.pk, now=timezone.now())
    looks = []

    def away(_lease):
        looks.append(1)
        raise OperationalError("the server closed the connection unexpectedly")

    with monkeypatch.context() as patch, processes.JobProcess(lease) as process:
        patch.setattr(jobs.Lease, "renew", away)
        while not process.has_ended(within=0.1):
            continue
    assert len(looks) > 1
    run.refresh_from_db()
    assert "ended with 0" in run.error, "it came to its end, and was not stopped"


@pytest.mark.django_db(transaction=True)
def test_the_real_process_takes_the_lease_and_says_how_it_ended():
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


BOUNDED = """
import django
django.setup()
import torch
from recommendations.conf import settings
settings.JOB_MEMORY_MB = 256
from recommendations.services.processes import bound_memory
bound_memory()
print(float(torch.ones(1_000, 1_000).square().sum()))
try:
    torch.ones(1_000, 1_000, 1_000)
except (RuntimeError, MemoryError):
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_torch_works_within_the_memory_bound_and_not_beyond_it():
    answer = subprocess.run([sys.executable, "-c", BOUNDED], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout.split() == ["1000000.0", "refused"]
