"""What hosts get for their own tests does what it says."""

from decimal import Decimal

import pytest
from django.utils import timezone

from recommendations.catalogue import Context, ReturnedLine, get_catalogue
from recommendations.models import ItemCount, Order
from recommendations.services import record, serve
from recommendations.testing import RECORDING, FakeCatalogue, eager_fold, placed_order, shelf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fake_catalogue")]


def counts():
    return dict(ItemCount.objects.values_list("item__key", "orders"))


def test_what_is_recorded_is_counted_at_once_and_only_inside():
    with eager_fold():
        first = placed_order("a", "b", quantity=2)
        record.order(first)
        assert counts() == {"a": 1, "b": 1}
        record.refund(order_key=first.key, key="r", at=timezone.now(), lines=[ReturnedLine("b", 2)])
        assert counts() == {"a": 1}
        record.cancel(order_key=first.key, key="c", at=timezone.now())
        assert counts() == {}
    record.order(placed_order("a"))
    assert Order.objects.pending().count() == 1


def test_every_call_that_changes_an_order_is_eager():
    writing = {name for name in record.__all__ if "record." in getattr(record, name).__module__ and name.islower()}
    assert writing - {"events", "impressions", "rating", "unrate"} == set(RECORDING)


def test_the_shelf_holds_products_and_is_empty_afterwards():
    with shelf("bread", "butter", price=Decimal("2.50"), stock=3), eager_fold():
        for _ in range(3):
            record.order(placed_order("bread", "butter"))
        answer = serve.related("bread", context=Context(), now=timezone.now())
        assert [(one.item, one.title, one.price) for one in answer.items] == [("butter", "Butter", Decimal("2.50"))]
    assert not FakeCatalogue.shelf
    assert not get_catalogue().facts(["bread"], Context())


def test_orders_have_keys_of_their_own():
    assert placed_order("a").key != placed_order("a").key
