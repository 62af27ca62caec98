import json
import time
from datetime import timedelta
from itertools import combinations
from threading import Barrier, Thread
from unittest import mock

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recommendations.data.orders import ReturnedLine
from recommendations.models import (
    BasketTotals,
    Counted,
    Item,
    ItemCount,
    JobKind,
    JobRun,
    JobState,
    Order,
    PairCount,
)
from recommendations.services import fold as fold_module
from recommendations.services import record, recount
from recommendations.services.fold import fold, fold_all, fold_for
from recommendations.services.merge import merge
from tests.factories import NOW, make_order, placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]

LATER = NOW + timedelta(hours=1)


def item_counts():
    return dict(ItemCount.objects.values_list("item__key", "orders"))


def pair_counts():
    return {tuple(sorted(row[:2])): row[2] for row in PairCount.objects.values_list("low__key", "high__key", "orders")}


def test_an_order_is_counted_once():
    order = make_order("a", "b", "c", "b")
    folded = fold(now=NOW)
    assert (folded.orders, folded.pending) == (1, False)
    assert fold(now=NOW).orders == 0
    assert item_counts() == {"a": 1, "b": 1, "c": 1}
    assert pair_counts() == {("a", "b"): 1, ("a", "c"): 1, ("b", "c"): 1}
    order.refresh_from_db()
    ids = sorted(Item.objects.values_list("id", flat=True))
    assert (order.counted, order.counted_items, order.counted_shopper) == (Counted.COUNTED, ids, order.shopper_id)
    assert recount.check() == []


def test_totals_are_the_sums_over_baskets():
    make_order("a", "b", "c")
    make_order("a")
    fold_all(now=NOW)
    totals = BasketTotals.objects.live().get()
    assert (totals.orders, totals.sum_size, totals.sum_pairs, totals.sum_size_multi) == (2, 4, 6, 3)
    assert totals.sum_root == round(2**32 / 2**0.5)
    assert totals.folded_at == NOW


def test_a_cancelled_order_leaves_the_counts():
    kept, gone = make_order("a", "b"), make_order("a", "b", "c")
    fold_all(now=NOW)
    record.cancel(order_key=gone.key, key="c1", at=LATER)
    fold_all(now=LATER)
    assert item_counts() == {"a": 1, "b": 1}
    assert pair_counts() == {("a", "b"): 1}
    gone.refresh_from_db()
    assert (gone.counted, gone.counted_items) == (Counted.EXCLUDED, None)
    assert Order.objects.get(pk=kept.pk).counted == Counted.COUNTED
    assert recount.check() == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="counts SQLite's steps")
def test_taking_an_order_back_costs_no_more_in_a_large_table():
    """On SQLite, in steps of its virtual machine: a walk over the table would take a hundred thousand."""
    order = make_order(*(f"item-{number}" for number in range(10)))
    fold(now=NOW)
    others = [item.pk for item in Item.objects.bulk_create(Item(key=f"other-{number}") for number in range(150))]
    sums = {"generation": 1, "orders": 1, "weight": 1, "share": 1, "share_square": 1}
    PairCount.objects.bulk_create(PairCount(low_id=low, high_id=high, **sums) for low, high in combinations(others, 2))
    record.cancel(order_key=order.key, key="c1", at=LATER)
    steps = []
    connection.connection.set_progress_handler(lambda: steps.append(1), 100)
    try:
        fold(now=LATER)
    finally:
        connection.connection.set_progress_handler(None, 0)
    assert PairCount.objects.count() == 150 * 149 // 2
    assert len(steps) * 100 < 50_000


def test_a_partly_refunded_line_stays_and_a_fully_refunded_one_leaves():
    order = make_order("a", "b", "c", quantity=2)
    fold_all(now=NOW)
    lines = [ReturnedLine("a", 1), ReturnedLine("b", 2)]
    record.refund(order_key=order.key, key="r1", at=LATER, lines=lines)
    fold_all(now=LATER)
    assert item_counts() == {"a": 1, "c": 1}
    assert pair_counts() == {("a", "c"): 1}
    assert recount.check() == []


def test_an_order_changed_before_its_first_fold_is_counted_as_it_is_now():
    order = make_order("a", "b")
    record.refund(order_key=order.key, key="r1", at=LATER, lines=[ReturnedLine("b", 1)])
    fold_all(now=LATER)
    assert item_counts() == {"a": 1}


def test_what_is_no_product_is_never_counted():
    record.orders([placed_order("POST", "a", "b")], uncounted=frozenset({"POST"}))
    fold_all(now=NOW)
    assert item_counts() == {"a": 1, "b": 1}


