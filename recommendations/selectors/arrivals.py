"""The new items that lists may try now."""

from datetime import datetime

import numpy as np
from django.db.models import OuterRef, Subquery

from recommendations.data.arrivals import Arrivals
from recommendations.models import Arrival, ItemCount
from recommendations.models.database import on_replica


def arrivals(*, since: datetime, generation: int) -> Arrivals:
    """New items launched after `since` that are still tried, with their orders of a generation; one query."""
    counted = ItemCount.objects.filter(generation=generation, item=OuterRef("item")).values("orders")
    tried = on_replica(Arrival.objects.filter(launched_at__gt=since, share__gt=0)).order_by("item")
    named = tried.annotate(orders=Subquery(counted[:1]))
    rows = list(named.values_list("item_id", "item__key", "orders", "share", "categories"))
    return Arrivals(
        item_ids=np.array([row[0] for row in rows], dtype=np.int64),
        keys=tuple(row[1] for row in rows),
        orders=np.array([row[2] or 0 for row in rows], dtype=np.int64),
        shares=np.array([row[3] for row in rows], dtype=np.float64),
        categories=tuple(frozenset(row[4]) for row in rows),
    )
