"""Orders that are to be decided on again without anybody having changed them: a day too rapid, a window that moved."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recommendations.data.cleaning import Cleaning
from recommendations.models import BasketTotals, Counted, Order
from recommendations.models.orders import OrderQuerySet
from recommendations.selectors.orders import busy_days
from recommendations.services import cleaning

INSTANT = timedelta(microseconds=1)


def requeue(orders: OrderQuerySet) -> bool:
    """Let the next folds decide on these orders again; False, and nothing is done, while one of them is being changed.

    It never waits: whoever is changing an order may wait for one that the caller has locked.
    """
    locked = len(orders.select_for_update(skip_locked=True).values_list("pk"))
    if locked < orders.count():
        return False
    orders.to_be_folded()
    return True


def rapid_days(
    orders: Sequence[Order], rules: Cleaning, *, earlier_than: int | None = None
) -> tuple[frozenset[int], frozenset[int]]:
    """Orders of days in which their shopper placed more than the rules allow. Call it under the fold lock.

    Others of those days that the counts still hold (with `earlier_than`: of lower ids alone) are put back into the
    queue, so that in the end all of a day are left out, in whatever sequence they came.

    Returns
    -------
    Ids of the orders of such days, and of those among them that have to wait for another transaction.
    """
    rapid: set[int] = set()
    waiting: set[int] = set()
    for day, placed, members in busy_days(orders, rules):
        if rules.most_orders_a_day is None or placed.orders <= rules.most_orders_a_day:
            continue
        ids = {order.pk for order in members}
        rapid |= ids
        others = Order.objects.filter(
            counted=Counted.COUNTED, shopper=day.shopper_id, placed_at__gte=day.since, placed_at__lt=day.until
        )
        if not requeue(others if earlier_than is None else others.filter(pk__lt=earlier_than)):
            waiting |= ids
    return frozenset(rapid), frozenset(waiting)


def window_is_due(now: datetime) -> bool:
    """Whether the window of the counts that serve lies behind the days that it should cover."""
    totals = BasketTotals.objects.live().first()
    return totals is not None and _target(totals, now) is not None


def move_window(totals: BasketTotals, *, limit: int, now: datetime) -> bool:
    """Move a generation's window on, as far as `limit` orders and those of the same moment as the last leave it.

    Those that leave are put into the queue, so that folds subtract them. Call it under the fold lock.

    Returns
    -------
    Whether it moved and is to move further.
    """
    target = _target(totals, now)
    if target is None:
        return False
    inside = Order.objects.filter(placed_at__lt=target)
    if totals.window_from is not None:
        inside = inside.filter(placed_at__gte=totals.window_from)
    last = inside.order_by("placed_at").values_list("placed_at", flat=True)[limit - 1 : limit].first()
    until = target if last is None else min(last + INSTANT, target)
    if not requeue(inside.settled().filter(placed_at__lt=until)):
        return False
    BasketTotals.objects.filter(pk=totals.pk).update(window_from=until)
    totals.window_from = until
    return until < target


def _target(totals: BasketTotals, now: datetime) -> datetime | None:
    """Where the window is to begin; None: it is there already, or all orders count."""
    target = cleaning.of(totals).window_from(now)
    behind = target is not None and (totals.window_from is None or totals.window_from < target)
    return target if behind else None