def test_a_large_basket_is_cut_to_the_cap(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BASKET_CAP": 5}
    make_order(*(f"p{number}" for number in range(40)))
    fold_all(now=NOW)
    totals = BasketTotals.objects.live().get()
    assert (totals.sum_size, totals.sum_pairs, ItemCount.objects.count(), PairCount.objects.count()) == (5, 20, 5, 10)
    before = item_counts()
    recount.rebuild(now=NOW)
    assert item_counts() == before
    assert recount.check() == []


def test_a_merged_visitors_order_names_the_account_in_its_snapshot(django_user_model):
    user = django_user_model.objects.create_user("ann")
    order = make_order("a", "b", shopper="anon:5")
    fold_all(now=NOW)
    merge(visitor="anon:5", account=f"user:{user.pk}", user_id=user.pk)
    fold_all(now=LATER)
    order.refresh_from_db()
    assert order.shopper.key == f"user:{user.pk}"
    assert order.counted_shopper == order.shopper_id
    assert recount.check() == []


def test_a_batch_ends_at_its_number_of_pairs_and_at_its_number_of_orders(settings, monkeypatch):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "FOLD_BATCH": 2}
    for _ in range(3):
        make_order("a", "b", "c")
    assert (fold(now=NOW).orders, fold(now=NOW).orders, fold(now=NOW).orders) == (2, 1, 0)
    monkeypatch.setattr(fold_module, "MOST_PAIRS", 4)
    placed = [make_order("a", "b", "c"), make_order("a", "b", "c")]
    folded = fold(now=NOW)
    assert (folded.orders, folded.pending) == (1, True)
    fold(now=NOW)
    for order in placed:
        record.cancel(order_key=order.key, key="c1", at=LATER)
    folded = fold(now=LATER)
    assert (folded.orders, folded.pending) == (1, True)


def test_a_whole_history_is_counted_in_bulk(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BULK_FOLD_ORDERS": 5, "FOLD_BATCH": 2}
    make_order("a", "b")
    fold_all(now=NOW)
    for number in range(5):
        make_order("a", "b", f"c{number}")
    folded = fold(now=NOW)
    assert folded.bulk
    assert not folded.pending
    assert item_counts()["a"] == 6
    assert recount.check() == []
    assert BasketTotals.objects.get().orders == 6


def test_folding_a_history_tells_how_far_it_is(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BULK_FOLD_ORDERS": 2}
    make_order("a", "b")
    make_order("a", "b")
    told = []
    assert fold_all(now=NOW, progress=lambda fraction, message: told.append((fraction, message))).orders == 2
    assert told[-1] == (1.0, "1 pairs written")


def test_counts_that_hold_too_little_are_counted_anew(caplog):
    order = make_order("a", "b")
    make_order("a", "b")
    fold_all(now=NOW)
    PairCount.objects.all().delete()
    assert recount.check() != []
    record.cancel(order_key=order.key, key="c1", at=LATER)
    assert fold(now=LATER).bulk
    assert "drifted" in caplog.text
    assert pair_counts() == {("a", "b"): 1}
    assert recount.check() == []


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.sets(st.sampled_from("abcdef"), min_size=1, max_size=5)),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("refund"), st.integers(0, 20)),
        st.tuples(st.just("part"), st.integers(0, 20)),
        st.tuples(st.just("fold"), st.none()),
        st.tuples(st.just("rebuild"), st.none()),
    ),
    max_size=25,
)


@given(CHANGES)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_the_counts_equal_a_recount(changes):
    sid = transaction.savepoint()
    try:
        orders = []
        for number, (change, what) in enumerate(changes):
            if change == "order":
                orders.append(make_order(*sorted(what), quantity=2, key=f"o{number}"))
            elif change == "fold":
                fold(now=NOW)
            elif change == "rebuild":
                recount.rebuild(now=NOW)
            elif orders:
                key = orders[what % len(orders)].key
                if change == "cancel":
                    record.cancel(order_key=key, key=f"k{number}", at=LATER)
                elif change == "refund":
                    record.refund(order_key=key, key=f"k{number}", at=LATER)
                else:
                    line = orders[what % len(orders)].lines.filter(refunded__lt=2).first()
                    if line:
                        some = [ReturnedLine(line.product_key, 1)]
                        record.refund(order_key=key, key=f"k{number}", at=LATER, lines=some)
            assert recount.check() == []
        fold_all(now=NOW)
        assert recount.check() == []
        assert not Order.objects.pending().exists()
    finally:
        transaction.savepoint_rollback(sid)


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
