from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from recommendations.catalogue import Identity
from recommendations.data.orders import PlacedLine
from recommendations.exceptions import KeyConflict
from recommendations.models import Counted, Item, Order, OrderLine, Shopper
from recommendations.services import record
from recommendations.services.record import Recorded
from tests.factories import NOW, make_item, placed_order

AT_ONCE = connection.vendor == "postgresql"

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


def test_a_checkout_needs_no_import_but_record(rf):
    lines = [record.PlacedLine("a", 1, Decimal("2.50"))]
    placed = record.PlacedOrder("o-1", lines, placed_at=NOW, currency="EUR", shopper=record.shopper_key(rf.get("/")))
    assert record.order(placed).created


def test_the_same_lines_in_another_sequence_are_the_same_order():
    given = placed_order("a", "b")
    assert record.order(given).created
    assert not record.order(replace(given, lines=given.lines[::-1])).created


def test_lines_may_come_as_a_list():
    given = placed_order("a", "b")
    assert replace(given, lines=list(given.lines)) == given


def test_an_order_becomes_rows():
    placed = placed_order("a/b", "连衣裙", shopper="user:7", quantity=3, price="12.3456")
    recorded = record.order(placed)
    order = Order.objects.get(pk=recorded.id)
    assert recorded.created
    assert (order.key, order.channel, order.currency, order.placed_at) == (placed.key, "web", "EUR", NOW)
    assert order.shopper.key == "user:7"
    assert order.counted == Counted.PENDING
    lines = list(order.lines.order_by("number").values_list("item__key", "product_key", "quantity", "unit_price"))
    assert lines == [("a/b", "a/b", 3, Decimal("12.3456")), ("连衣裙", "连衣裙", 3, Decimal("12.3456"))]


def test_a_guest_has_no_shopper():
    recorded = record.order(placed_order("a", shopper=None))
    assert Order.objects.get(pk=recorded.id).shopper is None
    assert not Shopper.objects.exists()


def test_the_same_order_again_is_the_same_row():
    placed = placed_order("a", "b")
    first, second = record.order(placed), record.order(placed)
    assert (first.created, second.created) == (True, False)
    assert first.id == second.id
    assert OrderLine.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"lines": (PlacedLine("a", 2, Decimal("2.50")),)},
        {"lines": (PlacedLine("a", 1, Decimal("2.51")),)},
        {"placed_at": NOW + timedelta(seconds=1)},
        {"currency": "USD"},
        {"shopper": "user:2"},
    ],
)
def test_the_same_key_with_another_body_is_refused_and_changes_nothing(change):
    placed = placed_order("a")
    record.order(placed)
    with pytest.raises(KeyConflict, match=placed.key):
        record.order(replace(placed, **change))
    assert Order.objects.count() == 1
    assert OrderLine.objects.get().quantity == 1


def test_a_conflict_leaves_the_callers_transaction_usable():
    placed = placed_order("a")
    record.order(placed)
    with transaction.atomic():
        with pytest.raises(KeyConflict):
            record.order(replace(placed, currency="USD"))
        record.order(placed_order("b"))
    assert Order.objects.count() == 2


def test_the_same_key_in_another_channel_is_another_order():
    placed = placed_order("a")
    record.order(placed)
    assert record.order(replace(placed, channel="app")).created


