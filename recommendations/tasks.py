"""Celery's tasks: they carry ids only, and losing one loses nothing, since the rows say what is to be done.

The host schedules `fold` and `dispatch` (docs/operations.md has the lines); jobs are sent to a queue of their own.
"""

from celery import shared_task
from django.utils import timezone

from recommendations.services import due, jobs
from recommendations.services.fold import fold_for
from recommendations.services.processes import JobProcess

QUEUE = "recommendations-jobs"
"""Jobs take minutes: with a worker of its own for this queue, none delays a fold or a task of the host."""

FOLD_SECONDS = 0.8
"""A tick folds for so long, so that the next second's tick finds a free slot."""

JOB_SECONDS = 5 * 3600
MESSAGE_SECONDS = 30
LOOK_SECONDS = 0.5


@shared_task(ignore_result=True)
def fold() -> None:
    """Fold what is pending, and what comes meanwhile, for less than a second."""
    fold_for(FOLD_SECONDS)


@shared_task(ignore_result=True)
def dispatch() -> None:
    """Ask for what is due and send the id of the run that waits longest, unless one is at work already."""
    now = timezone.now()
    due.request_due(now=now)
    job_id = jobs.next_to_run(now=now)
    if job_id is not None:
        run_job.apply_async((job_id,), queue=QUEUE, expires=MESSAGE_SECONDS)


@shared_task(ignore_result=True, soft_time_limit=JOB_SECONDS)
def run_job(job_id: int) -> None:
    """Run a job that is to be had, in a process of its own; a second message for the same run finds it taken."""
    lease = jobs.claim(job_id, now=timezone.now())
    if lease is None:
        return
    with JobProcess(lease) as process:
        while not process.has_ended(within=LOOK_SECONDS):
            continue
