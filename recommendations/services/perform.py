"""Do the work of a job, whatever its kind, under the lease that its process was given."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.utils import timezone

from recommendations import store
from recommendations.desks import Chosen
from recommendations.exceptions import DriftTooLarge, LeaseLost, MissingPackage, NotEnoughData, NothingChanged
from recommendations.models import (
    OPEN_STATES,
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    Desk,
    JobKind,
    JobRun,
    LivePointer,
)
from recommendations.services import (
    arrivals,
    backfill,
    changes,
    erasing,
    exposures,
    jobs,
    outcomes,
    parameters,
    recount,
)
from recommendations.services.flags import note_flags
from recommendations.services.item_statistics import publish_statistics
from recommendations.services.mine import mine
from recommendations.services.preview_rules import preview
from recommendations.services.prune import prune
from recommendations.services.spelling import spell_titles

RUNS_KEPT = 20
"""Ended runs of each kind that runs every few minutes."""


def perform(lease: jobs.Lease, *, tell: jobs.Progress = lambda _fraction, _message: None) -> None:
    """Run the lease's job and record how it ended (see `jobs.run`); `tell` hears of progress too."""
    kind = JobRun.objects.values_list("kind", flat=True).get(pk=lease.job_id)
    work = WORK[JobKind(kind)]

    def run(progress: jobs.Progress) -> Mapping[str, Any]:
        def told(fraction: float, message: str) -> None:
            progress(fraction, message)
            tell(fraction, message)

        return work(told, lease)

    jobs.run(lease, run)


def can_train() -> bool:
    """Whether torch is installed; looks, and does not import it."""
    return find_spec("torch") is not None


def trainer() -> Callable[..., Artefact]:
    """`services.train.train`. It brings torch along, so it is imported where a training begins and nowhere else.

    Raises
    ------
    MissingPackage : torch is not installed.
    """
    if not can_train():
        raise MissingPackage('training needs torch: pip install "django-basketry[train]"')
    train: Callable[..., Artefact] = import_module("recommendations.services.train").train
    return train


def session_trainer() -> Callable[..., Artefact]:
    """`services.train_sessions.train_sessions`, imported as `trainer` is."""
    train: Callable[..., Artefact] = import_module("recommendations.services.train_sessions").train_sessions
    return train


def refresher() -> Callable[..., Mapping[str, Any]]:
    """`services.refresh.refresh`, which needs no torch, but linear algebra that only processes of jobs load."""
    refresh: Callable[..., Mapping[str, Any]] = import_module("recommendations.services.refresh").refresh
    return refresh


def tuner() -> Callable[..., Mapping[str, Any]]:
    """`services.tune.tune`, imported as `trainer` is.

    Raises
    ------
    MissingPackage : torch is not installed.
    """
    if not can_train():
        raise MissingPackage('tuning needs torch: pip install "django-basketry[train]"')
    tune: Callable[..., Mapping[str, Any]] = import_module("recommendations.services.tune").tune
    return tune


