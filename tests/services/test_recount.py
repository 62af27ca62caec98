from datetime import timedelta

import pytest
from django.db import connection

from recommendations.exceptions import LeaseLost
from recommendations.models import BasketTotals, Item, ItemCount, Order, PairCount
from recommendations.services import recount
from recommendations.services.fold import fold, fold_all
from tests.factories import NOW, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


def test_right_counts_have_no_faults():
    make_order("a", "b")
    fold_all(now=NOW)
    make_order("a", "c")
    assert recount.check() == []


def test_an_empty_shop_has_no_faults_and_rebuilds_to_nothing():
    assert recount.check() == []
    assert recount.rebuild(now=NOW).orders == 0
    assert recount.check() == []


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda: ItemCount.objects.filter(item__key="a").update(orders=9), "counted +7 orders too many"),
        (lambda: PairCount.objects.update(orders=1), "counted together -1 orders too many"),
        (lambda: PairCount.objects.all().delete(), "counted together -2 orders too many"),
        (lambda: BasketTotals.objects.update(orders=5), "totals are Totals(orders=5"),
        (lambda: Order.objects.update(counted_items=[Item.objects.get(key="a").pk]), "its lines say"),
    ],
)
def test_what_is_wrong_is_named_and_repaired(spoil, says):
    make_order("a", "b")
    make_order("a", "b")
    fold_all(now=NOW)
    spoil()
    assert any(says in fault for fault in recount.check())
    recount.rebuild(now=NOW)
    assert recount.check() == []


def test_a_rebuild_leaves_one_generation():
    make_order("a", "b")
    fold_all(now=NOW)
    recount.rebuild(now=NOW)
    recount.rebuild(now=NOW)
    totals = BasketTotals.objects.get()
    assert set(PairCount.objects.values_list("generation", flat=True)) == {totals.generation}
    assert totals.sequence == 3


def test_a_rebuild_tells_how_far_it_is():
    make_order("a", "b")
    told = []
    recount.rebuild(now=NOW, progress=lambda fraction, message: told.append((fraction, message)))
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert told[-1] == (1.0, "1 pairs written")


def test_folding_pauses_while_a_rebuild_is_at_work_and_serves_the_old_counts():
    make_order("a", "b")
    fold_all(now=NOW)
    recount._begin(NOW)
    make_order("a", "b")
    assert fold(now=NOW).orders == 0
    assert ItemCount.objects.get(item__key="a", generation=1).orders == 1
    assert BasketTotals.objects.live().get().generation == 1


def test_a_rebuild_that_died_is_begun_anew_by_the_next_fold():
    make_order("a", "b")
    fold_all(now=NOW)
    recount._begin(NOW)
    make_order("a", "b")
    assert fold(now=NOW + 2 * recount.PATIENCE).bulk
    assert ItemCount.objects.get(item__key="a").orders == 2
    assert recount.check() == []


def test_a_rebuild_that_was_taken_over_writes_nothing_more():
    make_order("a", "b")
    generation = recount._begin(NOW).generation
    recount.rebuild(now=NOW)
    with pytest.raises(LeaseLost), recount._step(generation):
        pytest.fail("the step of a rebuild that lost its lease must not run")
    assert recount.check() == []


def test_orders_before_the_window_are_not_counted():
    make_order("a", "b", at=NOW - timedelta(days=10))
    make_order("a", "c")
    fold_all(now=NOW)
    BasketTotals.objects.update(window_from=NOW - timedelta(days=5))
    recount.rebuild(now=NOW)
    assert dict(ItemCount.objects.values_list("item__key", "orders")) == {"a": 1, "c": 1}
    assert BasketTotals.objects.get().window_from == NOW - timedelta(days=5)
    assert recount.check() == []


@pytest.mark.django_db(transaction=True)
def test_a_check_outside_a_transaction_leaves_none_open():
    make_order("a", "b")
    fold_all(now=NOW)
    assert recount.check() == []
    make_order("a", "b")
    assert not connection.in_atomic_block
    assert Order.objects.count() == 2
