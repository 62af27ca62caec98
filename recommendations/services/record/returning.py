"""Record returns that name no order: each is matched to the sale that it takes back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from recommendations.data.orders import clamped, require_key, require_moment, require_quantity, require_shopper_key
from recommendations.exceptions import KeyConflict
from recommendations.models import Amendment, AmendmentKind, Order, OrderLine, Status, database
from recommendations.models.sql import insert
from recommendations.selectors.known import known
from recommendations.services.record.rows import digest


@dataclass(frozen=True, slots=True)
class Returned:
    """The return's row, whether this call made it, and whether a sale was found that it takes back."""

    id: int
    created: bool
    matched: bool


@dataclass(frozen=True, slots=True)
class ReturnedProduct:
    """Pieces of a product that came back, without a word of the order; `key` is unique within `channel`.

    Raises
    ------
    InvalidInput : a value is outside its range.
    """

    key: str
    shopper: str | None
    product: str
    quantity: int
    at: datetime
    channel: str = "web"

    def __post_init__(self) -> None:
        require_key("key", self.key)
        require_key("product", self.product)
        require_key("channel", self.channel, longest=50)
        require_quantity("quantity", self.quantity)
        require_moment("at", self.at)
        if self.shopper is not None:
            require_shopper_key("shopper", self.shopper)

    def digest(self) -> str:
        body = [AmendmentKind.RETURN.value, self.shopper, self.product, self.quantity, self.at.timestamp()]
        return digest(body)


def returned(
    *, key: str, shopper: str | None, product: str, quantity: int, at: datetime, channel: str = "web"
) -> Returned:
    """Record a return that names no order.

    It is matched to the same shopper's latest earlier sale of that product which covers it; where there is none
    (and always for guests) it is kept, reported by `matched` False, and subtracts nothing.

    Raises
    ------
    KeyConflict : `key` was used before for another return in this channel.
    """
    (outcome,) = returns([ReturnedProduct(key, shopper, product, quantity, at, channel)])
    if isinstance(outcome, KeyConflict):
        raise outcome
    return outcome


@database.joining
def returns(given: Sequence[ReturnedProduct]) -> list[Returned | KeyConflict]:
    """Record many returns, in their order, with as many queries as one; at most some hundreds.

    Returns
    -------
    For each return its row, or the conflict (not raised, so that the others are recorded).
    """
    rows = _recorded(given)
    fresh: dict[tuple[str, str], ReturnedProduct] = {}
    for one in given:
        if (one.channel, one.key) not in rows:
            fresh.setdefault((one.channel, one.key), one)
    created: set[tuple[str, str]] = set()
    if fresh:
        created = _insert(fresh)
        rows.update(_recorded(list(fresh.values())))
    outcomes: list[Returned | KeyConflict] = []
    for one in given:
        row = rows.get((one.channel, one.key))
        if row is None or row.body != one.digest():
            outcomes.append(KeyConflict(f"change {one.key!r} was recorded before with another body"))
            continue
        outcomes.append(Returned(row.id, (one.channel, one.key) in created, row.matched))
        created.discard((one.channel, one.key))
    return outcomes


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    body: str
    matched: bool


def _recorded(given: Sequence[ReturnedProduct]) -> dict[tuple[str, str], _Row]:
    rows = Amendment.objects.filter(
        order_key="", channel__in={one.channel for one in given}, key__in={one.key for one in given}
    ).values_list("channel", "key", "id", "body_digest", "order_id")
    return {(channel, key): _Row(row_id, body, order is not None) for channel, key, row_id, body, order in rows}


@dataclass(frozen=True, slots=True)
class _Match:
    """The lines of one order and the pieces that are taken of each."""

    order_id: int
    taken: Sequence[tuple[OrderLine, int]]


