"""Which of the given keys have rows already: one query for items, shoppers and orders together."""

from collections.abc import Iterable
from dataclasses import dataclass

from recommendations.models import Item, Order, Shopper, database
from recommendations.models.sql import source


@dataclass(frozen=True, slots=True)
class Known:
    """Ids of the rows that exist.

    `items` maps item keys and `shoppers` shopper keys (followed to the account an anonymous shopper became)
    to ids, `consents` shopper keys to consent states, `orders` maps (channel, key) to (id, body digest).
    """

    items: dict[str, int]
    shoppers: dict[str, int]
    consents: dict[str, str]
    orders: dict[tuple[str, str], tuple[int, str]]


def known(*, items: Iterable[str] = (), shoppers: Iterable[str] = (), orders: Iterable[tuple[str, str]] = ()) -> Known:
    """Look all keys up at once."""
    found = Known({}, {}, {}, {})
    keys = [("item", key, "") for key in sorted(set(items))]
    keys += [("shopper", key, "") for key in sorted(set(shoppers))]
    keys += [("order", key, channel) for channel, key in sorted(set(orders))]
    if not keys:
        return found
    connection = database.connection()
    columns = [("kind", "text"), ("given_key", "text"), ("channel", "text")]
    table, parameters = source(connection, columns, keys)
    item, shopper, order = (model._meta.db_table for model in (Item, Shopper, Order))
    statement = f"""
        WITH asked AS (SELECT kind, given_key, channel FROM {table})
        SELECT asked.kind, asked.given_key, '', i.id, ''
            FROM asked JOIN "{item}" i ON i.key = asked.given_key WHERE asked.kind = 'item'
        UNION ALL
        SELECT asked.kind, asked.given_key, '', COALESCE(s.merged_into_id, s.id), COALESCE(m.consent, s.consent)
            FROM asked JOIN "{shopper}" s ON s.key = asked.given_key
            LEFT JOIN "{shopper}" m ON m.id = s.merged_into_id WHERE asked.kind = 'shopper'
        UNION ALL
        SELECT asked.kind, asked.given_key, asked.channel, o.id, o.body_digest
            FROM asked JOIN "{order}" o ON o.channel = asked.channel AND o.key = asked.given_key
            WHERE asked.kind = 'order'
    """  # noqa: S608 (table names are the models' own)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for kind, key, channel, row_id, extra in cursor.fetchall():
            if kind == "item":
                found.items[key] = row_id
            elif kind == "shopper":
                found.shoppers[key] = row_id
                found.consents[key] = extra
            else:
                found.orders[channel, key] = (row_id, extra)
    return found
