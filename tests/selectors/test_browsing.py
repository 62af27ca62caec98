import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.data.sequences import Kind
from recommendations.models import BrowseLog, EventKind, Item, Rating, Shopper
from recommendations.selectors.browsing import latest_events, shopper_events, views
from tests.factories import NOW, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

SINCE = NOW - timedelta(days=1)


def browse(item, *, shopper="user:1", kind=EventKind.VIEW, minutes=0, **more):
    return BrowseLog.objects.create(
        event_id=uuid.uuid4(),
        shopper=Shopper.objects.get_or_create(key=shopper)[0],
        item=make_item(item),
        kind=kind,
        at=NOW + timedelta(minutes=minutes),
        body_digest="",
        **more,
    )


def refuse(key, state="refused"):
    Shopper.objects.filter(key=key).update(consent=state)


def keys(item_ids):
    return [Item.objects.get(pk=item_id).key for item_id in item_ids.tolist()]


def test_everything_that_is_done_with_an_item_is_an_event():
    browse("a", dwell_seconds=12.0)
    browse("b", kind=EventKind.CART_ADD, minutes=1)
    BrowseLog.objects.create(
        event_id=uuid.uuid4(), shopper=Shopper.objects.get(), kind=EventKind.SEARCH, at=NOW, query="tea", body_digest=""
    )
    Rating.objects.create(shopper=Shopper.objects.get(), item=make_item("c"), stars=4, rated_at=NOW)
    make_order("d", at=NOW)
    make_order("d", at=NOW, shopper=None)
    found = shopper_events(since=SINCE, most=100)
    assert keys(found.items) == ["a", "b", "c", "d"]
    assert found.kinds.tolist() == [Kind.VIEW, Kind.CART_ADD, Kind.RATING, Kind.ORDER]
    assert found.amounts[[0, 2]].tolist() == [12.0, 4.0]


def test_after_a_refusal_nothing_of_a_shopper_is_read(settings):
    for shopper in ("user:1", "user:2"):
        browse("a", shopper=shopper)
        make_order("b", at=NOW, shopper=shopper)
    refuse("user:1")
    found = shopper_events(since=SINCE, most=100)
    assert set(found.shoppers.tolist()) == {Shopper.objects.get(key="user:2").pk}
    assert len(latest_events("user:1", since=SINCE, most=10)) == 0
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_in"}
    assert len(shopper_events(since=SINCE, most=100)) == 0
    assert len(latest_events("user:2", since=SINCE, most=10)) == 0
    refuse("user:2", "granted")
    assert len(shopper_events(since=SINCE, most=100)) == 2


def test_corrected_and_old_events_are_left_out_and_the_newest_are_kept():
    browse("a", clamped=True)
    browse("b", minutes=-3_000)
    for minute, item in enumerate("cde"):
        browse(item, minutes=minute)
    assert keys(shopper_events(since=SINCE, most=2).items) == ["d", "e"]
    assert keys(views(since=SINCE, most=100).items) == ["c", "d", "e"]
    assert keys(latest_events("user:1", since=SINCE, most=2).item_ids) == ["d", "e"]


def test_the_latest_events_of_a_shopper_take_one_query(django_assert_num_queries):
    browse("a", dwell_seconds=0.5)
    browse("b", minutes=1, session="s")
    browse("c", minutes=2)
    Shopper.objects.create(key="anon:1")
    browse("d", shopper="user:2", minutes=3)
    Shopper.objects.filter(key="anon:1").update(merged_into=Shopper.objects.get(key="user:1"))
    with django_assert_num_queries(1):
        found = latest_events("user:1", since=SINCE, most=10)
    assert keys(found.item_ids) == ["b", "c"], "a glance is no event"
    assert found.weights.tolist() == [0.5, 0.5]
    assert keys(latest_events("anon:1", since=SINCE, most=10).item_ids) == ["b", "c"]
    assert keys(latest_events("user:1", since=SINCE, most=10, session="s").item_ids) == ["b"]
    assert keys(latest_events("user:2", since=SINCE, most=10).item_ids) == ["d"]
    assert len(latest_events("user:2", since=SINCE, most=10, session="s")) == 0


def test_the_latest_events_are_found_by_index():
    """No table is read from end to end, however many shoppers and events there are."""
    with CaptureQueriesContext(connection) as queries:
        latest_events("user:1", since=SINCE, most=10)
    if connection.vendor != "sqlite":
        pytest.skip("the plan of a small table says nothing there")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + queries[0]["sql"])
        plan = [row[3] for row in cursor.fetchall()]
    assert any("rec_browse_shopper" in step for step in plan)
    assert not any(step.startswith("SCAN") for step in plan), plan
