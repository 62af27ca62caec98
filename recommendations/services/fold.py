"""Fold pending orders into the counts: exactly once, one folder at a time."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils import timezone

from recommendations.conf import settings
from recommendations.data.baskets import Baskets
from recommendations.data.cleaning import LeftOut
from recommendations.exceptions import CountsDrifted
from recommendations.mining.counts import Counts, count
from recommendations.models import BasketTotals, Counted, GenerationState, JobKind, JobRun, Order, database
from recommendations.selectors.orders import CountableOrder, countable, pending_orders
from recommendations.services import cleaning, counting, jobs, recount
from recommendations.services.requeue import move_window, rapid_days, window_is_due

logger = logging.getLogger(__name__)

MOST_PAIRS = 10_000
"""Pairs after which a batch ends early: about 50 ms of SQLite's one writer."""

POLL_SECONDS = 0.1
"""How long `fold_for` rests when nothing is pending: most of the time from an order to its counts."""

NOT_THE_ORDERS_FAULT = (CountsDrifted, OperationalError, InterfaceError, ProgrammingError)


@dataclass(frozen=True, slots=True)
class Folded:
    """What a fold did: `orders` folded, whether some are left (`pending`), whether it recounted in `bulk`.

    `left_out`: those of them that are not counted, and lines of the others.
    """

    orders: int
    pending: bool
    bulk: bool = False
    left_out: LeftOut = field(default_factory=LeftOut)


def fold(*, now: datetime, progress: recount.Progress | None = None) -> Folded:
    """Fold one batch of pending orders.

    In one transaction: lock, read, subtract what each order had been counted as, add what it is now, keep that as its
    snapshot and mark it counted. Where the window is behind, it moves on first, and orders that leave it are pending.
    A whole history pending (`BULK_FOLD_ORDERS`), counts that cannot be right and a recount that died half-way are all
    answered by a recount, which tells `progress` how far it is.
    """
    try:
        if not _needs_recount(now):
            return _fold_batch(now)
    except CountsDrifted:
        logger.exception("the counts drifted from the orders and are counted anew")
    counted = recount.rebuild(now=now, progress=progress)
    pending = Order.objects.pending().exists() or window_is_due(now)
    return Folded(counted.orders, pending=pending, bulk=True, left_out=counted.left_out)


def fold_all(*, now: datetime, progress: recount.Progress | None = None) -> Folded:
    """Fold until nothing is pending; returns what all of the folds did."""
    orders, bulk, left_out = 0, False, LeftOut()
    while True:
        folded = fold(now=now, progress=progress)
        orders, bulk, left_out = orders + folded.orders, bulk or folded.bulk, left_out + folded.left_out
        if not folded.pending:
            return Folded(orders, pending=False, bulk=bulk, left_out=left_out)


def fold_for(seconds: float) -> None:
    """The background's fold: batch after batch for so long, looking for new orders again and again.

    It never recounts: a recount takes its time and its memory, so it is asked for as a job.
    """
    ends = time.monotonic() + seconds
    while True:
        now = timezone.now()
        due = Order.objects.pending().exists() or window_is_due(now) or _needs_recount(now)
        more = due and _fold_or_ask(now).pending
        if time.monotonic() >= ends:
            return
        if not more:
            time.sleep(min(POLL_SECONDS, max(ends - time.monotonic(), 0)))


def ask_for_recount(*, requested_by: str = "") -> JobRun:
    """Ask for the job that counts everything anew; one for each state of the counts."""
    live = BasketTotals.objects.live().first()
    run, _ = jobs.request(JobKind.RECOUNT, slot=recount_slot(live), requested_by=requested_by)
    return run


def recount_if_outdated(*, requested_by: str = "") -> JobRun | None:
    """Ask for a recount where the counts were made by other rules than those of now; None where they were not."""
    live = BasketTotals.objects.live().first()
    return ask_for_recount(requested_by=requested_by) if live and cleaning.is_outdated(live) else None


def recount_slot(live: BasketTotals | None) -> str:
    """The slot of a recount that replaces these counts."""
    return f"after-generation-{live.generation if live else 0}"


def difference(orders: Sequence[CountableOrder]) -> Counts:
    """What the counts change by when these orders are counted as they are now."""
    held = [order.held for order in orders if order.held]
    present = count(Baskets.of([order.basket for order in orders if order.basket]))
    return present - count(Baskets.of(held)) if held else present


