"""What happens to an order later: the customer cancels it, staff refund a line."""

from datetime import datetime

from django.db import transaction

from recommendations.services import record
from shop.models import Order, OrderLine, OrderStatus
from shop.stock import put_back


class TooLate(Exception):
    """The order or line is in no state in which this can be done; nothing was changed."""


@transaction.atomic
def cancel(*, order_id: int, now: datetime) -> Order:
    """Cancel a whole order and put its goods back.

    Raises
    ------
    TooLate : it is cancelled or refunded already, or too old.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if not order.can_be_cancelled(now):
        raise TooLate
    kept = [line for line in order.lines.select_related("product") if line.refunded < line.quantity]
    put_back(
        {line.product_id: line.quantity - line.refunded for line in kept},
        {line.product_id: line.product.parent_id for line in kept},
    )
    order.status = OrderStatus.CANCELLED
    order.save(update_fields=["status"])
    with record.sparing(f"the cancellation of order {order.number}"):
        record.cancel(order_key=order.number, key="cancel", at=now)
    return order


@transaction.atomic
def refund(*, line_id: int, quantity: int, now: datetime) -> OrderLine:
    """Take back some pieces of a line; an order of which everything came back is refunded.

    Raises
    ------
    TooLate : the order was cancelled, or fewer pieces than this are left to take back.
    """
    order = Order.objects.select_for_update().get(lines=line_id)
    lines = list(order.lines.select_related("product").order_by("pk"))
    line = next(one for one in lines if one.pk == line_id)
    if order.status != OrderStatus.PLACED or not 1 <= quantity <= line.quantity - line.refunded:
        raise TooLate
    line.refunded += quantity
    line.save(update_fields=["refunded"])
    put_back({line.product_id: quantity}, {line.product_id: line.product.parent_id})
    if all(one.refunded == one.quantity for one in lines):
        order.status = OrderStatus.REFUNDED
        order.save(update_fields=["status"])
    with record.sparing(f"a refund of order {order.number}"):
        returned = record.ReturnedLine(line.product.sku, quantity)
        record.refund(order_key=order.number, key=f"line-{line.pk}-{line.refunded}", at=now, lines=[returned])
    return line
