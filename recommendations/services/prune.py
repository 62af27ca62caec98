"""Delete rows that only tell old history, a few thousand a transaction. Orders, counts and versions are not that."""

from collections.abc import Callable
from datetime import datetime, timedelta

from recommendations.conf import settings
from recommendations.models import OPEN_STATES, BrowseLog, Impression, ItemOutcome, JobRun

ROWS_AT_ONCE = 2_000

Progress = Callable[[float, str], None]


def prune(*, progress: Progress, now: datetime) -> dict[str, int]:
    """Delete browse events, impressions, daily figures of single items and ended jobs older than `BROWSE_DAYS`.

    Returns
    -------
    How many `events`, `impressions`, `outcomes` and `jobs` went.
    """
    before = now - timedelta(days=settings.BROWSE_DAYS)
    steps = {
        "events": (BrowseLog, _old_events),
        "impressions": (Impression, _old_impressions),
        "outcomes": (ItemOutcome, _old_outcomes),
        "jobs": (JobRun, _old_jobs),
    }
    deleted = dict.fromkeys(steps, 0)
    for number, (name, (model, find)) in enumerate(steps.items()):
        while ids := find(before):
            model._default_manager.filter(pk__in=ids).delete()
            deleted[name] += len(ids)
            progress(number / len(steps), f"{deleted[name]:,} old {name} deleted")
    progress(1.0, ", ".join(f"{count:,} {name}" for name, count in deleted.items()))
    return deleted


def _old_events(before: datetime) -> list[int]:
    rows = BrowseLog.objects.filter(at__lt=before).order_by("at")
    return list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE])


def _old_impressions(before: datetime) -> list[int]:
    """Impressions are written in the order of time, so the oldest are the first: no index on the time is needed."""
    first = Impression.objects.order_by("id").values_list("pk", "shown_at")[:ROWS_AT_ONCE]
    return [pk for pk, shown_at in first if shown_at < before]


def _old_outcomes(before: datetime) -> list[int]:
    rows = ItemOutcome.objects.filter(day__lt=before.date()).order_by("day")
    return list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE])


def _old_jobs(before: datetime) -> list[int]:
    rows = JobRun.objects.exclude(state__in=OPEN_STATES).filter(finished_at__lt=before)
    return list(rows.order_by("id").values_list("pk", flat=True)[:ROWS_AT_ONCE])
