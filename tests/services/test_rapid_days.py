"""Days that wait while another transaction changes their orders, in a fold and in a recount."""

from threading import Event, Thread

import pytest
from django.db import connection, transaction

from recommendations.models import (
    BasketTotals,
    Counted,
    Excluded,
    Order,
)
from recommendations.services import recount, requeue
from recommendations.services.fold import fold_all
from tests.factories import NOW, make_order
from tests.services.counted import DAY, counts, states

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


def test_a_recount_that_an_order_arrives_during_leaves_the_whole_day_out(choose, monkeypatch):
    choose(MAX_ORDERS_PER_DAY=2)
    monkeypatch.setattr(recount, "ORDERS_AT_ONCE", 1)
    make_order("a", "b")
    make_order("a", "b")

    def arrive(fraction, message):
        if not Order.objects.filter(key="late").exists():
            make_order("a", "b", key="late")

    recount.rebuild(now=NOW, progress=arrive)
    assert recount.check() == []
    fold_all(now=NOW)
    assert set(states().values()) == {Excluded.RATE}
    assert counts()[0] == {}
    assert recount.check() == []


@pytest.fixture
def busy(monkeypatch):
    """Let some other transaction be changing each order that is to be decided on again, until it is called."""
    real = requeue.requeue
    monkeypatch.setattr(requeue, "requeue", lambda orders: not orders.exists())
    return lambda: monkeypatch.setattr(requeue, "requeue", real)


def test_an_order_waits_while_another_one_of_its_rapid_day_is_being_changed(choose, busy):
    choose(MAX_ORDERS_PER_DAY=1)
    make_order("a", key="held")
    fold_all(now=NOW)
    make_order("b", key="waits")
    make_order("c", key="stranger's", shopper="user:2")
    assert fold_all(now=NOW).orders == 1
    assert dict(Order.objects.values_list("key", "counted")) == {
        "held": Counted.COUNTED,
        "waits": Counted.PENDING,
        "stranger's": Counted.COUNTED,
    }
    assert recount.check() == []
    busy()
    fold_all(now=NOW)
    assert states() == {"held": Excluded.RATE, "waits": Excluded.RATE, "stranger's": ""}
    assert recount.check() == []


def test_a_recount_leaves_what_has_to_wait_to_the_next_fold(choose, busy, monkeypatch):
    choose(MAX_ORDERS_PER_DAY=1)
    monkeypatch.setattr(recount, "ORDERS_AT_ONCE", 1)
    make_order("a", key="held")

    def arrive(fraction, message):
        if not Order.objects.filter(key="late").exists():
            make_order("a", "b", key="late")

    recount.rebuild(now=NOW, progress=arrive)
    assert dict(Order.objects.values_list("key", "counted")) == {"held": Counted.COUNTED, "late": Counted.PENDING}
    assert recount.check() == []
    busy()
    fold_all(now=NOW)
    assert set(states().values()) == {Excluded.RATE}
    assert recount.check() == []


def test_the_window_stays_while_an_order_that_leaves_it_is_being_changed(choose, busy):
    choose(WINDOW_DAYS=1)
    make_order("a")
    fold_all(now=NOW)
    before = BasketTotals.objects.get().window_from
    assert fold_all(now=NOW + 3 * DAY).orders == 0
    assert BasketTotals.objects.get().window_from == before
    busy()
    fold_all(now=NOW + 3 * DAY)
    assert counts() == ({}, {})


@pytest.mark.django_db(transaction=True)
def test_orders_that_another_transaction_is_changing_are_not_waited_for():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    order = make_order("a")
    make_order("b")
    fold_all(now=NOW)
    holds, done = Event(), Event()

    def change():
        with transaction.atomic():
            Order.objects.select_for_update().get(pk=order.pk)
            holds.set()
            done.wait(10)
        connection.close()

    thread = Thread(target=change)
    thread.start()
    try:
        assert holds.wait(10)
        with transaction.atomic():
            assert not requeue.requeue(Order.objects.settled())
            assert not Order.objects.pending().exists()
    finally:
        done.set()
        thread.join()
    with transaction.atomic():
        assert requeue.requeue(Order.objects.settled())
    assert Order.objects.pending().count() == 2
