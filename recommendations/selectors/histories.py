"""What shoppers bought, as arrays: one shopper's for serving, everybody's for training."""

from datetime import datetime

import numpy as np
from django.db.models import F, Q
from django.utils import timezone

from recommendations.data.histories import HALF_LIFE_DAYS, Histories, History
from recommendations.models import OrderLine, Shopper, Status
from recommendations.models.database import on_replica

MOST_LINES = 500
DAY = 86_400.0


def shopper_history(shopper_key: str, *, now: datetime | None = None) -> History:
    """A shopper's latest purchases by item; one query. Empty for a shopper without any."""
    at = (now or timezone.now()).timestamp()
    lines = (
        on_replica(OrderLine.objects.all())
        .filter(is_counted=True, refunded__lt=F("quantity"), order__status=Status.PLACED)
        .filter(order__shopper__in=Shopper.objects.filter(Q(key=shopper_key) | Q(merged__key=shopper_key)))
        .order_by("-order__placed_at", "-order_id", "number")
        .values_list("item_id", "order__placed_at")[:MOST_LINES]
    )
    weights: dict[int, float] = {}
    ages: dict[int, float] = {}
    for item_id, placed_at in lines:
        age = max(at - placed_at.timestamp(), 0.0)
        weights[item_id] = weights.get(item_id, 0.0) + 0.5 ** (age / DAY / HALF_LIFE_DAYS)
        ages.setdefault(item_id, age)
    return History(
        item_ids=np.fromiter(weights, dtype=np.int64, count=len(weights)),
        weights=np.fromiter(weights.values(), dtype=np.float32, count=len(weights)),
        ages=np.fromiter(ages.values(), dtype=np.float64, count=len(ages)),
    )


def all_histories() -> Histories:
    """Every purchase by a known shopper that was not cancelled or fully refunded, streamed."""
    lines = OrderLine.objects.filter(
        is_counted=True, refunded__lt=F("quantity"), order__status=Status.PLACED, order__shopper__isnull=False
    ).values_list("order__shopper_id", "item_id", "order__placed_at", "order_id")
    rows = np.fromiter(
        (
            (shopper, item, placed_at.timestamp() / DAY, order)
            for shopper, item, placed_at, order in lines.iterator(chunk_size=10_000)
        ),
        dtype=[("shopper", np.int64), ("item", np.int64), ("day", np.float64), ("order", np.int64)],
    )
    return Histories.of(rows["shopper"], rows["item"], rows["day"], rows["order"])
