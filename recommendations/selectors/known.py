"""Which of the given keys have rows already, and which were erased: one query for all of them together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from recommendations.models import ErasedKey, Item, Order, Shopper, database
from recommendations.models.sql import source
from recommendations.selectors.erased import order_digests, shopper_digests


@dataclass(frozen=True, slots=True)
class Known:
    """Ids of the rows that exist.

    `items` maps item keys and `shoppers` shopper keys (followed to the account an anonymous shopper became)
    to ids, `consents` shopper keys to consent states, `orders` maps (channel, key) to (id, body digest).
    `gone_shoppers` maps keys of erased shoppers to when that was, `gone_orders` holds those that were theirs.
    """

    items: dict[str, int]
    shoppers: dict[str, int]
    consents: dict[str, str]
    orders: dict[tuple[str, str], tuple[int, str]]
    gone_shoppers: dict[str, datetime]
    gone_orders: set[tuple[str, str]]

    def is_gone(self, shopper: str | None, at: datetime) -> bool:
        """Whether a shopper was erased after this time: then what they did at that time is not recorded."""
        erased_at = self.gone_shoppers.get(shopper) if shopper else None
        return erased_at is not None and at <= erased_at


def known(*, items: Iterable[str] = (), shoppers: Iterable[str] = (), orders: Iterable[tuple[str, str]] = ()) -> Known:
    """Look all keys up at once."""
    found = Known({}, {}, {}, {}, {}, set())
    shoppers, orders = sorted(set(shoppers)), sorted(set(orders))
    keys = [("item", key, "") for key in sorted(set(items))]
    keys += [("shopper", key, "") for key in shoppers]
    keys += [("order", key, channel) for channel, key in orders]
    digests: dict[str, str | tuple[str, str]] = {digest: key for key in shoppers for digest in shopper_digests(key)}
    digests |= {digest: order for order in orders for digest in order_digests(*order)}
    keys += [("erased", digest, "") for digest in digests]
    if not keys:
        return found
    connection = database.connection()
    columns = [("kind", "text"), ("given_key", "text"), ("channel", "text")]
    table, parameters = source(connection, columns, keys)
    item, shopper, order, erased = (model._meta.db_table for model in (Item, Shopper, Order, ErasedKey))
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
        UNION ALL
        SELECT asked.kind, asked.given_key, '', 0, CAST(e.erased_at AS text)
            FROM asked JOIN "{erased}" e ON e.digest = asked.given_key WHERE asked.kind = 'erased'
    """  # noqa: S608 (table names are the models' own)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for kind, key, channel, row_id, extra in cursor.fetchall():
            if kind == "item":
                found.items[key] = row_id
            elif kind == "shopper":
                found.shoppers[key] = row_id
                found.consents[key] = extra
            elif kind == "erased":
                _note_gone(found, digests[key], extra)
            else:
                found.orders[channel, key] = (row_id, extra)
    return found


def _note_gone(found: Known, gone: str | tuple[str, str], at: str) -> None:
    if isinstance(gone, tuple):
        found.gone_orders.add(gone)
        return
    erased_at = datetime.fromisoformat(at)
    erased_at = erased_at if erased_at.tzinfo else erased_at.replace(tzinfo=UTC)
    found.gone_shoppers[gone] = max(erased_at, found.gone_shoppers.get(gone, erased_at))
