"""Background jobs: ask for a run, take it under a lease, say how it goes. The row decides; no broker is involved.

A lease carries a fencing token. Whoever stays silent for `JOB_LEASE_SECONDS` may be replaced: the next claim raises
the token, and from then on every word of the former holder is refused.
"""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, IntegrityError, connections
from django.db.models import F, Q
from django.utils import timezone

from recommendations.conf import settings
from recommendations.exceptions import (
    DriftTooLarge,
    LeaseLost,
    MissingPackage,
    NotEnoughData,
    NothingChanged,
    RecommendationsError,
)
from recommendations.models import JobKind, JobRun, JobState, database
from recommendations.models.jobs import JobQuerySet
from recommendations.services import job_log

logger = logging.getLogger(__name__)

LONGEST_MESSAGE = 200
LONGEST_ERROR = 10_000
TRIES = 10

Progress = Callable[[float, str], None]
Work = Callable[[Progress], Mapping[str, Any]]


def request(
    kind: JobKind, *, slot: str, requested_by: str = "", parameters: Mapping[str, Any] | None = None
) -> tuple[JobRun, bool]:
    """Ask for a run of `kind` for `slot`; asking twice is one run, and one run of a kind is open at a time.

    A failed run of the same slot that has attempts left is opened again. Works inside and outside a transaction.

    Parameters
    ----------
    parameters : what a run is asked for with (JSON); a new run keeps them.

    Returns
    -------
    The run that answers the request and whether this call brought it about. When False, it is the slot's own run,
    whatever became of it, or the run of this kind that is open now.
    """
    for _ in range(TRIES):
        own = JobRun.objects.filter(kind=kind, slot=slot).first()
        if own is not None:
            return own, _reopened(own)
        other = JobRun.objects.open().filter(kind=kind).first()
        if other is not None:
            return other, False
        # Another request may come in between: the constraints refuse the second row, and the first one is found.
        with suppress(IntegrityError), database.atomic():
            made = JobRun(kind=kind, slot=slot, requested_by=requested_by[:150], parameters=dict(parameters or {}))
            made.save()
            return made, True
    raise RecommendationsError(f"{kind} {slot} could be neither found nor created in {TRIES} tries")


def is_open(kind: JobKind) -> bool:
    """Whether a run of this kind is waiting or at work."""
    return JobRun.objects.open().filter(kind=kind).exists()


def is_quarantined(run: JobRun) -> bool:
    """Whether a run used up its attempts."""
    return run.state == JobState.FAILED and run.attempts >= settings.JOB_ATTEMPTS


def retry_quarantined() -> list[JobRun]:
    """Give the latest run of each kind that used up its attempts three more; returns those that were opened again."""
    opened: list[JobRun] = []
    for kind in JobKind:
        last = JobRun.objects.filter(kind=kind).order_by("-id").first()
        if last is None or not is_quarantined(last):
            continue
        if take_up_again(last, ended=JobState.FAILED):
            opened.append(last)
    return opened


def take_up_again(run: JobRun, *, ended: JobState) -> bool:
    """Open a run that ended so again, with all its attempts, unless another one of its kind is open; returns whether
    this call opened it."""
    with suppress(IntegrityError), database.atomic():
        found = JobRun.objects.filter(pk=run.pk, state=ended)
        if found.update(state=JobState.QUEUED, attempts=0, progress=0, message="", finished_at=None):
            run.refresh_from_db()
            return True
    return False


def cancel(run: JobRun, *, reason: str) -> bool:
    """Skip a run that waits or is at work, and take the lease from its holder; returns whether there was one to stop.

    The schedule does not ask for the same slot again.
    """
    stopped = JobRun.objects.open().filter(pk=run.pk)
    cancelled = stopped.update(
        state=JobState.SKIPPED,
        token=F("token") + 1,
        lease_until=None,
        finished_at=timezone.now(),
        message=reason[:LONGEST_MESSAGE],
    )
    run.refresh_from_db()
    return bool(cancelled)


def forget_ended(kind: JobKind, *, kept: int) -> None:
    """Delete the ended runs of a kind but the newest `kept` and those that failed."""
    ended = JobRun.objects.filter(kind=kind, state__in=[JobState.DONE, JobState.SKIPPED])
    newest = list(ended.order_by("-id").values_list("pk", flat=True)[:kept])
    ended.exclude(pk__in=newest).delete()


def next_to_run(*, now: datetime) -> int | None:
    """Id of the run that waits longest, a preview first: staff wait for it. None while another one is at work."""
    if JobRun.objects.filter(state=JobState.RUNNING, lease_until__gt=now).exists():
        return None
    waiting = JobRun.objects.filter(_claimable(now)).annotate(is_preview=Q(kind=JobKind.PREVIEW))
    return waiting.order_by("-is_preview", "id").values_list("id", flat=True).first()


