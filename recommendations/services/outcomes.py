"""Keep the daily figures of what lists earned: the days that changed are made anew, and the others stay as they are.

A day's figures are a function of the rows as they are now, so a day can be made again whenever something of it
changes, and making all days anew gives the same. Days whose events were pruned keep their sums.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import Max, Min
from django.db.models.functions import TruncDate
from django.utils import timezone

from recommendations.catalogue import Context, get_catalogue
from recommendations.conf import settings
from recommendations.models import (
    Amendment,
    BrowseLog,
    ChangedDay,
    DailyOutcome,
    Impression,
    Item,
    ItemOutcome,
    Order,
    OutcomeState,
    Shopper,
    ShownItems,
    database,
)
from recommendations.services import merge
from recommendations.services.changed_days import TOUCHES, reached, zone
from recommendations.services.day_sums import DaySums, sums_of

Progress = Callable[[float, str], None]

BACK = timedelta(days=2)
"""Each run makes so many days anew before the day of the last run: see `changed_days.FRESH`."""

ITEMS_AT_ONCE = 500
ROWS_AT_ONCE = 2_000


def is_due(*, now: datetime) -> bool:
    """Whether the figures are older than `OUTCOMES_EVERY_SECONDS` and anything happened since they were made."""
    state = OutcomeState.objects.first()
    if state is None:
        return Impression.objects.exists() or BrowseLog.objects.exists()
    if now - state.computed_at < timedelta(seconds=settings.OUTCOMES_EVERY_SECONDS):
        return False
    is_news = state.seen.get("newest") != _newest() or ChangedDay.objects.exists() or not _fits(state)
    return is_news or _day(now) != _day(state.computed_at)


def refresh(
    *,
    now: datetime,
    progress: Progress = lambda *_: None,
    everything: bool = False,
    still_ours: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Make the figures of all days anew that changed, or `everything` of which the events are still there.

    Idempotent; each day is one short transaction. Everything is made anew too where the time zone or
    `ATTRIBUTION_DAYS` are others than they were.

    Returns
    -------
    How many `days` were made anew.
    """
    state, today = OutcomeState.objects.first(), _day(now)
    since = _since(state, now)
    noted = dict(ChangedDay.objects.values_list("pk", "day"))
    seen = _seen(now)
    if state is None or everything or not _fits(state):
        days = _all_days(since, today)
    else:
        first = min(today, _day(state.computed_at)) - BACK
        days = {first + timedelta(days=after) for after in range((today - first).days + 1)}
        days |= {*noted.values(), *_late_days(state)}
    days = {day for day in days if since <= day <= today}
    for number, day in enumerate(sorted(days)):
        still_ours()
        progress(number / len(days), f"the figures of {day:%Y-%m-%d}")
        start, end = _midnight(day), _midnight(day + timedelta(days=1))
        _keep(day, sums_of(start, end))
    sellable = _sellable(state, today)
    with database.atomic():
        ChangedDay.objects.filter(pk__in=noted).delete()
        made = {
            "computed_at": now,
            "since": since,
            "attribution_days": settings.ATTRIBUTION_DAYS,
            "time_zone": str(zone()),
            "seen": seen,
            **sellable,
        }
        OutcomeState.objects.update_or_create(pk=state.pk if state else 1, defaults=made)
    return {"days": len(days)}


def packed(item_ids: Iterable[int]) -> bytes:
    """A set of item ids in some bytes each; `unpacked` gives them back, ascending."""
    ascending = np.unique(np.fromiter(item_ids, dtype=np.int64))
    return zlib.compress(np.diff(ascending, prepend=0).astype("<i8").tobytes())


def unpacked(items: bytes | memoryview) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """int64, ascending and distinct."""
    return np.cumsum(np.frombuffer(zlib.decompress(items), dtype="<i8")) if items else np.zeros(0, dtype=np.int64)


def _day(moment: datetime) -> date:
    return timezone.localdate(moment, zone())


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone())


def _fits(state: OutcomeState) -> bool:
    return (state.attribution_days, state.time_zone) == (settings.ATTRIBUTION_DAYS, str(zone()))


def _since(state: OutcomeState | None, now: datetime) -> date:
    """The first day of which every click that may count is still there; it never goes back."""
    kept = _day(now - timedelta(days=settings.BROWSE_DAYS)) + timedelta(days=settings.ATTRIBUTION_DAYS + 1)
    kept = min(kept, _day(now) - BACK)
    return kept if state is None else max(kept, state.since)


