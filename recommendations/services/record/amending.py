"""Record what changed about an order later: cancellations and refunds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from recommendations.data.orders import (
    ReturnedLine,
    clamped,
    require_key,
    require_moment,
)
from recommendations.exceptions import InvalidInput, KeyConflict, UnknownOrder
from recommendations.models import Amendment, AmendmentKind, Order, OrderLine, Status, database
from recommendations.models.sql import insert
from recommendations.selectors.known import known
from recommendations.services.record.placing import Recorded
from recommendations.services.record.rows import digest


@database.joining
def cancel(*, order_key: str, key: str, at: datetime, channel: str = "web") -> Recorded:
    """Cancel a whole order: it leaves the counts.

    Raises
    ------
    UnknownOrder : no such order in the channel.
    KeyConflict : `key` was used before for another change of this order.
    """
    order = _lock(order_key, channel)
    if order is None:
        return Recorded(0, created=False)
    body = digest([AmendmentKind.CANCEL.value, at.timestamp()])
    amendment = _Change(channel, order_key, key, AmendmentKind.CANCEL, at, body)
    recorded = _insert(amendment, order_id=order.pk, shopper_id=order.shopper_id, lines=[])
    if recorded.created:
        Order.objects.filter(pk=order.pk).to_be_folded(status=Status.CANCELLED)
    return recorded


@database.joining
def refund(
    *, order_key: str, key: str, at: datetime, lines: Sequence[ReturnedLine] | None = None, channel: str = "web"
) -> Recorded:
    """Refund a whole order (`lines` None), whole lines or some pieces of a line.

    A line of which all pieces came back leaves the basket, a partly refunded one stays.

    Raises
    ------
    UnknownOrder : no such order in the channel.
    InvalidInput : more pieces than were sold and not refunded yet.
    KeyConflict : `key` was used before for another change of this order.
    """
    order = _lock(order_key, channel)
    if order is None:
        return Recorded(0, created=False)
    wanted = None if lines is None else [[line.product, line.quantity] for line in lines]
    body = digest([AmendmentKind.REFUND.value, at.timestamp(), wanted])
    change = _Change(channel, order_key, key, AmendmentKind.REFUND, at, body)
    earlier = _earlier(change)
    if earlier:
        return earlier
    sold = list(OrderLine.objects.filter(order=order).order_by("number"))
    if lines is None:
        taken = {line.pk: line.quantity - line.refunded for line in sold if line.refunded < line.quantity}
    else:
        taken = {}
        for line in lines:
            _take(line.product, line.quantity, sold, taken)
    recorded = _insert(change, order_id=order.pk, shopper_id=order.shopper_id, lines=_as_rows(sold, taken))
    if recorded.created:
        _apply(order.pk, sold, taken)
    return recorded


@dataclass(frozen=True, slots=True)
class _Change:
    channel: str
    order_key: str
    key: str
    kind: AmendmentKind
    at: datetime
    body: str

    def __post_init__(self) -> None:
        require_key("key", self.key)
        require_key("channel", self.channel, longest=50)
        require_moment("at", self.at)


def _lock(order_key: str, channel: str) -> Order | None:
    """The order, locked first: a fold that counts it waits or comes later, so no change is ever lost.

    None: it was erased with its shopper, and there is nothing to change.
    """
    require_key("order_key", order_key)
    order = Order.objects.select_for_update().filter(channel=channel, key=order_key).first()
    if order is None and (channel, order_key) not in known(orders=[(channel, order_key)]).gone_orders:
        raise UnknownOrder(f"order_key: no order {order_key!r} in channel {channel!r}")
    return order


def _earlier(change: _Change) -> Recorded | None:
    row = (
        Amendment.objects.filter(channel=change.channel, order_key=change.order_key, key=change.key)
        .values_list("pk", "body_digest")
        .first()
    )
    if row is None:
        return None
    if row[1] != change.body:
        raise KeyConflict(f"change {change.key!r} was recorded before with another body")
    return Recorded(row[0], created=False)


def _insert(
    change: _Change,
    *,
    order_id: int | None,
    shopper_id: int | None,
    lines: list[list[int]],
) -> Recorded:
    now = timezone.now()
    fields = {
        "channel": change.channel,
        "order_key": change.order_key,
        "key": change.key,
        "kind": change.kind.value,
        "order": order_id,
        "shopper": shopper_id,
        "at": clamped(change.at, now=now)[0],
        "product_key": "",
        "quantity": None,
        "lines": lines,
        "body_digest": change.body,
        "recorded_at": now,
    }
    made = insert(
        Amendment, list(fields), [tuple(fields.values())], unique=["channel", "order_key", "key"], returning=["id"]
    )
    if made:
        return Recorded(made[0][0], created=True)
    earlier = _earlier(change)
    if earlier is None:
        raise KeyConflict(f"change {change.key!r} is being recorded by another transaction")
    return earlier


def _take(product: str, quantity: int, sold: Iterable[OrderLine], taken: dict[int, int]) -> None:
    """Spread returned pieces over the lines of a product, in their order; `taken` maps line ids to pieces."""
    open_lines = [line for line in sold if line.product_key == product]
    left = sum(line.quantity - line.refunded - taken.get(line.pk, 0) for line in open_lines)
    if quantity > left:
        raise InvalidInput("quantity", f"of {product!r} must be from 1 to the {left} sold and not refunded yet")
    for line in open_lines:
        part = min(quantity, line.quantity - line.refunded - taken.get(line.pk, 0))
        if part:
            taken[line.pk] = taken.get(line.pk, 0) + part
            quantity -= part


def _as_rows(sold: Iterable[OrderLine], taken: dict[int, int]) -> list[list[int]]:
    return [[line.number, taken[line.pk]] for line in sold if line.pk in taken]


def _apply(order_id: int, sold: Iterable[OrderLine], taken: dict[int, int]) -> None:
    changed = [line for line in sold if line.pk in taken]
    for line in changed:
        line.refunded += taken[line.pk]
    OrderLine.objects.bulk_update(changed, ["refunded"])
    Order.objects.filter(pk=order_id).to_be_folded()
