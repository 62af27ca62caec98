"""What the schedule owes now: what follows changes of the counts, a network after orders or a day, a prune."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from recommendations.conf import settings
from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BasketTotals,
    Desk,
    JobKind,
    JobRun,
    JobState,
    LivePointer,
)
from recommendations.services import cleaning, erasing, exposures, jobs, outcomes, parameters
from recommendations.services.fold import recount_slot
from recommendations.services.merge import move_late_rows
from recommendations.services.perform import can_train

SCHEDULE = "schedule"

DESK_OF = {JobKind.MINE: Desk.MINING, JobKind.TRAIN: Desk.TRAINING}
"""Kinds that run with parameters which staff may choose."""

STATISTICS_LAST = timedelta(days=1)
"""Time from which on statistics of items are made anew though no order came: this week is another one then."""

ERASE_EVERY_SECONDS = 5
"""Time from one look at what erased shoppers left to the next, while a fold or a late transaction is waited for."""

REFRESH_SHARE = 10
"""A refresh rests so many times as long as it took: it reads all purchases, and may take no more than a tenth of the
time however many they are."""


def request_due(*, now: datetime) -> list[JobRun]:
    """Ask for every job that is due; returns the runs that this brought about.

    Called every few seconds, so what is done every few seconds is done here: late rows of merged visitors move.
    """
    move_late_rows(now=now)
    asked = [jobs.request(kind, slot=slot, requested_by=SCHEDULE) for kind, slot in due(now=now)]
    return [run for run, brought_about in asked if brought_about]


def due(*, now: datetime) -> list[tuple[JobKind, str]]:
    """Kinds of jobs that are due, each with the slot it is due for.

    Recounting: the counts were made by other rules than the settings and campaigns of now. Mining: the counts or
    staff's parameters changed since the newest rules and `MINE_EVERY_SECONDS` passed. Training: `TRAIN_AFTER_ORDERS`
    orders came since the newest network, or `TRAIN_EVERY_HOURS` passed; its own process then looks whether anything
    changed, and is skipped with the reason where nothing did. Statistics of items: the counts changed since the newest
    and `ITEM_STATISTICS_SECONDS` passed, or a day did. Mining, statistics and training: there are orders and no version
    yet. Refreshing: the counts changed since the live network learnt or was refreshed, and `REFRESH_EVERY_SECONDS`
    passed since the last refresh.
    A kind whose last run failed or was skipped rests for `JOB_LEASE_SECONDS`. Pruning: once a day of the shop's time
    zone. What was shown: every `EXPOSURES_EVERY_SECONDS` in which an impression's time is over, and once a day for new
    products.
    Erased shoppers: while anything of them can be deleted. Daily figures:
    every `OUTCOMES_EVERY_SECONDS` in which anything happened.
    """
    totals = BasketTotals.objects.live().first()
    found = []
    if totals is not None and cleaning.is_outdated(totals) and not _rests(JobKind.RECOUNT, now):
        found.append((JobKind.RECOUNT, recount_slot(totals)))
    if totals is not None and totals.orders:
        slot, changes = _slot_of(totals), parameters.versions()
        if _mining_is_due(totals, now, changes.get(Desk.MINING, 0)) and not _rests(JobKind.MINE, now):
            found.append((JobKind.MINE, slot + _of_parameters(JobKind.MINE, changes)))
        if _statistics_are_due(totals, now) and not _rests(JobKind.STATISTICS, now):
            found.append((JobKind.STATISTICS, f"{slot}-{timezone.localdate(now).isoformat()}"))
        training = _training_slot(totals, now) if can_train() else None
        if training is not None and not _rests(JobKind.TRAIN, now):
            found.append((JobKind.TRAIN, training + _of_parameters(JobKind.TRAIN, changes)))
        refreshing = _refresh_slot(totals, now)
        if refreshing is not None:
            found.append((JobKind.REFRESH, refreshing))
    today = timezone.localdate(now).isoformat()
    found += [(JobKind.PRUNE, today), (JobKind.EXPOSURES, _exposures_slot(now) or today)]
    if outcomes.is_due(now=now):
        found.append((JobKind.OUTCOMES, _period(now, settings.OUTCOMES_EVERY_SECONDS)))
    if erasing.is_due(now=now) and not _rests(JobKind.ERASE, now):
        found.append((JobKind.ERASE, _period(now, ERASE_EVERY_SECONDS)))
    return found


def asked_slot(kind: JobKind, *, now: datetime) -> str:
    """The slot of what staff ask for: over the data as they are; daily figures can be asked for at any moment."""
    return f"asked-{now:%Y-%m-%dT%H:%M:%S}" if kind == JobKind.OUTCOMES else data_slot(kind)


def data_slot(kind: JobKind) -> str:
    """The slot of a job over the data and by the parameters of now: nothing changed, no new run."""
    return _slot_of(BasketTotals.objects.live().first()) + _of_parameters(kind, parameters.versions())


def _slot_of(totals: BasketTotals | None) -> str:
    return f"sequence-{totals.sequence if totals else 0}"


def _of_parameters(kind: JobKind, changes: Mapping[str, int]) -> str:
    """The part of a slot that says with which choice of staff's parameters; empty before the first."""
    version = changes.get(DESK_OF[kind], 0) if kind in DESK_OF else 0
    return f"-parameters-{version}" if version else ""


