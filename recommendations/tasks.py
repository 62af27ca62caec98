"""Celery's tasks: they carry ids only, and losing one loses nothing, since the rows say what is to be done."""

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.conf import settings as django_settings
from django.utils import timezone

from recommendations.conf import settings
from recommendations.models import Artefact, JobKind, JobRun
from recommendations.services import due, jobs
from recommendations.services.fold import fold as fold_batch
from recommendations.services.mine import mine
from recommendations.services.prune import prune

logger = logging.getLogger(__name__)

FOLD_SECONDS = 0.8
"""A tick folds for so long at most, so that the next second's tick finds a free slot."""
JOB_SECONDS = 5 * 3600
MESSAGE_SECONDS = 30
LOOK_SECONDS = 2
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
    kind = JobRun.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    if kind == JobKind.TRAIN:
        _run_training(job_id)
        return
    lease = jobs.claim(job_id, now=timezone.now())
    if lease is not None:
        jobs.run(lease, _mine if kind == JobKind.MINE else _prune)


def training_command(job_id: int) -> list[str]:
    """The process that trains: torch starts in a fresh interpreter, never in a forked worker."""
    return [sys.executable, "-m", "django", "train", "--job", str(job_id)]


def _mine(progress: jobs.Progress) -> Mapping[str, Any]:
    artefact: Artefact = mine(progress=progress, now=timezone.now())
    return {"artefact": artefact.pk, **artefact.metrics}


def _prune(progress: jobs.Progress) -> Mapping[str, Any]:
    return prune(progress=progress, now=timezone.now())


def _run_training(job_id: int) -> None:
    """Start the training process, which claims the run itself, and see to it that the run ends when it does."""
    token = jobs.claimable_token(job_id, now=timezone.now())
    if token is None:
        return
    error = "the worker was stopped"
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and an id)
            training_command(job_id), env=_environment(), stdin=subprocess.DEVNULL, stdout=words, stderr=words
        )
        try:
            silent = _wait(process, job_id, token)
            error = silent or f"the training process ended with status {process.returncode}"
        finally:
            _stop(process)
            words.seek(max(words.tell() - LAST_WORDS, 0))
            last = words.read().decode(errors="replace")
            jobs.settle(job_id, after=token, error=f"{error}\n{last}".strip(), now=timezone.now())


def _wait(process: "subprocess.Popen[bytes]", job_id: int, token: int) -> str:
    """Wait until the process ends by itself (empty) or falls silent for longer than its lease (says so)."""
    starts_until = time.monotonic() + settings.JOB_LEASE_SECONDS
    while True:
        try:
            process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if time.monotonic() > starts_until and not jobs.alive(job_id, after=token, now=timezone.now()):
                return f"the training process gave no sign of life for {settings.JOB_LEASE_SECONDS} seconds"
        else:
            return ""


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
