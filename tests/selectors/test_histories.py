"""What is read as bought: what cleaning leaves out of the counts is no habit either."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.catalogue import Facts
from recommendations.models import CampaignPeriod, Excluded, Item, Order
from recommendations.selectors.browsing import shopper_events
from recommendations.selectors.histories import all_histories
from recommendations.selectors.persons import person
from recommendations.services import record
from recommendations.services.flags import note_flags
from recommendations.services.fold import fold_all
from tests.factories import NOW, make_order, placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]

DAY = timedelta(days=1)


def choose(settings, **options):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **options}


def read(shopper="user:1"):
    """The keys of a shopper's history, and those of everybody's."""
    keys = dict(Item.objects.values_list("pk", "key"))
    histories = all_histories()
    own = [keys[item] for item in person(shopper).history.item_ids.tolist()]
    return sorted(own), sorted(keys[item] for item in histories.item_ids[histories.items].tolist())


def test_an_order_that_cleaning_leaves_out_teaches_nothing_and_is_no_past(settings):
    choose(settings, MAX_BASKET_ITEMS=2)
    make_order("a", "b", at=NOW - DAY)
    make_order("c", "d", "e")
    assert read() == (["a", "b", "c", "d", "e"],) * 2
    fold_all(now=NOW)
    assert read() == (["a", "b"],) * 2
    done = shopper_events(since=NOW - 2 * DAY, most=10)
    assert sorted(Item.objects.filter(pk__in=done.items.tolist()).values_list("key", flat=True)) == ["a", "b"]


def test_orders_of_a_campaign_that_is_left_out_are_no_habit():
    CampaignPeriod.objects.create(name="sale", starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 28))
    make_order("a", at=NOW - 10 * DAY)
    make_order("b")
    fold_all(now=NOW)
    assert read() == (["b"],) * 2


def test_an_order_before_the_counts_window_is_still_what_its_shopper_bought(settings):
    choose(settings, WINDOW_DAYS=30)
    make_order("a", at=NOW - 90 * DAY)
    make_order("b")
    fold_all(now=NOW)
    assert Order.objects.filter(excluded=Excluded.WINDOW).count() == 1
    assert read() == (["a", "b"],) * 2


def test_an_item_that_is_no_product_any_more_is_gone_at_once(fake_catalogue):
    make_order("a", "gift")
    fake_catalogue.shelf["gift"] = Facts(key="gift", title="Gift", url="/", counted=False)
    assert note_flags() == 1
    assert read() == (["a"],) * 2
    fake_catalogue.shelf["gift"] = Facts(key="gift", title="Gift", url="/")
    note_flags()
    assert read() == (["a", "gift"],) * 2


def test_free_lines_are_purchases_where_they_count_alone(settings):
    record.orders([placed_order("sample", price="0"), placed_order("a")])
    assert read() == (["a", "sample"],) * 2
    choose(settings, COUNT_FREE_LINES=False)
    assert read() == (["a"],) * 2


def test_a_history_is_read_by_the_index_of_its_shopper():
    for number in range(40):
        make_order("a", "b", shopper=f"user:{number % 8}", at=NOW - number * DAY)
    with CaptureQueriesContext(connection) as made:
        person("user:3")
    (query,) = made.captured_queries
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")  # the tables are a page each
            cursor.execute("ANALYZE")  # what is known of rows that other tests took back would mislead
            cursor.execute(f"EXPLAIN {query['sql']}")
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "rec_order_shopper" in plan
    assert "rec_item_uncounted" in plan
    assert "Seq Scan" not in plan
    assert "SCAN recommendations" not in plan.replace("SCAN recommendations_item USING INDEX rec_item_uncounted", "")
