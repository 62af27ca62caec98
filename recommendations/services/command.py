"""What staff tell the background and the store: run this now, stop that, let this version serve; each is logged."""

from typing import Any

from django.utils import timezone

from recommendations import store
from recommendations.exceptions import ArtefactRefused, JobEnded
from recommendations.models import Artefact, ArtefactKind, JobKind, JobRun, JobState, LivePointer, database
from recommendations.services import audit, due, jobs

ON_REQUEST = (JobKind.MINE, JobKind.TRAIN, JobKind.REFRESH, JobKind.OUTCOMES)
"""What staff may run: the other kinds run when the data ask for it."""


@database.joining
def run_now(kind: JobKind, *, user: Any) -> tuple[JobRun, bool]:
    """Ask for a run over the data as they are now; see `jobs.request`. One that was skipped or cancelled runs again."""
    run, brought_about = jobs.request(
        kind, slot=due.asked_slot(kind, now=timezone.now()), requested_by=user.get_username()
    )
    before = None if brought_about else {"state": run.state}
    brought_about = brought_about or jobs.take_up_again(run)
    if brought_about:
        audit.note(run, user_id=user.pk, before=before, after={"kind": run.kind, "slot": run.slot, "state": run.state})
    return run, brought_about


@database.joining
def retry(*, user: Any) -> int:
    """Let runs that used up their attempts try again, see `jobs.retry_quarantined`; returns how many there are."""
    opened = jobs.retry_quarantined()
    for run in opened:
        audit.note(run, user_id=user.pk, before={"state": JobState.FAILED}, after={"state": run.state})
    return len(opened)


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
def roll_back(kind: ArtefactKind, *, user: Any) -> Artefact:
    """Let the version before the live one serve.

    Raises
    ------
    ArtefactRefused : there is no earlier version that is whole.
    """
    before = live_id(kind)
    artefact = store.roll_back(kind)
    audit.note(artefact, user_id=user.pk, before={"live": before}, after={"live": artefact.pk})
    return artefact


def live_id(kind: ArtefactKind) -> int | None:
    """Id of the version of this kind that is live."""
    return LivePointer.objects.filter(kind=kind).values_list("artefact_id", flat=True).first()
