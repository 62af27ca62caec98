import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from recommendations.data.facts import Identity
from recommendations.data.orders import ReturnedLine
from recommendations.models import BrowseLog, Shopper
from recommendations.services import record
from recommendations.services.attribute import Touch, cart_adds, purchases
from recommendations.services.merge import merge
from tests.factories import NOW, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

DAY = timedelta(days=1)
FIRST, SECOND = uuid.UUID(int=1), uuid.UUID(int=2)


def click(key="a", *, shopper="user:1", recommendation=FIRST, before=timedelta(minutes=5), kind="click"):
    BrowseLog.objects.create(
        event_id=uuid.uuid4(),
        shopper=Shopper.objects.get_or_create(key=shopper)[0],
        item=make_item(key),
        kind=kind,
        at=NOW - before,
        recommendation=recommendation,
        placement="product-related",
        strategy="related",
        source="together",
        body_digest="",
    )


def bought(since=NOW - DAY, until=NOW + DAY):
    return [
        (one.touch.recommendation, one.item_key, one.quantity, one.amount)
        for one in purchases(since=since, until=until)
    ]


def test_a_purchase_belongs_to_the_click_before_it():
    click()
    order = make_order("a", "b", quantity=2)
    (purchase,) = purchases(since=NOW, until=NOW + DAY)
    assert purchase.touch == Touch(FIRST, "product-related", "related", "together")
    assert (purchase.order_id, purchase.item_key) == (order.pk, "a")
    assert (purchase.quantity, purchase.amount, purchase.currency) == (2, Decimal("5.00"), "EUR")


def test_the_last_click_counts():
    click(recommendation=FIRST, before=timedelta(hours=2))
    click(recommendation=SECOND, before=timedelta(hours=1))
    make_order("a")
    assert [one[0] for one in bought()] == [SECOND]


def test_a_click_after_the_order_counts_for_nothing():
    click(before=-timedelta(seconds=1))
    make_order("a")
    assert bought() == []


def test_a_click_counts_for_so_many_days_to_the_second():
    click("a", before=timedelta(days=7))
    click("b", before=timedelta(days=7, seconds=1))
    make_order("a", "b")
    assert [one[1] for one in bought()] == ["a"]


def test_how_many_days_is_a_setting(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "ATTRIBUTION_DAYS": 1}
    click("a", before=timedelta(days=2))
    make_order("a")
    assert bought() == []


def test_another_shoppers_click_another_item_and_a_view_count_for_nothing():
    click(shopper="user:2")
    click("b")
    click(kind="view")
    make_order("a")
    assert bought() == []


def test_a_guests_order_belongs_to_nobodys_click():
    click()
    make_order("a", shopper=None)
    assert bought() == []


def test_a_cancelled_order_is_no_purchase():
    click()
    make_order("a", key="gone")
    record.cancel(order_key="gone", key="c", at=NOW)
    assert bought() == []


def test_refunded_pieces_are_subtracted():
    click()
    make_order("a", key="o", quantity=3)
    record.refund(order_key="o", key="one", at=NOW, lines=[ReturnedLine("a", 1)])
    assert bought() == [(FIRST, "a", 2, Decimal("5.00"))]
    record.refund(order_key="o", key="rest", at=NOW)
    assert bought() == []


def test_only_orders_of_the_time_asked_for_count():
    click()
    make_order("a")
    assert bought(since=NOW, until=NOW + DAY)
    assert bought(since=NOW - DAY, until=NOW) == []
    assert bought(since=NOW + timedelta(seconds=1), until=NOW + DAY) == []


def test_purchases_cost_two_queries(django_assert_num_queries):
    click()
    make_order("a")
    with django_assert_num_queries(2):
        bought()


def added(since=NOW - DAY, until=NOW + DAY):
    return [touch.recommendation for touch, _ in cart_adds(since=since, until=until)]


def test_what_goes_into_the_cart_belongs_to_the_last_click_before_it():
    click(recommendation=FIRST, before=timedelta(hours=3))
    click(kind="cart_add", recommendation=None, before=timedelta(hours=2))
    click(recommendation=SECOND, before=timedelta(hours=1))
    click("b", kind="cart_add", recommendation=None)
    click(shopper="user:2", kind="cart_add", recommendation=None)
    assert added() == [FIRST]
    click(kind="cart_add", recommendation=None)
    assert added() == [FIRST, SECOND]


def test_what_a_visitor_clicked_belongs_to_the_account_they_became(django_user_model):
    user = django_user_model.objects.create(username="ann")
    click(shopper="anon:1")
    make_order("a", shopper=f"user:{user.pk}")
    assert bought() == []
    merge(visitor="anon:1", account=f"user:{user.pk}", user_id=user.pk)
    assert [one[0] for one in bought()] == [FIRST]


def test_a_variant_is_bought_as_the_item_that_was_clicked(stocked):
    stocked.identities["a-large"] = Identity("a")
    click("a")
    make_order("a-large")
    assert bought() == [(FIRST, "a", 1, Decimal("2.50"))]
