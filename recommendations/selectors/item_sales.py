"""How items sold and who bought them again, of what the counts hold of each order: one aggregate a statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count, Min, Q
from numpy.typing import NDArray

from recommendations.models import Order, database
from recommendations.selectors.held import moment

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sales:
    """Orders of two times that follow each other.

    Parameters
    ----------
    recent_total, earlier_total : all orders.
    first : the first order of the two times; None without any.
    item_ids : int64[n], ascending, those in any order.
    recent, earlier : int64[n], orders with the item; `buyers` different buyers of the recent ones, a guest's order
        being one buyer; `first_day` of the first order of these times, in days since 1970 (UTC).
    """

    recent_total: int
    earlier_total: int
    first: datetime | None
    item_ids: Ids
    recent: Ids
    earlier: Ids
    buyers: Ids
    first_day: Ids


@dataclass(frozen=True, slots=True)
class Buyers:
    """All int64[n]: item ids, ascending; known shoppers who ordered the item, and those who did so more than once;
    the day of its first order, by anybody, in days since 1970 (UTC).
    """

    item_ids: Ids
    buyers: Ids
    again: Ids
    first_day: Ids


def sales(*, since: datetime, then: datetime, until: datetime) -> Sales:
    """What sold from `since` to before `then`, the earlier time, and from there to before `until`, the recent one."""
    connection = database.connection()
    at = [moment(connection, one) for one in (then, then, since, until)]
    order = Order._meta.db_table
    rows = _read(
        connection,
        f"""SELECT {_item(connection)}, SUM(CASE WHEN o.placed_at >= %s THEN 1 ELSE 0 END), COUNT(*),
                COUNT(DISTINCT CASE WHEN o.placed_at >= %s THEN COALESCE(o.counted_shopper, -o.id) END),
                {_seconds(connection, "MIN(o.placed_at)")}
            FROM "{order}" AS o CROSS JOIN {_each(connection)} AS held
            WHERE o.counted_items IS NOT NULL AND o.placed_at >= %s AND o.placed_at < %s GROUP BY 1 ORDER BY 1""",  # noqa: S608
        at,
        columns=5,
    )
    held = Order.objects.held_by_counts().filter(placed_at__gte=since, placed_at__lt=until)
    totals = held.aggregate(all=Count("pk"), recent=Count("pk", filter=Q(placed_at__gte=then)), first=Min("placed_at"))
    item_ids, recent, both, buyers, first = rows.T
    return Sales(
        recent_total=totals["recent"],
        earlier_total=totals["all"] - totals["recent"],
        first=totals["first"],
        item_ids=item_ids,
        recent=recent,
        earlier=both - recent,
        buyers=buyers,
        first_day=first // 86_400,
    )


def buyers(*, until: datetime) -> Buyers:
    """Who bought each item, and bought it again, in all orders before `until`."""
    connection = database.connection()
    rows = _read(
        connection,
        f"""SELECT item, COUNT(shopper), SUM(CASE WHEN shopper IS NOT NULL AND times > 1 THEN 1 ELSE 0 END),
                {_seconds(connection, "MIN(first)")}
            FROM (SELECT {_item(connection)} AS item, o.counted_shopper AS shopper, COUNT(*) AS times,
                    MIN(o.placed_at) AS first
                FROM "{Order._meta.db_table}" AS o CROSS JOIN {_each(connection)} AS held
                WHERE o.counted_items IS NOT NULL AND o.placed_at < %s GROUP BY 1, 2) AS bought
            GROUP BY item ORDER BY item""",  # noqa: S608
        [moment(connection, until)],
        columns=4,
    )
    item_ids, known, again, first = rows.T
    return Buyers(item_ids, known, again, first // 86_400)


def _item(connection: Any) -> str:
    return "CAST(held.value AS bigint)" if connection.vendor == "postgresql" else "held.value"


def _seconds(connection: Any, time: str) -> str:
    if connection.vendor == "postgresql":
        return f"CAST(FLOOR(EXTRACT(EPOCH FROM {time})) AS bigint)"
    return f"CAST(strftime('%%s', {time}) AS INTEGER)"


def _each(connection: Any) -> str:
    """The items that the counts hold of an order `o`, as rows."""
    expand = "LATERAL jsonb_array_elements" if connection.vendor == "postgresql" else "json_each"
    return f"{expand}(o.counted_items)"


def _read(connection: Any, statement: str, parameters: Sequence[Any], *, columns: int) -> Ids:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, columns)
