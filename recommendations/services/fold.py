"""Fold pending orders into the counts: exactly once, one folder at a time."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from recommendations.conf import settings
from recommendations.data.baskets import Baskets
from recommendations.exceptions import CountsDrifted
from recommendations.mining.counts import Counts, count
from recommendations.models import BasketTotals, GenerationState, Order
from recommendations.selectors.orders import CountableOrder, pending_orders
from recommendations.services import counting, recount

logger = logging.getLogger(__name__)

MOST_PAIRS = 10_000
"""Pairs after which a batch ends early: about 50 ms of SQLite's one writer."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What one fold did: `orders` folded, whether some are left (`pending`), whether it recounted in `bulk`."""

    orders: int
    pending: bool
    bulk: bool = False


def fold(*, now: datetime, progress: recount.Progress | None = None) -> Folded:
    """Fold one batch of pending orders.

    In one transaction: lock, read, subtract what each order had been counted as, add what it is now, keep that as its
    snapshot and mark it counted. A whole history pending (`BULK_FOLD_ORDERS`), counts that cannot be right and a
    recount that died half-way are all answered by a recount, which tells `progress` how far it is.
    """
    try:
        if not _needs_recount(now):
            return _fold_batch(now)
    except CountsDrifted:
        logger.exception("the counts drifted from the orders and are counted anew")
    counted = recount.rebuild(now=now, progress=progress)
    return Folded(counted, pending=Order.objects.pending().exists(), bulk=True)


def fold_all(*, now: datetime, progress: recount.Progress | None = None) -> int:
    """Fold until nothing is pending; returns how many orders were folded."""
    total = 0
    while True:
        folded = fold(now=now, progress=progress)
        total += folded.orders
        if not folded.pending:
            return total


def difference(orders: Sequence[CountableOrder]) -> Counts:
    """What the counts change by when these orders are counted as they are now."""
    held = Baskets.of([order.held for order in orders if order.held])
    present = Baskets.of([order.basket for order in orders if order.basket])
    return count(present) - count(held)


def _needs_recount(now: datetime) -> bool:
    if recount.died(now=now):
        return True
    bulk = settings.BULK_FOLD_ORDERS
    return Order.objects.pending()[bulk - 1 : bulk].exists()


def _fold_batch(now: datetime) -> Folded:
    with transaction.atomic():
        if not counting.try_lock() or BasketTotals.objects.building().exists():
            return Folded(0, pending=False)
        totals = BasketTotals.objects.live().first() or _first_generation(now)
        orders = pending_orders(limit=settings.FOLD_BATCH, cap=totals.cap, window_from=totals.window_from)
        batch = _first_pairs(orders)
        if not batch:
            return Folded(0, pending=False)
        counting.add(difference(batch), generation=totals.generation, now=now)
        counting.keep_snapshots(batch)
        more = len(batch) < len(orders) or len(orders) == settings.FOLD_BATCH
    return Folded(len(batch), pending=more)


def _first_generation(now: datetime) -> BasketTotals:
    return BasketTotals.objects.create(
        generation=1, state=GenerationState.LIVE, cap=settings.BASKET_CAP, touched_at=now, folded_at=now
    )


def _first_pairs(orders: Sequence[CountableOrder]) -> Sequence[CountableOrder]:
    """The first orders that together have at most MOST_PAIRS pairs; at least one order."""
    pairs = 0
    for number, order in enumerate(orders):
        pairs += len(order.basket) * (len(order.basket) - 1) // 2
        if pairs > MOST_PAIRS and number:
            return orders[:number]
    return orders
