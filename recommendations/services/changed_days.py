"""Note days whose figures must be made anew though they are over; in the transaction that changes what happened.

Today and the days just before it are made anew by each run of the job and never noted. Late orders, amendments and
merges are found by the job itself, for their rows tell when they came.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from recommendations.conf import settings
from recommendations.models import BrowseLog, ChangedDay, EventKind, Impression
from recommendations.models.sql import insert

FRESH = timedelta(days=1)
"""What is younger is made anew by the next run: it reaches back two whole days, so a transaction may take a day."""

TOUCHES = (EventKind.CLICK, EventKind.CART_ADD)


def zone() -> tzinfo:
    """The shop's time zone, in which its days begin and end."""
    return timezone.get_default_timezone()


def reached(days: Iterable[date]) -> set[date]:
    """These days and those after them on which a purchase may belong to one of their clicks."""
    return {day + timedelta(days=after) for day in days for after in range(settings.ATTRIBUTION_DAYS + 1)}


def note_events(recorded: Sequence[tuple[EventKind, datetime]], *, now: datetime) -> None:
    """Events of these kinds and times were recorded at `now`; no query where none of them is late."""
    late = [timezone.localdate(at, zone()) for kind, at in recorded if kind in TOUCHES and at < now - FRESH]
    _note(reached(late))


def note_forgotten(*, events: "QuerySet[BrowseLog]", lists: "QuerySet[Impression]") -> None:
    """These events and impressions are about to be deleted."""
    touches = events.filter(kind__in=TOUCHES)
    clicked = touches.annotate(day=TruncDate("at", tzinfo=zone())).values_list("day", flat=True).distinct()
    shown = lists.annotate(day=TruncDate("shown_at", tzinfo=zone())).values_list("day", flat=True).distinct()
    _note(reached(clicked) | set(shown))


def _note(days: Iterable[date]) -> None:
    insert(ChangedDay, ["day"], [(day,) for day in sorted(days)])
