from datetime import timedelta

import pytest

from recommendations.data.orders import ReturnedLine
from recommendations.exceptions import InvalidInput, KeyConflict, UnknownOrder
from recommendations.models import Amendment, Counted, Order, OrderLine, Status
from recommendations.services import record
from tests.factories import NOW, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]

LATER = NOW + timedelta(hours=1)


def refunded(order):
    return dict(OrderLine.objects.filter(order=order).values_list("product_key", "refunded"))


def counted(order):
    Order.objects.filter(pk=order.pk).update(counted=Counted.COUNTED)
    return order


def test_a_cancelled_order_is_to_be_counted_anew():
    order = counted(make_order("a"))
    recorded = record.cancel(order_key=order.key, key="c1", at=LATER)
    order.refresh_from_db()
    assert recorded.created
    assert (order.status, order.counted) == (Status.CANCELLED, Counted.PENDING)


def test_the_same_cancellation_again_is_the_same_row():
    order = make_order("a")
    first = record.cancel(order_key=order.key, key="c1", at=LATER)
    counted(order)
    second = record.cancel(order_key=order.key, key="c1", at=LATER)
    order.refresh_from_db()
    assert (second.id, second.created) == (first.id, False)
    assert order.counted == Counted.COUNTED


def test_a_change_key_with_another_body_is_refused():
    order = make_order("a", quantity=3)
    record.refund(order_key=order.key, key="r1", at=LATER, lines=[ReturnedLine("a", 1)])
    with pytest.raises(KeyConflict, match="r1"):
        record.refund(order_key=order.key, key="r1", at=LATER, lines=[ReturnedLine("a", 2)])
    with pytest.raises(KeyConflict, match="r1"):
        record.cancel(order_key=order.key, key="r1", at=LATER)
    assert refunded(order) == {"a": 1}


def test_an_unknown_order_is_named():
    with pytest.raises(UnknownOrder, match="nowhere"):
        record.cancel(order_key="nowhere", key="c1", at=LATER)


def test_a_refund_without_lines_takes_everything_back():
    order = counted(make_order("a", "b", quantity=2))
    record.refund(order_key=order.key, key="r1", at=LATER)
    assert refunded(order) == {"a": 2, "b": 2}
    assert Order.objects.get(pk=order.pk).counted == Counted.PENDING


def test_a_refund_of_some_pieces_takes_those_alone():
    order = make_order("a", "b", quantity=3)
    record.refund(order_key=order.key, key="r1", at=LATER, lines=[ReturnedLine("a", 2)])
    record.refund(order_key=order.key, key="r2", at=LATER, lines=[ReturnedLine("a", 1), ReturnedLine("b", 1)])
    assert refunded(order) == {"a": 3, "b": 1}


def test_more_than_was_sold_is_refused_with_the_range_and_changes_nothing():
    order = make_order("a", quantity=3)
    record.refund(order_key=order.key, key="r1", at=LATER, lines=[ReturnedLine("a", 2)])
    with pytest.raises(InvalidInput, match="from 1 to the 1 sold and not refunded yet"):
        record.refund(order_key=order.key, key="r2", at=LATER, lines=[ReturnedLine("a", 2)])
    with pytest.raises(InvalidInput, match="quantity"):
        record.refund(order_key=order.key, key="r3", at=LATER, lines=[ReturnedLine("nothing", 1)])
    assert refunded(order) == {"a": 2}
    assert Amendment.objects.count() == 1


def test_a_refund_spreads_over_two_lines_of_one_product():
    order = make_order("a", "b", "a", quantity=2)
    record.refund(order_key=order.key, key="r1", at=LATER, lines=[ReturnedLine("a", 3)])
    lines = OrderLine.objects.filter(order=order).order_by("number").values_list("refunded", flat=True)
    assert list(lines) == [2, 0, 1]


def test_a_return_without_an_order_takes_back_the_latest_earlier_sale_that_covers_it():
    covering = make_order("a", quantity=5, at=NOW - timedelta(days=9))
    too_small = make_order("a", quantity=1, at=NOW - timedelta(days=3))
    of_another = make_order("a", quantity=5, at=NOW - timedelta(days=2), shopper="user:2")
    too_late = make_order("a", quantity=5, at=NOW + timedelta(days=1))
    returned = record.returned(key="C1", shopper="user:1", product="a", quantity=2, at=NOW)
    assert returned.matched
    assert [refunded(order)["a"] for order in (covering, too_small, of_another, too_late)] == [2, 0, 0, 0]
    assert Amendment.objects.get().order == covering


def test_a_return_prefers_the_latest_of_two_sales():
    earlier = make_order("a", at=NOW - timedelta(days=9))
    later = make_order("a", at=NOW - timedelta(days=1))
    record.returned(key="C1", shopper="user:1", product="a", quantity=1, at=NOW)
    record.returned(key="C2", shopper="user:1", product="a", quantity=1, at=NOW)
    assert (refunded(earlier)["a"], refunded(later)["a"]) == (1, 1)
    assert not record.returned(key="C3", shopper="user:1", product="a", quantity=1, at=NOW).matched


@pytest.mark.parametrize("shopper", ["user:9", None])
def test_a_return_that_nothing_covers_is_kept_and_subtracts_nothing(shopper):
    order = make_order("a", quantity=5)
    returned = record.returned(key="C1", shopper=shopper, product="a", quantity=1, at=LATER)
    assert not returned.matched
    assert refunded(order) == {"a": 0}
    kept = Amendment.objects.get()
    assert (kept.order, kept.product_key, kept.quantity) == (None, "a", 1)


def test_the_same_return_again_subtracts_once():
    order = make_order("a", quantity=5)
    first = record.returned(key="C1", shopper="user:1", product="a", quantity=2, at=LATER)
    second = record.returned(key="C1", shopper="user:1", product="a", quantity=2, at=LATER)
    assert (second.id, second.created, second.matched) == (first.id, False, True)
    assert refunded(order) == {"a": 2}


def test_a_change_costs_a_constant_number_of_queries(django_assert_max_num_queries):
    order = make_order(*(f"p{number}" for number in range(60)))
    with django_assert_max_num_queries(7):
        record.refund(order_key=order.key, key="r1", at=LATER)
