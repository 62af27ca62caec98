import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from recommendations.exceptions import InvalidInput
from recommendations.models import Order
from recommendations.services import record
from tests.factories import placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


def fail():
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


def test_a_failure_costs_neither_the_sale_nor_its_transaction(caplog):
    with transaction.atomic():
        Group.objects.create(name="the sale")
        with record.sparing("order 5"):
            record.order(placed_order("a"))
            fail()
    assert Group.objects.get().name == "the sale"
    assert not Order.objects.exists()
    assert "order 5 could not be recorded" in caplog.text


def test_a_value_that_is_refused_is_a_failure_like_any_other(caplog):
    with record.sparing():
        placed_order(price="-1")
    assert InvalidInput.__name__ in caplog.text


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_what_was_recorded_before_stays():
    with record.sparing():
        record.order(placed_order("a"))
        assert not connection.in_atomic_block
        fail()
    assert Order.objects.count() == 1


def test_what_succeeds_is_recorded():
    with transaction.atomic(), record.sparing():
        record.order(placed_order("a"))
    assert Order.objects.count() == 1
