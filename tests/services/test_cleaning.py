"""What is left out of the counts."""

import pytest

from recommendations.catalogue import Identity
from recommendations.data.orders import ReturnedLine
from recommendations.models import (
    BasketTotals,
    Counted,
    Excluded,
    Order,
)
from recommendations.services import record, recount
from recommendations.services.fold import fold_all
from recommendations.services.merge import merge
from tests.factories import NOW, make_order, placed_order
from tests.services.counted import DAY, counts, states

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


def test_lines_that_are_no_basket_are_counted_by_reason(choose, fake_catalogue):
    choose(COUNT_FREE_LINES=False, BASKET_CAP=3)
    fake_catalogue.identities["gift"] = Identity("gift", counted=False)
    order = make_order("a", "a", "b", "gift", "back", "c", "d")
    record.orders([placed_order("free", "a", price="0")])
    record.refund(order_key=order.key, key="r", at=NOW, lines=[ReturnedLine("back", 1)])
    folded = fold_all(now=NOW)
    expected = {"no_product": 1, "duplicate": 1, "returned": 1, "cut": 1}
    assert (folded.left_out.lines, folded.left_out.orders) == (expected, {"nothing": 1})
    counted = recount.rebuild(now=NOW)
    assert counted.left_out == folded.left_out
    assert str(counted.left_out).startswith("1 orders (nothing), 1 lines (cut)")
    assert recount.check() == []


def test_lines_at_no_price_count_unless_the_shop_says_otherwise(choose):
    record.orders([placed_order("a", "b", price="0")])
    fold_all(now=NOW)
    assert counts()[0] == {"a": 1, "b": 1}
    choose(COUNT_FREE_LINES=False)
    recount.rebuild(now=NOW)
    assert counts()[0] == {}


def test_an_order_of_more_items_than_a_shopper_s_is_left_out_and_not_cut(choose):
    choose(MAX_BASKET_ITEMS=3, BASKET_CAP=2)
    make_order("a", "b", "c", key="home")
    order = make_order("a", "b", "c", "d", key="trade")
    fold_all(now=NOW)
    assert states() == {"home": "", "trade": Excluded.LARGE}
    assert BasketTotals.objects.get().sum_size == 2
    record.refund(order_key=order.key, key="r", at=NOW, lines=[ReturnedLine("d", 1)])
    fold_all(now=NOW)
    assert states() == {"home": "", "trade": ""}
    assert recount.check() == []


def test_a_day_of_more_orders_than_a_shopper_places_is_left_out_whole(choose):
    choose(MAX_ORDERS_PER_DAY=2)
    for number in range(2):
        make_order("a", "b", key=f"o{number}")
        make_order("a", shopper=None, key=f"guest{number}")
    make_order("a", "b", key="next day", at=NOW - DAY)
    fold_all(now=NOW)
    assert set(states().values()) == {""}
    make_order("a", "b", key="o2")
    make_order("a", shopper=None, key="guest2")
    assert recount.check() == [], "an order that is not folded yet changes nothing"
    fold_all(now=NOW)
    rate = Excluded.RATE
    expected = {"o0": rate, "o1": rate, "o2": rate, "next day": "", "guest0": "", "guest1": "", "guest2": ""}
    assert states() == expected
    assert recount.check() == []
    assert recount.rebuild(now=NOW).left_out.orders == {"rate": 3}
    assert states() == expected
    choose(MAX_ORDERS_PER_DAY=None)
    recount.rebuild(now=NOW)
    assert set(states().values()) == {""}


def test_two_halves_of_a_rapid_day_are_left_out_when_a_visitor_becomes_the_account(choose, django_user_model):
    choose(MAX_ORDERS_PER_DAY=3)
    user = django_user_model.objects.create_user("ann")
    for number in range(4):
        make_order("a", "b", shopper="anon:5" if number % 2 else f"user:{user.pk}")
    fold_all(now=NOW)
    assert counts()[0]["a"] == 4
    merge(visitor="anon:5", account=f"user:{user.pk}", user_id=user.pk)
    assert recount.check() == []
    fold_all(now=NOW)
    assert counts()[0] == {}
    assert recount.check() == []


def test_a_check_names_days_that_were_decided_wrongly(choose):
    choose(MAX_ORDERS_PER_DAY=1)
    order = make_order("a")
    fold_all(now=NOW)
    Order.objects.filter(pk=order.pk).update(counted=Counted.EXCLUDED, excluded=Excluded.RATE)
    assert any("placed no more than 1 that day" in fault for fault in recount.check())
    Order.objects.filter(pk=order.pk).update(counted=Counted.COUNTED, excluded="")
    other = make_order("a")
    Order.objects.filter(pk=other.pk).update(counted=Counted.EXCLUDED, excluded=Excluded.RATE)
    assert any("counted, one of 2" in fault for fault in recount.check())