def _needs_recount(now: datetime) -> bool:
    if recount.died(now=now):
        return True
    many, waiting = _queue(settings.BULK_FOLD_ORDERS)
    # A back-fill that is at work asks for its recount when it is complete.
    return many or (waiting and not jobs.is_open(JobKind.BACKFILL))


def _queue(many: int) -> tuple[bool, bool]:
    """Whether so many orders are pending, and whether some wait for a recount; by partial indexes, in one statement."""
    table = Order._meta.db_table
    with database.connection().cursor() as cursor:
        cursor.execute(
            f"""SELECT EXISTS (SELECT 1 FROM "{table}" WHERE counted = '{Counted.PENDING}' LIMIT 1 OFFSET %s),
                EXISTS (SELECT 1 FROM "{table}" WHERE counted = '{Counted.WAITING}')""",  # noqa: S608
            [many - 1],
        )
        pending, waiting = cursor.fetchone()
    return bool(pending), bool(waiting)


def _fold_or_ask(now: datetime) -> Folded:
    """Fold a batch, or ask for a recount; where that came to nothing three times, go on in batches."""
    try:
        if not _needs_recount(now) or jobs.is_quarantined(ask_for_recount()):
            return _fold_batch(now)
    except CountsDrifted:
        logger.exception("the counts drifted from the orders and are to be counted anew")
        ask_for_recount()
    return Folded(0, pending=False)


def _fold_batch(now: datetime) -> Folded:
    """One batch; where it fails for the sake of some order, each of its orders alone."""
    try:
        return _fold_pending(now)
    except NOT_THE_ORDERS_FAULT:
        raise
    except Exception:
        logger.exception("a batch cannot be folded, its orders are folded one by one")
        return _fold_one_by_one(now)


def _fold_one_by_one(now: datetime) -> Folded:
    """Fold the orders of a batch each in its own transaction and quarantine those that fail.

    Raises
    ------
    Whatever the last one raised, where all of several fail: then it is not they who are at fault.
    """
    order_ids = list(Order.objects.pending().values_list("pk", flat=True)[: settings.FOLD_BATCH])
    faults: dict[int, Exception] = {}
    for order_id in order_ids:
        try:
            _fold_pending(now, only=order_id)
        except NOT_THE_ORDERS_FAULT:
            raise
        except Exception as error:
            logger.exception("order %s cannot be folded", order_id)
            faults[order_id] = error
    if len(faults) == len(order_ids) > 1:
        raise faults[order_ids[-1]]
    for order_id, fault in faults.items():
        counting.quarantine(order_id, fault)
    return Folded(len(order_ids) - len(faults), pending=Order.objects.pending().exists())


def _fold_pending(now: datetime, only: int | None = None) -> Folded:
    with database.atomic():
        if not counting.try_lock() or BasketTotals.objects.building().exists():
            return Folded(0, pending=False)
        totals = BasketTotals.objects.live().first() or _first_generation(now)
        moving = only is None and move_window(totals, limit=settings.FOLD_BATCH, now=now)
        orders = pending_orders(limit=settings.FOLD_BATCH, only=only)
        rules = cleaning.of(totals)
        rapid, waiting = rapid_days(orders, rules)
        ready = [order for order in orders if order.pk not in waiting]
        batch = _first_pairs(countable(ready, cleaning=rules, window_from=totals.window_from, rapid=rapid))
        if not batch:
            return Folded(0, pending=moving)
        counting.add(difference(batch), generation=totals.generation, now=now)
        counting.keep_snapshots(batch)
    return Folded(len(batch), pending=moving or Order.objects.pending().exists(), left_out=LeftOut.of(batch))


def _first_generation(now: datetime) -> BasketTotals:
    rules = cleaning.current()
    return BasketTotals.objects.create(
        generation=1,
        state=GenerationState.LIVE,
        **cleaning.as_fields(rules),
        window_from=rules.window_from(now),
        touched_at=now,
        folded_at=now,
    )


def _first_pairs(orders: Sequence[CountableOrder]) -> Sequence[CountableOrder]:
    """The first orders that together change at most MOST_PAIRS pairs, added or taken back; at least one order."""
    pairs = 0
    for number, order in enumerate(orders):
        pairs += sum(len(items) * (len(items) - 1) // 2 for items in (order.basket, order.held or ()))
        if pairs > MOST_PAIRS and number:
            return orders[:number]
    return orders