def _insert(fresh: Mapping[tuple[str, str], ReturnedProduct]) -> set[tuple[str, str]]:
    shoppers = known(shoppers=[one.shopper for one in fresh.values() if one.shopper]).shoppers
    sales = _sales(list(fresh.values()), shoppers)
    matches: dict[tuple[str, str], _Match | None] = {}
    now = timezone.now()
    rows = []
    for key, one in fresh.items():
        shopper_id = shoppers.get(one.shopper) if one.shopper else None
        match = matches[key] = _match(one, sales.get((one.channel, shopper_id, one.product), []))
        rows.append(
            (
                one.channel,
                "",
                one.key,
                AmendmentKind.RETURN.value,
                match.order_id if match else None,
                shopper_id,
                clamped(one.at, now=now)[0],
                one.product,
                one.quantity,
                [[line.number, pieces] for line, pieces in match.taken] if match else [],
                one.digest(),
                now,
            )
        )
    fields = ["channel", "order_key", "key", "kind", "order", "shopper", "at", "product_key", "quantity", "lines"]
    fields += ["body_digest", "recorded_at"]
    unique = ["channel", "order_key", "key"]
    made = {(row[0], row[1]) for row in insert(Amendment, fields, rows, unique=unique, returning=["channel", "key"])}
    _apply(
        [match for key, match in matches.items() if match and key in made],
        [match for key, match in matches.items() if match and key not in made],
    )
    return made


def _sales(
    given: Sequence[ReturnedProduct], shoppers: Mapping[str, int]
) -> dict[tuple[str, int | None, str], list[tuple[Order, list[OrderLine]]]]:
    """The sales that may cover the returns, the latest first, by channel, shopper and product.

    The orders are locked before their lines are read: a fold or another return waits.
    """
    if not shoppers:
        return {}
    products = {one.product for one in given}
    orders = Order.objects.filter(
        shopper_id__in=set(shoppers.values()),
        channel__in={one.channel for one in given},
        placed_at__lte=max(one.at for one in given),
        status=Status.PLACED,
    )
    ids = OrderLine.objects.filter(order__in=orders, product_key__in=products).values("order_id")
    locked = {order.pk: order for order in orders.filter(pk__in=ids).select_for_update().order_by("pk")}
    lines: dict[tuple[int, str], list[OrderLine]] = defaultdict(list)
    for line in OrderLine.objects.filter(order__in=list(locked), product_key__in=products).order_by("number"):
        lines[line.order_id, line.product_key].append(line)
    sales: dict[tuple[str, int | None, str], list[tuple[Order, list[OrderLine]]]] = defaultdict(list)
    for (order_id, product), sold in lines.items():
        order = locked[order_id]
        sales[order.channel, order.shopper_id, product].append((order, sold))
    for covering in sales.values():
        covering.sort(key=lambda sale: (sale[0].placed_at, sale[0].pk), reverse=True)
    return sales


def _match(one: ReturnedProduct, sales: Sequence[tuple[Order, list[OrderLine]]]) -> _Match | None:
    """The latest earlier sale with enough pieces left, taken at once so that the next return sees it."""
    for order, sold in sales:
        left = sum(line.quantity - line.refunded for line in sold)
        if order.placed_at > one.at or left < one.quantity:
            continue
        missing = one.quantity
        taken = []
        for line in sold:
            pieces = min(missing, line.quantity - line.refunded)
            if pieces:
                line.refunded += pieces
                missing -= pieces
                taken.append((line, pieces))
        return _Match(order.pk, taken)
    return None


def _apply(made: Sequence[_Match], lost: Sequence[_Match]) -> None:
    """Write the pieces taken back. A match `lost` to another transaction that recorded the same key gives its back."""
    for match in lost:
        for line, pieces in match.taken:
            line.refunded -= pieces
    changed = {line.pk: line for match in made for line, _ in match.taken}
    OrderLine.objects.bulk_update(changed.values(), ["refunded"])
    Order.objects.filter(pk__in={match.order_id for match in made}).to_be_folded()
