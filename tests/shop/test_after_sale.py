from datetime import timedelta

import pytest

from recommendations.models import Order as RecordedOrder
from recommendations.models import Status
from recommendations.services import record
from shop import after_sale
from shop.checkout import as_placed
from shop.models import OrderStatus, Product
from shop.models.orders import CANCEL_WITHIN
from tests.shop.stock import NOW, make_product, make_shop_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def order():
    """A recorded order of two pieces each of milk and bread; ten of each are left."""
    order = make_shop_order(make_product("milk"), make_product("bread"))
    record.order(as_placed(order, list(order.lines.select_related("product"))))
    return order


def test_cancelling_puts_the_goods_back_and_is_recorded(order):
    after_sale.cancel(order_id=order.pk, now=LATER)
    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED
    assert set(Product.objects.values_list("stock", flat=True)) == {12}
    assert RecordedOrder.objects.get().status == Status.CANCELLED


def test_an_order_is_cancelled_once(order):
    after_sale.cancel(order_id=order.pk, now=LATER)
    with pytest.raises(after_sale.TooLate):
        after_sale.cancel(order_id=order.pk, now=LATER)
    assert set(Product.objects.values_list("stock", flat=True)) == {12}


def test_an_old_order_cannot_be_cancelled(order):
    with pytest.raises(after_sale.TooLate):
        after_sale.cancel(order_id=order.pk, now=NOW + CANCEL_WITHIN)


def test_a_refunded_line_is_recorded_and_leaves_the_other_alone(order):
    line = order.lines.get(product__sku="milk")
    after_sale.refund(line_id=line.pk, quantity=2, now=LATER)
    assert Product.objects.get(sku="milk").stock == 12
    assert Product.objects.get(sku="bread").stock == 10
    refunded = dict(RecordedOrder.objects.get().lines.values_list("product_key", "refunded"))
    assert refunded == {"milk": 2, "bread": 0}


def test_more_than_was_bought_is_not_refunded(order):
    line = order.lines.get(product__sku="milk")
    with pytest.raises(after_sale.TooLate):
        after_sale.refund(line_id=line.pk, quantity=3, now=LATER)


def test_an_order_of_which_everything_came_back_is_refunded(order):
    for line in order.lines.all():
        after_sale.refund(line_id=line.pk, quantity=2, now=LATER)
    order.refresh_from_db()
    assert order.status == OrderStatus.REFUNDED
