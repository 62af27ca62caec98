"""A worker without Celery: one process that folds all the time and runs one job at a time beside it."""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack

from django.db import DatabaseError, connections
from django.utils import timezone

from recommendations.services import due, jobs
from recommendations.services.fold import fold_for
from recommendations.services.processes import JobProcess

logger = logging.getLogger(__name__)

DISPATCH_SECONDS = 2.0
FOLD_SECONDS = 0.5
REST_SECONDS = 1.0
"""After an error of the database: it may be starting again."""


def work(*, stopped: Callable[[], bool]) -> None:
    """Fold, ask for what is due and run it, until `stopped`. A database that is away is waited for."""
    with ExitStack() as stack:
        running: JobProcess | None = None
        next_dispatch = time.monotonic()
        while not stopped():
            try:
                fold_for(FOLD_SECONDS)
                if running is not None and running.has_ended(within=0):
                    stack.pop_all().close()
                    running = None
                if running is None and time.monotonic() >= next_dispatch:
                    next_dispatch = time.monotonic() + DISPATCH_SECONDS
                    running = _start_next(stack)
            except DatabaseError:
                logger.exception("the database is away")
                connections.close_all()
                time.sleep(REST_SECONDS)
            except Exception:
                logger.exception("the worker goes on after an error")
                time.sleep(REST_SECONDS)


def _start_next(stack: ExitStack) -> JobProcess | None:
    now = timezone.now()
    due.request_due(now=now)
    job_id = jobs.next_to_run(now=now)
    lease = None if job_id is None else jobs.claim(job_id, now=now)
    return None if lease is None else stack.enter_context(JobProcess(lease))
