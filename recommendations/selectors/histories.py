"""What shoppers bought, as arrays, for training."""

import numpy as np
from django.db.models import F, QuerySet

from recommendations.conf import settings
from recommendations.data.histories import Histories
from recommendations.models import Excluded, Item, OrderLine, Status

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


def is_bought(order: str, line: str) -> str:
    """SQL of the same, for tables of these names in a statement."""
    left_out = ", ".join(f"'{why}'" for why in NOT_LEFT_OUT)
    priced = "" if settings.COUNT_FREE_LINES else f" AND {line}.unit_price > 0"
    return f"""{order}.status = '{Status.PLACED}' AND {order}.excluded IN ({left_out})
        AND {line}.is_counted AND {line}.refunded < {line}.quantity
        AND {line}.item_id NOT IN (SELECT id FROM "{Item._meta.db_table}" WHERE NOT is_counted){priced}"""  # noqa: S608


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
