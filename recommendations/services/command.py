"""What staff tell the background and the store: run this now, stop that, let this version serve; each is logged."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from recommendations import store
from recommendations.desks import Chosen
from recommendations.exceptions import ArtefactRefused, JobEnded
from recommendations.models import Artefact, ArtefactKind, Desk, JobKind, JobRun, JobState, LivePointer, database
from recommendations.services import audit, due, jobs, parameters, preview_rules

ON_REQUEST = (JobKind.MINE, JobKind.TRAIN, JobKind.REFRESH, JobKind.OUTCOMES)
"""What staff may run: the other kinds run when the data ask for it."""


@database.joining
def run_now(kind: JobKind, *, user: Any) -> tuple[JobRun, bool]:
    """Ask for a run over the data as they are now; see `jobs.request`. One that was skipped or cancelled runs again."""
    run, brought_about = jobs.request(
        kind, slot=due.asked_slot(kind, now=timezone.now()), requested_by=user.get_username()
    )
    before = None if brought_about else {"state": run.state}
    brought_about = brought_about or jobs.take_up_again(run, ended=JobState.SKIPPED)
    if brought_about:
        audit.note(run, user_id=user.pk, before=before, after={"kind": run.kind, "slot": run.slot, "state": run.state})
    return run, brought_about


@database.joining
def ask_preview(values: Mapping[str, Any], *, user: Any) -> tuple[JobRun, bool]:
    """Ask what mining by these parameters would find, see `preview_rules`; one that others wait for gives way.

    What is not named, or is None, is as the shop's settings say. Asked for again over the same data it is
    the same run.

    Raises
    ------
    InvalidInput : a name is unknown or a value out of its range.
    """
    wanted = {name: value for name, value in values.items() if value is not None}
    parameters.require_allowed(Desk.MINING, wanted)
    chosen = Chosen(Desk.MINING, wanted).values
    slot = f"{due.data_slot(JobKind.PREVIEW)}-{preview_rules.digest_of(chosen)}"
    for other in JobRun.objects.open().filter(kind=JobKind.PREVIEW).exclude(slot=slot):
        jobs.cancel(other, reason="another preview was asked for")
    run, brought_about = jobs.request(JobKind.PREVIEW, slot=slot, requested_by=user.get_username(), parameters=chosen)
    brought_about = brought_about or jobs.take_up_again(run, ended=JobState.SKIPPED)
    if brought_about:
        audit.note(run, user_id=user.pk, before=None, after={"kind": run.kind, "parameters": chosen})
    return run, brought_about


@database.joining
def retry(*, user: Any) -> int:
    """Let runs that used up their attempts try again, see `jobs.retry_quarantined`; returns how many there are."""
    opened = jobs.retry_quarantined()
    for run in opened:
        audit.note(run, user_id=user.pk, before={"state": JobState.FAILED}, after={"state": run.state})
    return len(opened)


@database.joining
def run_again(run: JobRun, *, user: Any) -> bool:
    """Let a run that failed, was skipped or cancelled try again; returns whether this call opened it."""
    before = {"state": run.state, "attempts": run.attempts}
    opened = any(jobs.take_up_again(run, ended=state) for state in (JobState.FAILED, JobState.SKIPPED))
    if opened:
        audit.note(run, user_id=user.pk, before=before, after={"state": run.state, "attempts": run.attempts})
    return opened


@database.joining
def cancel(run: JobRun, *, user: Any) -> None:
    """Stop a run; whoever is at it loses the lease, and what it has not published is not published any more.

    Raises
    ------
    JobEnded : it is over.
    """
    before = {"state": run.state, "progress": run.progress}
    if not jobs.cancel(run, reason=f"cancelled by {user.get_username()}"):
        raise JobEnded(f"the job is {run.state} already")
    audit.note(run, user_id=user.pk, before=before, after={"state": run.state, "message": run.message})


@database.joining
def serve_version(artefact: Artefact, *, user: Any) -> None:
    """Let a published version serve.

    Raises
    ------
    ArtefactRefused : it was refused, is not whole, or serves already.
    """
    before = live_id(ArtefactKind(artefact.kind))
    if before == artefact.pk:
        raise ArtefactRefused(f"{artefact.kind} {artefact.pk} serves already")
    store.point_to(artefact)
    audit.note(artefact, user_id=user.pk, before={"live": before}, after={"live": artefact.pk})


@database.joining
def roll_back(kind: ArtefactKind, *, to: Artefact | None = None, user: Any) -> Artefact:
    """Let the version before the live one serve; `to`: only if it is this one still.

    Raises
    ------
    ArtefactRefused : there is no earlier version that is whole, or another one than `to` is it by now.
    """
    before = live_id(kind)
    artefact = store.roll_back(kind, to=to)
    audit.note(artefact, user_id=user.pk, before={"live": before}, after={"live": artefact.pk})
    return artefact


def live_id(kind: ArtefactKind) -> int | None:
    """Id of the version of this kind that is live."""
    return LivePointer.objects.filter(kind=kind).values_list("artefact_id", flat=True).first()
