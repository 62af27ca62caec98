"""Orders are counted exactly once, and taken back when they change."""

from datetime import timedelta
from itertools import combinations

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
    Order,
    PairCount,
)
from recommendations.services import fold as fold_module
from recommendations.services import record, recount
from recommendations.services.fold import fold, fold_all
from recommendations.services.merge import merge
from tests.factories import NOW, make_order, placed_order
from tests.services.counted import item_counts, pair_counts

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]

LATER = NOW + timedelta(hours=1)


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