def test_a_rolled_back_checkout_leaves_nothing():
    def failing_checkout():
        with transaction.atomic():
            record.order(placed_order("a"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing_checkout()
    assert not Order.objects.exists()
    assert not Item.objects.exists()


@pytest.mark.parametrize("lines", [1, 8, 400])
def test_an_order_of_new_items_by_a_new_shopper_costs_five_queries(lines, django_assert_num_queries):
    placed = placed_order(*(f"p{number}" for number in range(lines)))
    with django_assert_num_queries(5 + AT_ONCE), transaction.atomic(savepoint=False):
        record.order(placed)


@pytest.mark.skipif(not AT_ONCE, reason="PostgreSQL's way")
def test_on_postgresql_a_new_shopper_s_order_of_known_items_is_one_query_too(django_assert_num_queries):
    record.order(placed_order("a", "b"))
    with django_assert_num_queries(1), transaction.atomic(savepoint=False):
        recorded = record.order(placed_order("a", shopper="user:new"))
    shopper = Order.objects.get(pk=recorded.id).shopper
    assert (shopper.key, shopper.consent, shopper.merged_into_id) == ("user:new", "undecided", None)


@pytest.mark.parametrize("shopper", ["user:1", None])
def test_an_order_of_known_items_costs_three_queries_and_on_postgresql_one(django_assert_num_queries, shopper):
    record.order(placed_order("a", "b"))
    placed = placed_order("b", "a", "b", shopper=shopper, quantity=2, price="12.3456")
    with django_assert_num_queries(1 if AT_ONCE else 3), transaction.atomic(savepoint=False):
        recorded = record.order(placed)
    assert recorded.created
    lines = OrderLine.objects.filter(order_id=recorded.id).order_by("number")
    assert list(lines.values_list("number", "item__key", "product_key", "quantity", "refunded", "unit_price")) == [
        (number, key, key, 2, 0, Decimal("12.3456")) for number, key in enumerate("bab", start=1)
    ]
    assert record.order(placed) == Recorded(recorded.id, created=False)


def test_at_once_or_not_the_rows_are_the_same(fake_catalogue):
    fake_catalogue.identities["a-blue"] = Identity("a")
    fake_catalogue.identities["postage"] = Identity("postage", counted=False)
    account = Shopper.objects.create(key="user:1")
    Shopper.objects.create(key="anon:1", merged_into=account)
    rows = []
    for known in (False, True):
        placed = placed_order("a-blue", "postage", shopper="anon:1", key=f"known-{known}")
        order = Order.objects.get(pk=record.order(placed).id)
        left_out = {"id", "key", "body_digest", "recorded_at", "changed_at"}
        of_order = {name: value for name, value in model_to_dict(order).items() if name not in left_out}
        lines = order.lines.order_by("number").values_list("number", "item__key", "product_key", "is_counted")
        rows.append((of_order, list(lines), order.shopper_id))
    assert rows[0] == rows[1]
    assert rows[0][2] == account.pk


def test_many_orders_cost_as_many_queries_as_one(django_assert_num_queries):
    placed = [placed_order("a", f"b{number}", shopper=f"user:{number}") for number in range(50)]
    with django_assert_num_queries(5), transaction.atomic(savepoint=False):
        outcomes = record.orders(placed)
    assert [outcome.created for outcome in outcomes] == [True] * 50


def test_in_a_sequence_a_repeated_order_is_recorded_once_and_a_changed_one_refused():
    placed = placed_order("a")
    first, second, third = record.orders([placed, placed, replace(placed, currency="USD")])
    assert first.created
    assert (second.id, second.created) == (first.id, False)
    assert isinstance(third, KeyConflict)
    assert Order.objects.count() == 1


def test_variants_are_lines_of_their_parent_and_fillers_are_not_counted(fake_catalogue):
    fake_catalogue.identities["shirt-red"] = Identity("shirt")
    fake_catalogue.identities["bag"] = Identity("bag", counted=False)
    recorded = record.order(placed_order("shirt-red", "bag"))
    lines = OrderLine.objects.filter(order_id=recorded.id).order_by("number")
    assert list(lines.values_list("item__key", "product_key", "is_counted")) == [
        ("shirt", "shirt-red", True),
        ("bag", "bag", False),
    ]


def test_products_named_as_uncounted_are_kept_and_not_counted():
    record.orders([placed_order("POST", "a")], uncounted=frozenset({"POST"}))
    assert dict(OrderLine.objects.values_list("product_key", "is_counted")) == {"POST": False, "a": True}


def test_an_order_of_a_merged_visitor_belongs_to_the_account():
    account = Shopper.objects.create(key="user:1")
    Shopper.objects.create(key="anon:5", merged_into=account)
    recorded = record.order(placed_order("a", shopper="anon:5"))
    assert Order.objects.get(pk=recorded.id).shopper == account


@pytest.mark.django_db(transaction=True)
def test_one_key_from_many_threads_is_one_order():
    placed = placed_order("a", "b", "c")
    make_item("a")
    start, outcomes = Barrier(8), []

    def checkout():
        try:
            start.wait()
            with transaction.atomic():
                outcomes.append(record.order(placed))
        finally:
            connection.close()

    threads = [Thread(target=checkout) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({outcome.id for outcome in outcomes}) == 1
    assert sum(outcome.created for outcome in outcomes) == 1
    assert len(outcomes) == 8
    assert OrderLine.objects.count() == 3


@pytest.mark.parametrize(
    ("at", "stored", "clamped"),
    [
        (datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC), False),
        (datetime(1999, 12, 31, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC), True),
        (datetime(9999, 12, 31, tzinfo=UTC), None, True),
    ],
)
def test_a_wrong_clock_costs_no_order_and_is_marked(at, stored, clamped):
    placed = placed_order("a", "b", at=at)
    before = timezone.now()
    recorded = record.order(placed)
    order = Order.objects.get(pk=recorded.id)
    assert order.clamped is clamped
    assert order.placed_at == stored if stored else before <= order.placed_at <= timezone.now()
    assert record.order(placed) == Recorded(recorded.id, created=False), "the same order is the same row later too"