def _mine(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    chosen = parameters.chosen(Desk.MINING)
    lease.ran_with(chosen.values)
    artefact = mine(progress=progress, now=timezone.now(), chosen=chosen, still_ours=lease.renew)
    return {"artefact": artefact.pk, "data_orders": artefact.data_orders, **artefact.metrics}


def _preview(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    wanted = JobRun.objects.values_list("parameters", flat=True).get(pk=lease.job_id)
    result = preview(chosen=Chosen(Desk.MINING, wanted), progress=progress, now=timezone.now())
    jobs.forget_ended(JobKind.PREVIEW, kept=RUNS_KEPT)
    return result


def _train(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    now, train = timezone.now(), trainer()
    chosen = parameters.chosen(Desk.TRAINING)
    lease.ran_with(chosen.values)
    unchanged = changes.nothing_changed(changes.learnt_from(chosen))
    if unchanged:
        raise NothingChanged(unchanged)
    artefact = train(progress=progress, now=now, chosen=chosen, still_ours=lease.renew)
    sessions = _train_sessions(progress, lease, chosen)
    store.clean(now)
    of_data = {"data_orders": artefact.data_orders}
    if artefact.status == ArtefactStatus.REFUSED:
        return {"artefact": artefact.pk, **of_data, "refused": artefact.reason, **sessions}
    return {"artefact": artefact.pk, **of_data, "ndcg_10": artefact.metrics["ndcg_10"], **sessions}


def _train_sessions(progress: jobs.Progress, lease: jobs.Lease, chosen: Chosen) -> Mapping[str, Any]:
    """A shop without browse logs has nothing to learn sessions from: the result says so, and the job is done."""

    def at_the_end(fraction: float, message: str) -> None:
        progress(0.9 + 0.1 * fraction, message)

    train = session_trainer()
    try:
        artefact = train(progress=at_the_end, now=timezone.now(), chosen=chosen, still_ours=lease.renew)
    except NotEnoughData as reason:
        return {"sessions_skipped": str(reason)}
    if artefact.status == ArtefactStatus.REFUSED:
        return {"sessions": artefact.pk, "sessions_refused": artefact.reason}
    return {"sessions": artefact.pk}


def _statistics(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    """Its former runs go with their versions: they are too many to be looked at."""
    artefact = publish_statistics(progress=progress, now=timezone.now(), still_ours=lease.renew)
    jobs.forget_ended(JobKind.STATISTICS, kept=RUNS_KEPT)
    return {"artefact": artefact.pk, **artefact.metrics}


def _refresh(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    """Files that were replaced go at the next refresh: nobody reads them any more by then."""
    now = timezone.now()
    store.clean(now)
    try:
        figures = refresher()(progress=progress, now=now, still_ours=lease.renew)
    except DriftTooLarge as reason:
        lease.renew()
        raise DriftTooLarge(f"{reason}; {_ask_for_training()}") from reason
    jobs.forget_ended(JobKind.REFRESH, kept=RUNS_KEPT)
    return figures


def _ask_for_training() -> str:
    """Ask for a training once a version: where the gate refuses what it makes, another one would not mend the drift."""
    if not can_train():
        return "torch is not installed here, so no training is asked for"
    version = LivePointer.objects.filter(kind=ArtefactKind.NETWORK).values_list("artefact_id", flat=True).first()
    run, _ = jobs.request(JobKind.TRAIN, slot=f"version-{version}-drifted", requested_by="refresh")
    return f"asked for job {run.pk}" if run.state in OPEN_STATES else f"job {run.pk} was the training for it"


def _prune(progress: jobs.Progress, _lease: jobs.Lease) -> Mapping[str, Any]:
    deleted = prune(progress=progress, now=timezone.now())
    return {**deleted, "items_flagged": note_flags(), "titles_spelt": spell_titles(now=timezone.now())}


def _exposures(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    now, counted = timezone.now(), 0
    while batch := exposures.count_batch(now=now):
        counted += batch
        progress(0.5, f"{counted:,} impressions counted")
        lease.renew()
    jobs.forget_ended(JobKind.EXPOSURES, kept=RUNS_KEPT)
    return {"impressions": counted, **arrivals.refresh(now=now)}


def _outcomes(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    made = outcomes.refresh(now=timezone.now(), progress=progress, still_ours=lease.renew)
    jobs.forget_ended(JobKind.OUTCOMES, kept=RUNS_KEPT)
    return made


def _erase(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    deleted = erasing.delete_erased(now=timezone.now(), progress=progress, still_ours=lease.renew)
    jobs.forget_ended(JobKind.ERASE, kept=RUNS_KEPT)
    return deleted


def _recount(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    """Fenced by its generation: once another recount begins, this one writes nothing more."""
    flagged = note_flags()
    try:
        counted = recount.rebuild(now=timezone.now(), progress=progress)
        return {"orders": counted.orders, **counted.left_out.as_json(), "items_flagged": flagged}
    except LeaseLost as reason:
        lease.renew()
        raise NotEnoughData(str(reason)) from reason


def _backfill(progress: jobs.Progress, lease: jobs.Lease) -> Mapping[str, Any]:
    return backfill.backfill(progress=progress, lease=lease)


WORK: Mapping[JobKind, Callable[[jobs.Progress, jobs.Lease], Mapping[str, Any]]] = {
    JobKind.MINE: _mine,
    JobKind.TRAIN: _train,
    JobKind.REFRESH: _refresh,
    JobKind.PRUNE: _prune,
    JobKind.RECOUNT: _recount,
    JobKind.BACKFILL: _backfill,
    JobKind.STATISTICS: _statistics,
    JobKind.EXPOSURES: _exposures,
    JobKind.PREVIEW: _preview,
    JobKind.OUTCOMES: _outcomes,
    JobKind.ERASE: _erase,
}
