"""Record orders: one query on PostgreSQL and three on SQLite for known items and a known shopper, five for new ones.

Where two writers meet over the same new item or shopper, each costs one query more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from recommendations.catalogue import get_catalogue
from recommendations.data.facts import Identity
from recommendations.data.orders import PlacedOrder, clamped
from recommendations.exceptions import KeyConflict
from recommendations.models import Counted, Order, OrderLine, Status, database
from recommendations.models.sql import insert
from recommendations.selectors.known import Known, known
from recommendations.services.record.at_once import place_at_once
from recommendations.services.record.rows import digest, ensure_items, ensure_shoppers


@dataclass(frozen=True, slots=True)
class Recorded:
    """The row, and whether this call made it. The id is 0 where the shopper was erased: nothing is recorded."""

    id: int
    created: bool


def order(placed: PlacedOrder) -> Recorded:
    """Record one order. The same order again gives the same row.

    Raises
    ------
    KeyConflict : the order's key was recorded before with another body.
    """
    (outcome,) = orders([placed])
    if isinstance(outcome, KeyConflict):
        raise outcome
    return outcome


@database.joining
def orders(
    placed: Sequence[PlacedOrder], *, uncounted: frozenset[str] = frozenset(), counted: Counted = Counted.PENDING
) -> list[Recorded | KeyConflict]:
    """Record many orders with as many queries as one, in the order given.

    Parameters
    ----------
    placed : at most some thousands; a key that occurs twice is judged like one recorded before.
    uncounted : product keys that are kept as lines and never counted, beside those the catalogue names.
    counted : `WAITING` leaves new orders to a recount of everything instead of the next fold.

    Returns
    -------
    For each order its row, or the conflict (not raised, so that the others are recorded).
    """
    digests = [_digest(one) for one in placed]
    products = {line.product for one in placed for line in one.lines}
    identities = get_catalogue().identify(sorted(products))
    if len(placed) == 1 and not uncounted and counted == Counted.PENDING:
        order_id = place_at_once(placed[0], digests[0], identities, timezone.now())
        if order_id is not None:
            return [Recorded(order_id, created=True)]
    item_keys = {product: _identity(product, identities).item_key for product in products}
    found = known(
        items=item_keys.values(),
        shoppers=[one.shopper for one in placed if one.shopper],
        orders=[(one.channel, one.key) for one in placed],
    )
    rows: dict[tuple[str, str], tuple[int, str]] = dict(found.orders)
    fresh: dict[tuple[str, str], tuple[PlacedOrder, str]] = {}
    for one, body in zip(placed, digests, strict=True):
        if (one.channel, one.key) not in rows and not _is_gone(one, found):
            fresh.setdefault((one.channel, one.key), (one, body))
    created: set[tuple[str, str]] = set()
    if fresh:
        needed = {item_keys[line.product] for one, _ in fresh.values() for line in one.lines}
        items = ensure_items(needed, found)
        shoppers = ensure_shoppers([one.shopper for one, _ in fresh.values() if one.shopper], found)
        ids = _insert_orders(fresh, shoppers, counted)
        created = set(ids)
        rows.update({key: (ids[key], fresh[key][1]) for key in ids})
        _insert_lines([(ids[key], fresh[key][0]) for key in ids], items, identities, uncounted)
        rivals = fresh.keys() - rows.keys()
        if rivals:
            rows.update(known(orders=rivals).orders)
    return [_outcome(one, body, rows, created) for one, body in zip(placed, digests, strict=True)]


def _digest(one: PlacedOrder) -> str:
    # Sorted, for a database gives an order's lines back in whichever sequence it likes.
    lines = sorted([line.product, line.quantity, str(line.unit_price)] for line in one.lines)
    return digest([one.channel, one.key, one.shopper, one.placed_at.timestamp(), one.currency, lines])


def _is_gone(one: PlacedOrder, found: Known) -> bool:
    """Whether an order is one of before its shopper was erased, under whatever name it comes."""
    return (one.channel, one.key) in found.gone_orders or found.is_gone(one.shopper, one.placed_at)


def _identity(product: str, identities: Mapping[str, Identity]) -> Identity:
    return identities.get(product) or Identity(product)


def _insert_orders(
    fresh: Mapping[tuple[str, str], tuple[PlacedOrder, str]], shoppers: Mapping[str, int], counted: Counted
) -> dict[tuple[str, str], int]:
    now = timezone.now()
    made = insert(
        Order,
        [
            "channel",
            "key",
            "shopper",
            "placed_at",
            "clamped",
            "status",
            "currency",
            "body_digest",
            "recorded_at",
            "changed_at",
            "counted",
            "quarantine_reason",
        ],
        [
            (
                one.channel,
                one.key,
                shoppers[one.shopper] if one.shopper else None,
                *clamped(one.placed_at, now=now),
                Status.PLACED.value,
                one.currency,
                body,
                now,
                now,
                counted.value,
                "",
            )
            for one, body in fresh.values()
        ],
        unique=["channel", "key"],
        returning=["channel", "key", "id"],
    )
    return {(channel, key): order_id for channel, key, order_id in made}


def _insert_lines(
    placed: Sequence[tuple[int, PlacedOrder]],
    items: Mapping[str, int],
    identities: Mapping[str, Identity],
    uncounted: frozenset[str],
) -> None:
    rows = []
    for order_id, one in placed:
        for number, line in enumerate(one.lines, start=1):
            identity = _identity(line.product, identities)
            is_counted = identity.counted and line.product not in uncounted
            item_id = items[identity.item_key]
            rows.append((order_id, number, item_id, line.product, is_counted, line.quantity, 0, line.unit_price))
    fields = ["order", "number", "item", "product_key", "is_counted", "quantity", "refunded", "unit_price"]
    insert(OrderLine, fields, rows)


def _outcome(
    one: PlacedOrder,
    body: str,
    rows: Mapping[tuple[str, str], tuple[int, str]],
    created: set[tuple[str, str]],
) -> Recorded | KeyConflict:
    if (one.channel, one.key) not in rows:
        return Recorded(0, created=False)
    order_id, recorded_body = rows[one.channel, one.key]
    if recorded_body != body:
        return KeyConflict(f"order {one.key!r} of channel {one.channel!r} was recorded before with another body")
    is_new = (one.channel, one.key) in created
    created.discard((one.channel, one.key))
    return Recorded(id=order_id, created=is_new)
