"""The new items that lists may try now."""

import json
from datetime import datetime

import numpy as np
from django.db import connections, router

from recommendations.data.arrivals import Arrivals
from recommendations.models import Arrival, Item, ItemCount
from recommendations.selectors.held import moment


def arrivals(*, since: datetime, generation: int) -> Arrivals:
    """New items launched after `since` that are still tried, with their orders of a generation; one query."""
    connection = connections[router.db_for_read(Arrival)]
    arrival, item, count = (model._meta.db_table for model in (Arrival, Item, ItemCount))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.item_id, i.key, COALESCE(n.orders, 0), a.share, CAST(a.categories AS text)
                FROM "{arrival}" AS a JOIN "{item}" AS i ON i.id = a.item_id
                LEFT JOIN "{count}" AS n ON n.generation = %s AND n.item_id = a.item_id
                WHERE a.launched_at > %s AND a.share > 0 ORDER BY a.item_id""",  # noqa: S608
            [generation, moment(connection, since)],
        )
        rows = cursor.fetchall()
    # Few different ones: each is decoded once.
    categories = {text: frozenset(json.loads(text)) for text in {row[4] for row in rows}}
    return Arrivals(
        item_ids=np.array([row[0] for row in rows], dtype=np.int64),
        keys=tuple(row[1] for row in rows),
        orders=np.array([row[2] for row in rows], dtype=np.int64),
        shares=np.array([row[3] for row in rows], dtype=np.float64),
        categories=tuple(categories[row[4]] for row in rows),
    )
