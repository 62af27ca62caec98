"""Delete what erased shoppers left, in short transactions: browsing at once, orders as soon as no count holds them.

An order of theirs first leaves the counts by the fold, as a cancelled one does, and its row goes when nothing is held
of it. So counts are at no time anything but a recount of the rows, and in the end as if the orders had never been.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from django.db.models import Exists, OuterRef, Q

from recommendations.models import (
    Amendment,
    BrowseLog,
    ErasedKey,
    Impression,
    Order,
    Rating,
    Shopper,
    Status,
    database,
)
from recommendations.models.shoppers import ShopperQuerySet
from recommendations.selectors.erased import order_digests, shopper_digests
from recommendations.services import counting
from recommendations.services.erase import take_names
from recommendations.services.identify import delete_browsing
from recommendations.services.merge import LATE

AT_ONCE = 100
"""Rows deleted in one transaction: some tens of milliseconds of SQLite's one writer."""

Progress = Callable[[float, str], None]


def is_due(*, now: datetime) -> bool:
    """Whether anything of an erased shopper can be deleted now."""
    return _late_visitors().exists() or _with_rows(now).exists()


def delete_erased(*, now: datetime, progress: Progress, still_ours: Callable[[], None]) -> dict[str, int]:
    """Delete what can be deleted now: all but orders that the counts still hold, and the nameless rows of shoppers.

    Those stay until no transaction is open any more that began before the erasure: what it writes is deleted too.

    Returns
    -------
    How many rows of `browsing`, `ratings`, `orders` and `shoppers` went.
    """
    _take_late_visitors(now)
    deleted = dict.fromkeys(["browsing", "ratings", "orders", "shoppers"], 0)
    steps: Mapping[str, Callable[[int], int]] = {
        "browsing": _delete_browsing,
        "ratings": _delete_ratings,
        "orders": partial(_delete_orders, now=now),
    }
    for shopper_id in list(_with_rows(now).values_list("pk", flat=True)):
        while _leave_counts(shopper_id):
            still_ours()
        for name, step in steps.items():
            while gone := step(shopper_id):
                deleted[name] += gone
                progress(0.5, f"{sum(deleted.values()):,} rows of erased shoppers deleted")
                still_ours()
        deleted["shoppers"] += _delete_shopper(shopper_id, now)
    return deleted


def _with_rows(now: datetime) -> ShopperQuerySet:
    mine = {"shopper": OuterRef("pk")}
    return (
        Shopper.objects.erased()
        .filter(
            Q(Exists(BrowseLog.objects.filter(**mine)))
            | Q(Exists(Impression.objects.filter(**mine)))
            | Q(Exists(Rating.objects.filter(**mine)))
            | Q(Exists(Order.objects.filter(**mine).exclude(status=Status.ERASED)))
            | Q(Exists(Order.objects.filter(**mine, counted_items__isnull=True)))
            | Q(erased_at__lte=now - LATE) & ~Q(Exists(Order.objects.filter(**mine)))
        )
        .order_by("pk")
    )


def _late_visitors() -> ShopperQuerySet:
    return Shopper.objects.filter(merged_into__in=Shopper.objects.erased(), erased_at__isnull=True)


def _take_late_visitors(now: datetime) -> None:
    """Visitors who were becoming the account at the very moment at which it was erased are erased with it."""
    with database.atomic():
        late = list(_late_visitors().select_for_update().order_by("pk"))
        digests = [ErasedKey(digest=shopper_digests(one.key)[0], erased_at=now) for one in late]
        ErasedKey.objects.bulk_create(digests, ignore_conflicts=True)
        take_names(late, now=now)


def _leave_counts(shopper_id: int) -> int:
    with database.atomic():
        left = Order.objects.filter(shopper=shopper_id).exclude(status=Status.ERASED)
        ids = list(left.values_list("pk", flat=True)[:AT_ONCE])
        return Order.objects.filter(pk__in=ids).to_be_folded(status=Status.ERASED, quarantine_reason="")


def _delete_browsing(shopper_id: int) -> int:
    with database.atomic():
        events = list(BrowseLog.objects.filter(shopper=shopper_id).values_list("pk", flat=True)[:AT_ONCE])
        lists = list(Impression.objects.filter(shopper=shopper_id).values_list("pk", flat=True)[:AT_ONCE])
        return delete_browsing(
            events=BrowseLog.objects.filter(pk__in=events), lists=Impression.objects.filter(pk__in=lists)
        )


def _delete_ratings(shopper_id: int) -> int:
    ids = list(Rating.objects.filter(shopper=shopper_id).values_list("pk", flat=True)[:AT_ONCE])
    return int(Rating.objects.filter(pk__in=ids).delete()[0])


def _delete_orders(shopper_id: int, now: datetime) -> int:
    """Under the fold's lock: no fold is then about to count one of them."""
    with database.atomic():
        counting.lock()
        erased = Order.objects.filter(shopper=shopper_id, status=Status.ERASED, counted_items__isnull=True)
        orders = {pk: (channel, key) for pk, channel, key in erased.values_list("pk", "channel", "key")[:AT_ONCE]}
        digests = [ErasedKey(digest=order_digests(*order)[0], erased_at=now) for order in orders.values()]
        ErasedKey.objects.bulk_create(digests, ignore_conflicts=True)
        Order.objects.filter(pk__in=orders).delete()
        return len(orders)


def _delete_shopper(shopper_id: int, now: datetime) -> int:
    with database.atomic():
        counting.lock()
        Amendment.objects.filter(shopper=shopper_id, order__isnull=True).delete()
        late = Shopper.objects.filter(pk=shopper_id, erased_at__lte=now - LATE)
        gone = late.exclude(Exists(Order.objects.filter(shopper=OuterRef("pk"))))
        return int(gone.delete()[1].get("recommendations.Shopper", 0))
