"""Folds that are killed, that meet each other, and orders that cannot be folded."""

import json
import time
from datetime import timedelta
from threading import Barrier, Thread
from unittest import mock

import pytest
from django.db import connection

from recommendations.models import (
    Counted,
    Item,
    ItemCount,
    JobKind,
    JobRun,
    JobState,
    Order,
)
from recommendations.services import fold as fold_module
from recommendations.services import record, recount
from recommendations.services.fold import fold, fold_all, fold_for
from tests.factories import NOW, make_order
from tests.services.counted import item_counts

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]

LATER = NOW + timedelta(hours=1)


class Killed(Exception):
    """Stands for a process that dies at a statement."""


class KillAt:
    """Dies at the n-th statement of a fold, whatever it does."""

    def __init__(self, number):
        self.left = number

    def __call__(self, execute, sql, params, many, context):
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            if self.left == 0:
                raise Killed(sql)
            self.left -= 1
        return execute(sql, params, many, context)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bulk", [False, True])
def test_a_fold_killed_at_any_statement_is_made_good_by_the_next(settings, bulk):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BULK_FOLD_ORDERS": 3 if bulk else 1_000}
    first = make_order("a", "b", "c")
    make_order("a", "b")
    fold_all(now=NOW)
    survived = 0
    for number in range(200):
        record.refund(order_key=first.key, key=f"r{number}", at=LATER, lines=[])
        cancelled = make_order("a", "c", "d", key=f"k{number}")
        make_order("d", "e", key=f"l{number}")
        record.cancel(order_key=cancelled.key, key="c", at=LATER)
        killer = KillAt(number)
        try:
            with connection.execute_wrapper(killer), mock.patch("django.utils.timezone.now", return_value=NOW):
                fold(now=NOW)
        except Killed:
            survived += 1
        fold_all(now=NOW + 2 * recount.PATIENCE)
        assert recount.check() == []
        assert not Order.objects.pending().exists()
        if killer.left > 0:
            break
    assert survived >= (20 if bulk else 8)


@pytest.mark.django_db(transaction=True)
def test_two_folders_at_once_count_each_order_once(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "FOLD_BATCH": 3}
    for number in range(40):
        make_order("a", "b", f"c{number % 4}")
    start = Barrier(2)

    def folder():
        try:
            start.wait()
            for _ in range(60):
                fold(now=NOW)
        finally:
            connection.close()

    threads = [Thread(target=folder) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fold_all(now=NOW)
    assert item_counts()["a"] == 40
    assert recount.check() == []


def test_the_snapshot_is_json_that_both_databases_read_back():
    order = make_order("a", "b")
    fold_all(now=NOW)
    held = Order.objects.values_list("counted_items", flat=True).get(pk=order.pk)
    assert json.loads(json.dumps(held)) == sorted(Item.objects.values_list("id", flat=True))


def spoil(order):
    """Make an order one that no fold can read."""
    Order.objects.filter(pk=order.pk).update(counted_items={"not": "a list"}, counted=Counted.PENDING)


def poison(monkeypatch, *order_ids):
    """Let reading any of these orders fail, as a row does that no code expected."""
    read = fold_module.pending_orders

    def failing(**options):
        orders = read(**options)
        if any(order.id in order_ids for order in orders):
            raise ValueError("an unreadable row")
        return orders

    monkeypatch.setattr(fold_module, "pending_orders", failing)


def test_an_order_that_cannot_be_folded_is_set_aside_and_the_others_go_on(monkeypatch):
    first, bad, last = (make_order("a", "b") for _ in range(3))
    poison(monkeypatch, bad.pk)
    assert fold_all(now=NOW).orders == 2
    assert list(Order.objects.quarantined()) == [bad]
    bad.refresh_from_db()
    assert bad.quarantine_reason == "ValueError: an unreadable row"
    assert item_counts() == {"a": 2, "b": 2}
    assert recount.check() == []
    assert {first.pk, last.pk} == set(Order.objects.held_by_counts().values_list("pk", flat=True))


def test_what_the_counts_hold_of_a_quarantined_order_stays_held():
    changed = make_order("a", "b")
    make_order("a", "c")
    fold_all(now=NOW)
    record.cancel(order_key=changed.key, key="c1", at=LATER)
    fold_module.counting.quarantine(changed.pk, ValueError("x"))
    assert fold(now=LATER).orders == 0
    assert item_counts() == {"a": 2, "b": 1, "c": 1}
    assert recount.check() == []


def test_when_every_order_fails_none_is_set_aside(monkeypatch):
    orders = [make_order("a", "b") for _ in range(2)]
    poison(monkeypatch, *(order.pk for order in orders))
    with pytest.raises(ValueError, match="unreadable"):
        fold(now=NOW)
    assert not Order.objects.quarantined().exists()


def test_a_recount_tries_quarantined_orders_again_and_sets_aside_what_it_cannot_read():
    good, spoilt = make_order("a", "b"), make_order("a", "c")
    fold_module.counting.quarantine(good.pk, ValueError("a bug that is mended now"))
    spoil(spoilt)
    Order.objects.filter(pk=spoilt.pk).update(counted_items=5)
    recount.rebuild(now=NOW)
    assert list(Order.objects.quarantined()) == [spoilt]
    assert item_counts() == {"a": 1, "b": 1}


def test_the_background_s_fold_asks_for_a_recount_and_never_does_one(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BULK_FOLD_ORDERS": 3}
    for _ in range(3):
        make_order("a", "b")
    fold_for(0.05)
    run = JobRun.objects.get()
    assert (run.kind, run.slot, Order.objects.pending().count()) == (JobKind.RECOUNT, "after-generation-0", 3)
    JobRun.objects.update(state=JobState.FAILED, attempts=3)
    fold_for(0.05)
    assert item_counts() == {"a": 3, "b": 3}, "a recount that came to nothing leaves the orders to batches"


def test_the_background_s_fold_asks_for_a_recount_when_the_counts_drifted(caplog):
    order = make_order("a", "b")
    fold_all(now=NOW)
    ItemCount.objects.all().delete()
    record.cancel(order_key=order.key, key="c1", at=LATER)
    fold_for(0.05)
    assert JobRun.objects.get().kind == JobKind.RECOUNT
    assert "drifted" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_placed_while_the_background_looks_is_folded_at_once():
    def place_later():
        time.sleep(0.2)
        make_order("a", "b")
        connection.close()

    thread = Thread(target=place_later)
    thread.start()
    fold_for(1.0)
    thread.join()
    assert item_counts() == {"a": 1, "b": 1}