def claim(job_id: int, *, now: datetime) -> "Lease | None":
    """Take a run that is queued or whose holder fell silent. None: it is not to be had.

    One that used up `JOB_ATTEMPTS` is quarantined instead: failed, with an error that says so.
    """
    claimable = JobRun.objects.filter(_claimable(now), pk=job_id)
    with database.atomic():
        taken = claimable.filter(attempts__lt=settings.JOB_ATTEMPTS).update(
            state=JobState.RUNNING,
            token=F("token") + 1,
            attempts=F("attempts") + 1,
            lease_until=now + _lease(),
            progress=0,
            message="",
            started_at=now,
            finished_at=None,
        )
        if taken:
            return Lease(job_id, JobRun.objects.values_list("token", flat=True).get(pk=job_id))
    given_up = claimable.filter(attempts__gte=settings.JOB_ATTEMPTS).update(
        state=JobState.FAILED,
        token=F("token") + 1,
        lease_until=None,
        finished_at=now,
        error=f"given up after {settings.JOB_ATTEMPTS} attempts: the last one ended without a word",
    )
    if given_up:
        logger.error("job %s is given up after %s attempts", job_id, settings.JOB_ATTEMPTS)
    return None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a job and to speak for it, as long as `token` is the row's.

    Each method raises LeaseLost, and changes nothing, when the run ended or was given to another worker.
    """

    job_id: int
    token: int

    def is_held(self) -> bool:
        """Whether the run is still this holder's."""
        return self._mine().exists()

    def renew(self) -> None:
        """Say that the work goes on."""
        self._write(lease_until=timezone.now() + _lease())

    def progress(self, fraction: float, message: str) -> None:
        """Say how far the work is (0..1) in words of at most 200 characters; renews the lease."""
        share = min(max(fraction, 0.0), 1.0)
        self._write(progress=share, message=message[:LONGEST_MESSAGE], lease_until=timezone.now() + _lease())

    def ran_with(self, parameters: Mapping[str, Any]) -> None:
        """Note the parameters of this run (JSON)."""
        self._write(parameters=dict(parameters), lease_until=timezone.now() + _lease())

    def keep(self, result: Mapping[str, Any]) -> None:
        """Note how far the work is (JSON), for whoever goes on with it after this holder."""
        self._write(result=dict(result), lease_until=timezone.now() + _lease())

    def done(self, result: Mapping[str, Any]) -> None:
        """The work is complete; `result` (JSON) is kept with the run."""
        self._end(JobState.DONE, progress=1, result=dict(result), error="")

    def skip(self, reason: str) -> None:
        """There was nothing to do, for this reason."""
        self._end(JobState.SKIPPED, message=reason[:LONGEST_MESSAGE], error="")

    def give_back(self) -> None:
        """The worker stops before the work is complete: the run waits for another one, and this was no attempt."""
        self._write(state=JobState.QUEUED, lease_until=None, attempts=F("attempts") - 1)

    def fail(self, error: str) -> None:
        """The attempt came to nothing, for this reason; a later request may try again."""
        self._end(JobState.FAILED, error=error.replace("\x00", "")[-LONGEST_ERROR:])

    def _end(self, state: JobState, **fields: Any) -> None:
        self._write(state=state, lease_until=None, finished_at=timezone.now(), **fields)

    def _write(self, **fields: Any) -> None:
        if not self._mine().update(**fields):
            raise LeaseLost(f"job {self.job_id} is no longer this worker's: token {self.token} does not hold it")

    def _mine(self) -> JobQuerySet:
        return JobRun.objects.filter(pk=self.job_id, token=self.token, state=JobState.RUNNING)


def run(lease: Lease, work: Work) -> None:
    """Do the work under the lease and record how it ended.

    `work` gets a progress function and returns the result. NotEnoughData, NothingChanged, MissingPackage and
    DriftTooLarge skip the run, LeaseLost leaves it to its new holder, anything else fails it and is raised again.
    """
    try:
        with _heartbeat(lease), job_log.kept(lease.job_id) as tell:

            def progress(fraction: float, message: str) -> None:
                lease.progress(fraction, message)
                tell(message)

            result = work(progress)
        lease.done(result)
    except (NotEnoughData, NothingChanged, MissingPackage, DriftTooLarge) as reason:
        lease.skip(str(reason))
    except LeaseLost:
        logger.warning("job %s went on elsewhere", lease.job_id)
    except BaseException as error:
        with suppress(LeaseLost):
            lease.fail("".join(traceback.format_exception(error)))
        raise


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _claimable(now: datetime) -> Q:
    return Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lte=now)


def _reopened(run: JobRun) -> bool:
    """Open a failed run with attempts left again, unless another run of its kind is open."""
    if run.state != JobState.FAILED or is_quarantined(run):
        return False
    failed = JobRun.objects.filter(pk=run.pk, state=JobState.FAILED)
    with suppress(IntegrityError), database.atomic():
        if failed.update(state=JobState.QUEUED, progress=0, message="", finished_at=None):
            run.refresh_from_db()
            return True
    return False


@contextmanager
def _heartbeat(lease: Lease) -> Iterator[None]:
    """Renew the lease while work goes on that has no progress to tell, from a thread with its own connection."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(settings.JOB_LEASE_SECONDS / 3):
            try:
                lease.renew()
            except LeaseLost:
                break
            except DatabaseError:
                logger.exception("the lease of job %s could not be renewed", lease.job_id)
                # The database may be starting again: the next beat connects anew.
                connections.close_all()
        connections.close_all()

    thread = threading.Thread(target=beat, name=f"lease-{lease.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
