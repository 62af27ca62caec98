"""What shoppers bought, as arrays: one shopper's for serving, everybody's for training."""

import numpy as np
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from recommendations.conf import settings
from recommendations.data.histories import MOST_PURCHASES, Histories, History
from recommendations.models import Excluded, Item, OrderLine, Shopper, Status
from recommendations.models.database import on_replica

DAY = 86_400.0

NOT_LEFT_OUT = ("", Excluded.WINDOW.value)
"""An order before the counts' window is no less what its shopper bought; what else cleaning left out is no habit."""


def bought_lines() -> QuerySet[OrderLine]:
    """Lines that are a purchase: of a product, not cancelled, not fully refunded, not left out by cleaning."""
    no_products = Item.objects.filter(is_counted=False).using(None)  # read where the lines are
    lines = OrderLine.objects.filter(
        is_counted=True, refunded__lt=F("quantity"), order__status=Status.PLACED, order__excluded__in=NOT_LEFT_OUT
    ).exclude(item__in=no_products.values("pk"))
    return lines if settings.COUNT_FREE_LINES else lines.filter(unit_price__gt=0)


def shopper_history(shopper_key: str) -> History:
    """A shopper's latest purchases; one query. Empty for a shopper without any."""
    persons = on_replica(Shopper.objects.filter(key=shopper_key)).values(person=Coalesce("merged_into_id", "id"))
    lines = list(
        on_replica(bought_lines())
        .filter(order__shopper__in=persons)
        .order_by("-order__placed_at", "-order_id", "number")
        .values_list("item_id", "order__placed_at", "order_id")[:MOST_PURCHASES]
    )
    distinct = list({(order, item): placed_at for item, placed_at, order in lines}.items())[::-1]
    return History(
        item_ids=np.array([item for (_, item), _ in distinct], dtype=np.int64),
        days=np.array([placed_at.timestamp() / DAY for _, placed_at in distinct], dtype=np.float64),
        orders=np.array([order for (order, _), _ in distinct], dtype=np.int64),
    )


def all_histories() -> Histories:
    """Every purchase by a known shopper, streamed."""
    known = bought_lines().filter(order__shopper__isnull=False)
    lines = known.values_list("order__shopper_id", "item_id", "order__placed_at", "order_id")
    rows = np.fromiter(
        (
            (shopper, item, placed_at.timestamp() / DAY, order)
            for shopper, item, placed_at, order in lines.iterator(chunk_size=10_000)
        ),
        dtype=[("shopper", np.int64), ("item", np.int64), ("day", np.float64), ("order", np.int64)],
    )
    return Histories.of(rows["shopper"], rows["item"], rows["day"], rows["order"])
