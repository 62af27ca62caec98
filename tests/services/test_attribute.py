import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from recommendations.data.orders import PlacedLine, PlacedOrder, ReturnedLine
from recommendations.models import BrowseLog, Impression, Shopper
from recommendations.services import record
from recommendations.services.attribute import PlacementReport, purchases, report
from tests.factories import NOW, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

DAY = timedelta(days=1)
FIRST, SECOND = uuid.UUID(int=1), uuid.UUID(int=2)


def shown(recommendation, placement="product-related"):
    Impression.objects.create(recommendation=recommendation, placement=placement, served_at=NOW, shown_at=NOW)


def click(key="a", *, shopper="user:1", recommendation=FIRST, before=timedelta(minutes=5), kind="click"):
    BrowseLog.objects.create(
        event_id=uuid.uuid4(),
        shopper=Shopper.objects.get_or_create(key=shopper)[0],
        item=make_item(key),
        kind=kind,
        at=NOW - before,
        recommendation=recommendation,
        body_digest="",
    )


def bought(since=NOW - DAY, until=NOW + DAY):
    return [(one.recommendation, one.item_key, one.quantity, one.amount) for one in purchases(since=since, until=until)]


def test_a_purchase_belongs_to_the_click_before_it():
    shown(FIRST)
    click()
    order = make_order("a", "b", quantity=2)
    (purchase,) = purchases(since=NOW, until=NOW + DAY)
    assert purchase.recommendation == FIRST
    assert (purchase.placement, purchase.order_id, purchase.item_key) == ("product-related", order.pk, "a")
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


def test_purchases_cost_one_query(django_assert_num_queries):
    click()
    make_order("a")
    with django_assert_num_queries(1):
        bought()


def test_the_report_sums_up_by_placement_and_never_over_currencies():
    third = uuid.UUID(int=3)
    shown(FIRST)
    shown(SECOND)
    shown(third, "cart")
    click("a", recommendation=FIRST)
    click("b", recommendation=SECOND)
    make_order("a", "b")
    lines = (PlacedLine("a", 1, Decimal("300")),)
    record.order(PlacedOrder(key="yen", lines=lines, placed_at=NOW, currency="JPY", shopper="user:1"))
    assert report(since=NOW - DAY, until=NOW + DAY) == [
        PlacementReport("cart", impressions=1, clicks=0, orders=0, quantity=0, amounts={}),
        PlacementReport(
            "product-related",
            impressions=2,
            clicks=2,
            orders=2,
            quantity=3,
            amounts={"EUR": Decimal("5.00"), "JPY": Decimal("300")},
        ),
    ]


def test_what_was_clicked_before_the_page_reported_the_list_has_no_placement():
    click()
    make_order("a")
    (row,) = report(since=NOW - DAY, until=NOW + DAY)
    assert (row.placement, row.impressions, row.clicks, row.orders) == ("", 0, 1, 1)


def test_a_shop_without_suggestions_has_an_empty_report():
    make_order("a")
    assert report(since=NOW - DAY, until=NOW + DAY) == []