def _all_days(since: date, today: date) -> set[date]:
    """Days from the first list or event on, and those that have figures."""
    first = [
        Impression.objects.aggregate(first=Min("shown_at"))["first"],
        BrowseLog.objects.aggregate(first=Min("at"))["first"],
    ]
    start = max([since, min([_day(moment) for moment in first if moment is not None], default=today)])
    days = {start + timedelta(days=after) for after in range((today - start).days + 1)}
    return days | set(DailyOutcome.objects.filter(day__gte=since).values_list("day", flat=True).distinct())


def _newest() -> list[int]:
    return [
        model.objects.aggregate(newest=Max("pk"))["newest"] or 0 for model in (Impression, BrowseLog, Order, Amendment)
    ]


def _seen(now: datetime) -> dict[str, Any]:
    """The newest rows of now, and the last of which every earlier one is surely committed."""
    settled = now - merge.LATE
    return {
        "newest": _newest(),
        "order": _last(Order, settled),
        "amendment": _last(Amendment, settled),
        "merged_at": settled.isoformat(),
    }


def _last(model: type[Order] | type[Amendment], settled: datetime) -> int:
    rows = model.objects.filter(recorded_at__lte=settled).order_by("-pk")
    return rows.values_list("pk", flat=True).first() or 0


def _late_days(state: OutcomeState) -> set[date]:
    """Days of orders and amendments that came since, and of what visitors did who became an account since."""
    orders = Order.objects.filter(pk__gt=state.seen["order"])
    amended = Amendment.objects.filter(pk__gt=state.seen["amendment"], order__isnull=False)
    merged_at = datetime.fromisoformat(state.seen["merged_at"]) - merge.LATE
    owners = Shopper.objects.filter(merged_at__gt=merged_at, merged_into__isnull=False).values("merged_into")
    touched = BrowseLog.objects.filter(shopper__in=owners, kind__in=TOUCHES)
    return {
        *_days_of(orders, "placed_at"),
        *_days_of(amended, "order__placed_at"),
        *_days_of(Order.objects.filter(shopper__in=owners), "placed_at"),
        *reached(_days_of(touched, "at")),
    }


def _days_of(rows: Any, moment: str) -> list[date]:
    return list(rows.annotate(day=TruncDate(moment, tzinfo=zone())).values_list("day", flat=True).distinct())


def _keep(day: date, sums: DaySums) -> None:
    """Put a day's figures in the place of those it had."""
    with database.atomic():
        for model in (DailyOutcome, ItemOutcome, ShownItems):
            model._default_manager.filter(day=day).delete()
        DailyOutcome.objects.bulk_create(
            [
                DailyOutcome(day=day, placement=placement, strategy=strategy, **figures)
                for (placement, strategy), figures in sums.of_lists()
            ],
            batch_size=ROWS_AT_ONCE,
        )
        ItemOutcome.objects.bulk_create(
            [
                ItemOutcome(day=day, item_id=item_id, placement=placement, source=source, **figures)
                for (item_id, placement, source), figures in sums.of_items()
            ],
            batch_size=ROWS_AT_ONCE,
        )
        if sums.shown_items:
            ShownItems.objects.create(day=day, items=packed(sums.shown_items))


def _sellable(state: OutcomeState | None, today: date) -> dict[str, Any]:
    """What the shop sells today, asked once a day; where its catalogue gives no answer, what it sold before."""
    if state is not None and state.sellable_on == today:
        return {}
    catalogue, ids, keys = get_catalogue(), set[int](), Item.objects.order_by("pk").values_list("pk", "key")
    try:
        for part in _parts(keys.iterator(chunk_size=ITEMS_AT_ONCE)):
            with database.savepoints():
                facts = catalogue.facts([key for _, key in part], Context())
            ids |= {pk for pk, key in part if key in facts and facts[key].visible and not facts[key].sold_out}
    except Exception:  # noqa: BLE001 (whatever the shop's catalogue raises)
        return {}
    return {"sellable": packed(ids), "sellable_on": today}


def _parts(rows: Iterator[tuple[int, str]]) -> Iterator[Collection[tuple[int, str]]]:
    while part := list(islice(rows, ITEMS_AT_ONCE)):
        yield part
