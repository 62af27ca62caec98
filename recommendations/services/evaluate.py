"""Say how the live network did on held-out orders and what each placement brought."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from recommendations import store
from recommendations.models import ArtefactKind
from recommendations.services import attribute


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`network` is the version that serves, None without any; `placements` what was earned from `since` to now."""

    network: store.Loaded | None
    placements: tuple[attribute.PlacementReport, ...]
    since: datetime


def evaluate(*, days: int, now: datetime) -> Evaluation:
    """The live network's stored figures and the report of the last `days`; trains and measures nothing anew."""
    since = now - timedelta(days=days)
    return Evaluation(store.live(ArtefactKind.NETWORK), tuple(attribute.report(since=since, until=now)), since)
