"""One order in one statement: what nearly every checkout is on PostgreSQL, where each further round trip is a wait.

Order and lines are written if every item is known already, the order is new and its shopper was never erased;
otherwise neither is, and the general way is gone. A shopper who was never seen is made.
SQLite has neither the need nor statements that write to two tables.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from recommendations.data.facts import Identity
from recommendations.data.orders import PlacedOrder, clamped
from recommendations.models import Consent, Counted, ErasedKey, Item, Order, OrderLine, Shopper, Status, database
from recommendations.models.sql import source
from recommendations.selectors.erased import order_digests, shopper_digests

LINE = (
    ("number", "integer"),
    ("item_key", "text"),
    ("product_key", "text"),
    ("is_counted", "boolean"),
    ("quantity", "integer"),
    ("unit_price", "numeric"),
)


def place_at_once(one: PlacedOrder, body: str, identities: Mapping[str, Identity], now: datetime) -> int | None:
    """Id of the order that was written; None where it takes more than one statement, and nothing was written."""
    connection = database.connection()
    if connection.vendor != "postgresql":
        return None
    rows = [_line(number, line, identities) for number, line in enumerate(one.lines, start=1)]
    lines, parameters = source(connection, LINE, rows)
    placed_at, was_clamped = clamped(one.placed_at, now=now)
    order = {
        "channel": one.channel,
        "key": one.key,
        "placed_at": placed_at,
        "clamped": was_clamped,
        "status": Status.PLACED.value,
        "currency": one.currency,
        "body_digest": body,
        "recorded_at": now,
        "changed_at": now,
        "counted": Counted.PENDING.value,
        "quarantine_reason": "",
    }
    newcomer = [one.shopper, Consent.UNDECIDED.value, now, one.shopper is not None]
    gone = [*order_digests(one.channel, one.key), *(shopper_digests(one.shopper) if one.shopper else ())]
    orders, order_lines, items, shoppers, erased = (
        model._meta.db_table for model in (Order, OrderLine, Item, Shopper, ErasedKey)
    )
    statement = f"""
        WITH given AS (
            SELECT given.*, item.id AS item_id FROM {lines} LEFT JOIN "{items}" AS item ON item.key = given.item_key
        ), gone AS (
            SELECT 1 FROM "{erased}" WHERE digest = ANY(%s::text[])
        ), buyer AS (
            SELECT COALESCE(merged_into_id, id) AS id FROM "{shoppers}" WHERE key = %s
        ), newcomer AS (
            INSERT INTO "{shoppers}" (key, consent, consent_version, created_at)
            SELECT %s, %s, 0, %s WHERE %s AND NOT EXISTS (SELECT 1 FROM buyer)
                AND NOT EXISTS (SELECT 1 FROM given WHERE item_id IS NULL)
                AND NOT EXISTS (SELECT 1 FROM gone)
            ON CONFLICT (key) DO NOTHING RETURNING id
        ), placed AS (
            INSERT INTO "{orders}" (shopper_id, {", ".join(order)})
            SELECT COALESCE((SELECT id FROM buyer), (SELECT id FROM newcomer)), {", ".join(["%s"] * len(order))}
            WHERE NOT EXISTS (SELECT 1 FROM given WHERE item_id IS NULL)
                AND NOT EXISTS (SELECT 1 FROM gone)
                AND (%s OR EXISTS (SELECT 1 FROM buyer) OR EXISTS (SELECT 1 FROM newcomer))
            ON CONFLICT (channel, key) DO NOTHING RETURNING id
        ), lined AS (
            INSERT INTO "{order_lines}"
                (order_id, number, item_id, product_key, is_counted, quantity, refunded, unit_price)
            SELECT placed.id, number, item_id, product_key, is_counted, quantity, 0, unit_price
            FROM placed CROSS JOIN given
        )
        SELECT id FROM placed
    """  # noqa: S608 (table and column names are the models' own)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, gone, one.shopper, *newcomer, *order.values(), one.shopper is None])
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _line(number: int, line: Any, identities: Mapping[str, Identity]) -> Sequence[Any]:
    identity = identities.get(line.product) or Identity(line.product)
    return number, identity.item_key, line.product, identity.counted, line.quantity, line.unit_price
