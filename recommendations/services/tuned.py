"""What the last search for better parameters found; kept with the newest network and handed on by each training."""

from collections.abc import Mapping
from typing import Any

from recommendations.exceptions import NotEnoughData
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, database

TUNED = "tuned"
"""Where an artefact's metrics hold the outcome of the search."""


def outcome() -> Mapping[str, Any] | None:
    """The stored outcome, None before the first search."""
    newest = Artefact.objects.filter(kind=ArtefactKind.NETWORK).exclude(status=ArtefactStatus.BUILDING)
    metrics = newest.order_by("-id").values_list("metrics", flat=True).first()
    found = (metrics or {}).get(TUNED)
    return found if isinstance(found, Mapping) else None


def parameters() -> Mapping[str, Any]:
    """The parameters that trainings use in place of the defaults; empty where the search found none that are better."""
    found = outcome()
    return dict(found["parameters"]) if found and found.get("is_better") else {}


def require_network() -> None:
    """Raise NotEnoughData unless there is a network to keep an outcome with."""
    if not Artefact.objects.filter(kind=ArtefactKind.NETWORK).exclude(status=ArtefactStatus.BUILDING).exists():
        raise NotEnoughData("tuning needs a network that was trained once: run `manage.py train` first")


def keep(found: Mapping[str, Any]) -> Artefact:
    """Store the outcome (JSON) with the newest network.

    Raises
    ------
    NotEnoughData : there is no network yet.
    """
    with database.atomic():
        require_network()
        newest = (
            Artefact.objects.select_for_update()
            .filter(kind=ArtefactKind.NETWORK)
            .exclude(status=ArtefactStatus.BUILDING)
            .order_by("-id")[0]
        )
        newest.metrics = {**newest.metrics, TUNED: dict(found)}
        newest.save(update_fields=["metrics"])
    return newest
