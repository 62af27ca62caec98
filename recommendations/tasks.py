"""Celery's tasks: they carry ids only, and losing one loses nothing, since the rows say what is to be done."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from celery import shared_task
from django.conf import settings as django_settings
from django.utils import timezone

from recommendations.conf import settings
from recommendations.exceptions import LeaseLost
from recommendations.models import Artefact, JobKind, JobRun
from recommendations.services import due, jobs
from recommendations.services.fold import fold as fold_batch
from recommendations.services.mine import mine
from recommendations.services.prune import prune

FOLD_SECONDS = 0.8
"""A tick folds for so long at most, so that the next second's tick finds a free slot."""
JOB_SECONDS = 5 * 3600
MESSAGE_SECONDS = 30
STOP_SECONDS = 5
LAST_WORDS = 4_000


@shared_task(ignore_result=True)
def fold() -> None:
    """Fold what is pending, batch after batch, for less than a second."""
    ends = time.monotonic() + FOLD_SECONDS
    while fold_batch(now=timezone.now()).pending and time.monotonic() < ends:
        continue


@shared_task(ignore_result=True)
def dispatch() -> None:
    """Ask for what is due and send the id of the run that waits longest, unless one is at work already."""
    now = timezone.now()
    due.request_due(now=now)
    job_id = jobs.next_to_run(now=now)
    if job_id is not None:
        run_job.apply_async((job_id,), expires=MESSAGE_SECONDS)


@shared_task(ignore_result=True, soft_time_limit=JOB_SECONDS)
def run_job(job_id: int) -> None:
    """Run a job that is to be had; a second message for the same run finds it taken."""
    lease = jobs.claim(job_id, now=timezone.now())
    if lease is None:
        return
    kind = JobRun.objects.values_list("kind", flat=True).get(pk=job_id)
    if kind == JobKind.TRAIN:
        _train(lease)
    else:
        jobs.run(lease, _mine if kind == JobKind.MINE else _prune)


def training_command(lease: jobs.Lease) -> list[str]:
    """The process that trains: torch starts in a fresh interpreter, never in a forked worker."""
    return [sys.executable, "-m", "django", "train", "--job", str(lease.job_id), "--token", str(lease.token)]


def _mine(progress: jobs.Progress) -> Mapping[str, Any]:
    artefact: Artefact = mine(progress=progress, now=timezone.now())
    return {"artefact": artefact.pk, **artefact.metrics}


def _prune(progress: jobs.Progress) -> Mapping[str, Any]:
    return prune(progress=progress, now=timezone.now())


def _train(lease: jobs.Lease) -> None:
    """Start the training process, hand it the lease, and see to it that the run ends when the process does."""
    error = "the worker was stopped, or the training took too long"
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and two numbers)
            training_command(lease), env=_environment(), stdin=subprocess.DEVNULL, stdout=words, stderr=words
        )
        try:
            _wait(process, lease)
            error = f"the training process ended with status {process.returncode}"
        finally:
            _stop(process)
            words.seek(max(words.seek(0, os.SEEK_END) - LAST_WORDS, 0))
            last = words.read().decode(errors="replace")
            # A process that came to its end has said how, and this is refused.
            with suppress(LeaseLost):
                lease.fail(f"{error}\n{last}".strip())


def _wait(process: "subprocess.Popen[bytes]", lease: jobs.Lease) -> None:
    """Wait until the process ends, and hold the lease while it starts and has no progress to tell."""
    while True:
        try:
            process.wait(settings.JOB_LEASE_SECONDS / 3)
        except subprocess.TimeoutExpired:
            with suppress(LeaseLost):
                lease.renew()
        else:
            return


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """This process's own settings and import path, wherever it was started from."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE") or str(django_settings.SETTINGS_MODULE)
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return {**os.environ, "DJANGO_SETTINGS_MODULE": module, "PYTHONPATH": paths}
