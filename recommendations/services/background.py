"""Whether workers are at work: what runs, what waits and for how long, and when one last gave a sign of life."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from recommendations.conf import settings
from recommendations.models import BasketTotals, JobRun, JobState, Order
from recommendations.services.health import LONGEST_LAG

LONGEST_WAIT = timedelta(minutes=1)
"""A run that waits longer while none is at work waits for a worker that is not there."""


LOOKED_AT = 20
"""Newest runs of which the last end counts as a sign of life."""


@dataclass(frozen=True, slots=True)
class Background:
    """The state of one moment.

    Parameters
    ----------
    running : the run that a worker is at.
    waiting : runs that wait, the oldest first.
    oldest_order : when the order that waits longest to be counted came in; None where none waits.
    last_sign : when a worker last folded, ran or ended something; None: never yet.
    folds, works : False where what waits should long have been taken up.
    """

    running: JobRun | None
    waiting: list[JobRun]
    oldest_order: datetime | None
    last_sign: datetime | None
    folds: bool
    works: bool


def background(*, now: datetime) -> Background:
    """Look at what is open and what was last; four queries, each by an index."""
    open_runs = list(JobRun.objects.open().order_by("id"))
    running = next((run for run in open_runs if run.state == JobState.RUNNING and _is_held(run, now)), None)
    waiting = [run for run in open_runs if run is not running]
    oldest = Order.objects.filter(counted="pending").aggregate(oldest=Min("changed_at"))["oldest"]
    folded = BasketTotals.objects.live().values_list("folded_at", flat=True).first()
    ended = JobRun.objects.filter(started_at__isnull=False).order_by("-id").values_list("finished_at", flat=True)
    held = running.lease_until if running else None
    beat = held - timedelta(seconds=settings.JOB_LEASE_SECONDS) if held else None
    signs = [moment for moment in (folded, beat, *ended[:LOOKED_AT]) if moment is not None]
    waits = bool(waiting) and now - min(run.created_at for run in waiting) > LONGEST_WAIT
    return Background(
        running=running,
        waiting=waiting,
        oldest_order=oldest,
        last_sign=max(signs, default=None),
        folds=oldest is None or (now - oldest).total_seconds() <= LONGEST_LAG,
        works=running is not None or not waits,
    )


def _is_held(run: JobRun, now: datetime) -> bool:
    return run.lease_until is not None and run.lease_until > now
