import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from recommendations.models import Order as RecordedOrder
from shop import checkout
from shop.cart import DELIVERY
from shop.checkout import Buyer, SoldOut, TotalChanged, place
from shop.models import Offer, Order, OrderStatus, Product
from tests.shop.stock import NOW, make_family, make_offer, make_product

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

ANN = Buyer(email="ann@example.com", name="Ann", address="1 Lane")


def placed(*wanted, buyer=ANN, shown=None, form=None):
    pieces = {product.pk: count for product, count in wanted}
    goods = sum(count * product.price for product, count in wanted)
    total = goods + DELIVERY if shown is None else shown
    return place(checkout=form or uuid.uuid4(), wanted=pieces, buyer=buyer, shown=total, now=NOW)


def test_an_order_takes_stock_and_is_recorded_once():
    milk, bread = make_product("milk", stock=3), make_product("bread", price=Decimal("1.20"))
    order = placed((milk, 2), (bread, 1))
    assert order.status == OrderStatus.PLACED
    assert (order.subtotal, order.total) == (Decimal("6.20"), Decimal("11.10"))
    milk.refresh_from_db()
    assert (milk.stock, milk.sold) == (1, 2)
    recorded = RecordedOrder.objects.get()
    assert recorded.key == order.number
    assert sorted(recorded.lines.values_list("product_key", "quantity")) == [("bread", 1), ("milk", 2)]


def test_the_same_form_sent_twice_is_one_order():
    milk, form = make_product("milk"), uuid.uuid4()
    assert placed((milk, 1), form=form) == placed((milk, 1), form=form)
    assert Order.objects.count() == RecordedOrder.objects.count() == 1
    milk.refresh_from_db()
    assert milk.stock == 9


def test_a_sold_out_product_orders_nothing_and_changes_nothing():
    milk, bread = make_product("milk", stock=1), make_product("bread")
    with pytest.raises(SoldOut) as error:
        placed((bread, 1), (milk, 2))
    assert [(short.product, short.left) for short in error.value.shortages] == [(milk, 1)]
    bread.refresh_from_db()
    assert bread.stock == 10
    assert not Order.objects.exists()
    assert not RecordedOrder.objects.exists()


def test_another_total_than_was_shown_orders_nothing():
    with pytest.raises(TotalChanged):
        placed((make_product("milk"), 1), shown=Decimal("1.00"))
    assert not Order.objects.exists()


def test_pieces_sold_at_an_offer_are_counted_and_one_used_up_meanwhile_orders_nothing():
    milk = make_product("milk")
    make_offer(milk, "1.00", stock_limit=3)
    order = placed((milk, 2), shown=2 * Decimal("1.00") + DELIVERY)
    assert order.lines.get().unit_price == Decimal("1.00")
    assert Offer.objects.get().sold == 2
    with pytest.raises(TotalChanged):
        placed((milk, 2), shown=2 * Decimal("1.00") + DELIVERY)
    placed((milk, 2))
    assert Offer.objects.get().sold == 2
    milk.refresh_from_db()
    assert milk.stock == 6


def test_a_variant_is_recorded_under_its_own_key_and_counted_as_its_parent():
    parent, (small, _) = make_family("milk", "1l", "2l")
    placed((small, 2))
    line = RecordedOrder.objects.get().lines.get()
    assert (line.product_key, line.item.key) == ("milk-1l", "milk")
    parent.refresh_from_db()
    assert parent.sold == 2


@pytest.mark.parametrize(("visitor", "shopper"), [("", None), ("anon:7d0c", "anon:7d0c")])
def test_a_guest_is_recorded_by_the_visitor_key_if_there_is_one(visitor, shopper):
    placed((make_product("milk"), 1), buyer=Buyer("g@example.com", "G", "1 Lane", visitor=visitor))
    recorded = RecordedOrder.objects.get()
    assert (recorded.shopper.key if recorded.shopper else None) == shopper


def test_an_account_is_recorded_by_its_key():
    ann = User.objects.create_user("ann")
    placed((make_product("milk"), 1), buyer=Buyer("ann@example.com", "Ann", "1 Lane", user_id=ann.pk))
    assert RecordedOrder.objects.get().shopper.key == f"user:{ann.pk}"


def test_a_failed_record_is_logged_and_the_sale_stands(monkeypatch, caplog):
    def broken(placed):
        RecordedOrder.objects.create()  # Violates a constraint, as a real fault would within the transaction.

    monkeypatch.setattr(checkout.record, "order", broken)
    order = placed((make_product("milk"), 1))
    assert Order.objects.get() == order
    assert order.lines.count() == 1
    assert Product.objects.get().stock == 9
    assert not RecordedOrder.objects.exists()
    assert order.number in caplog.text