def _newest(kind: ArtefactKind) -> Artefact | None:
    """The newest version, live or not: rolling back is a decision that stands until there is news."""
    return Artefact.objects.filter(kind=kind).exclude(status=ArtefactStatus.BUILDING).order_by("-id").first()


def _mining_is_due(totals: BasketTotals, now: datetime, parameters_version: int) -> bool:
    rules = _newest(ArtefactKind.RULES)
    if rules is None:
        return True
    waited = now - rules.created_at >= timedelta(seconds=settings.MINE_EVERY_SECONDS)
    changed = rules.data_sequence != totals.sequence
    return waited and (changed or rules.metrics.get("parameters_version", 0) != parameters_version)


def _statistics_are_due(totals: BasketTotals, now: datetime) -> bool:
    statistics = _newest(ArtefactKind.ITEMS)
    if statistics is None:
        return True
    age = now - statistics.created_at
    changed = statistics.data_sequence != totals.sequence
    return age >= (timedelta(seconds=settings.ITEM_STATISTICS_SECONDS) if changed else STATISTICS_LAST)


def _training_slot(totals: BasketTotals, now: datetime) -> str | None:
    """What a training is due for: orders that came, or time that passed since the newest version; None for neither."""
    network = _newest(ArtefactKind.NETWORK)
    if network is None or totals.orders - network.data_orders >= settings.TRAIN_AFTER_ORDERS:
        return _slot_of(totals)
    if settings.TRAIN_EVERY_HOURS is None:
        return None
    hours = int((now - network.created_at) / timedelta(hours=1))
    periods = hours // settings.TRAIN_EVERY_HOURS
    return f"version-{network.pk}-after-{periods * settings.TRAIN_EVERY_HOURS}-hours" if periods else None


def _exposures_slot(now: datetime) -> str | None:
    """The period of now, in which what was shown is counted once; None where there is nothing to count."""
    if not exposures.ripe(now=now).exists():
        return None
    return _period(now, settings.EXPOSURES_EVERY_SECONDS)


def _period(now: datetime, every: int) -> str:
    return f"{int(now.timestamp()) // every * every}"


def _refresh_slot(totals: BasketTotals, now: datetime) -> str | None:
    """The version and the state of the data that a refresh is due for; None where it is not due."""
    pointer = LivePointer.objects.filter(kind=ArtefactKind.NETWORK).select_related("artefact").first()
    if settings.REFRESH_EVERY_SECONDS is None or pointer is None:
        return None
    network = pointer.artefact
    if totals.sequence == network.refreshed.get("data_sequence", network.data_sequence):
        return None
    last = JobRun.objects.filter(kind=JobKind.REFRESH, finished_at__isnull=False).order_by("-id").first()
    if last is not None and last.finished_at is not None:
        took = last.finished_at - (last.started_at or last.finished_at)
        if now < last.finished_at + max(timedelta(seconds=settings.REFRESH_EVERY_SECONDS), REFRESH_SHARE * took):
            return None
    return f"version-{network.pk}-{_slot_of(totals)}"


def _rests(kind: JobKind, now: datetime) -> bool:
    last = JobRun.objects.filter(kind=kind).order_by("-id").first()
    if last is None or last.state not in (JobState.FAILED, JobState.SKIPPED) or last.finished_at is None:
        return False
    return now < last.finished_at + timedelta(seconds=settings.JOB_LEASE_SECONDS)
