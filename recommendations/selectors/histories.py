"""What shoppers bought, as arrays, for training."""

import numpy as np
from django.db.models import F

from recommendations.data.histories import Histories
from recommendations.models import OrderLine, Status

DAY = 86_400.0


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
