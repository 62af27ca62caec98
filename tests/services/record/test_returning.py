"""Returns that name no order, many at once."""

from datetime import timedelta

import pytest

from recommendations.exceptions import InvalidInput, KeyConflict
from recommendations.models import Amendment, Counted, Order, OrderLine
from recommendations.services import record
from recommendations.services.record import ReturnedProduct
from tests.factories import NOW, fold_all, make_order, placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LATER = NOW + timedelta(days=1)


def back(key, product="a", quantity=1, *, shopper="user:1", at=LATER):
    return ReturnedProduct(key, shopper, product, quantity, at)


def test_the_latest_earlier_sale_that_covers_it_is_taken_back(stocked):
    for key, days, quantity in (("first", 0, 5), ("second", 1, 2), ("after", 3, 9)):
        record.order(placed_order("a", key=key, quantity=quantity, at=NOW + timedelta(days=days)))
    at = NOW + timedelta(days=2)
    record.returns([back("1", quantity=2, at=at), back("2", quantity=3, at=at), back("3", quantity=3, at=at)])
    assert dict(OrderLine.objects.values_list("order__key", "refunded")) == {"second": 2, "first": 3, "after": 0}
    assert dict(Amendment.objects.values_list("key", "order__key")) == {"1": "second", "2": "first", "3": None}


def test_a_return_may_spread_over_lines_of_a_product(stocked):
    make_order("a", "b", "a")
    record.returns([back("1", quantity=2)])
    assert list(OrderLine.objects.order_by("number").values_list("refunded", flat=True)) == [1, 0, 1]
    assert Amendment.objects.get().lines == [[1, 1], [3, 1]]


def test_what_was_counted_is_pending_again_and_others_are_not(stocked):
    make_order("a", key="taken", shopper="user:1")
    make_order("a", key="other", shopper="user:2")
    fold_all()
    record.returns([back("1")])
    assert dict(Order.objects.values_list("key", "counted")) == {"taken": Counted.PENDING, "other": Counted.COUNTED}


def test_again_is_the_same_and_another_body_is_a_conflict_beside_good_ones(stocked):
    make_order("a", "b")
    (first,) = record.returns([back("1")])
    again, conflict, good = record.returns([back("1"), back("1", "b"), back("2", "b")])
    assert (again.id, again.created, again.matched) == (first.id, False, True)
    assert isinstance(conflict, KeyConflict)
    assert good.created
    assert list(OrderLine.objects.order_by("number").values_list("refunded", flat=True)) == [1, 1]


def test_the_same_key_twice_in_one_call_is_one_return(stocked):
    make_order("a", "a")
    first, second = record.returns([back("1"), back("1")])
    assert (first.created, second.created) == (True, False)
    assert first.id == second.id
    assert sum(OrderLine.objects.values_list("refunded", flat=True)) == 1


def test_guests_and_strangers_match_nothing(stocked):
    make_order("a", shopper=None)
    outcomes = record.returns([back("1", shopper=None), back("2", shopper="user:9")])
    assert [outcome.matched for outcome in outcomes] == [False, False]


def test_a_cancelled_order_covers_nothing(stocked):
    make_order("a", key="gone")
    record.cancel(order_key="gone", key="c", at=NOW)
    (outcome,) = record.returns([back("1")])
    assert not outcome.matched


def test_many_returns_cost_as_many_queries_as_one(stocked, django_assert_num_queries):
    make_order(*"abcdef")
    for keys in ("a", "bcdef"):
        with django_assert_num_queries(8):
            record.returns([back(key, key) for key in keys])


def test_values_out_of_range_are_refused():
    with pytest.raises(InvalidInput):
        back("1", quantity=0)
    with pytest.raises(InvalidInput):
        back("")
