import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.models import BrowseLog, EventKind, Item, Shopper
from recommendations.selectors.persons import person
from recommendations.services import record
from tests.factories import NOW, make_item, make_order, tiny_network

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


def keys(item_ids):
    return [Item.objects.get(pk=item_id).key for item_id in item_ids]


def test_all_of_a_shopper_is_one_query(django_assert_num_queries, settings, tmp_path):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    network = tiny_network()
    order = make_order("a", "b", at=NOW)
    browse("c", dwell_seconds=30)
    Shopper.objects.update(consent="granted")
    with django_assert_num_queries(1):
        found = person("user:1", since=SINCE)
    assert found.consent == "granted"
    assert sorted(keys(found.history.item_ids)) == ["a", "b"]
    assert found.history.orders.tolist() == [order.pk] * 2
    assert found.history.days.tolist() == [NOW.timestamp() / 86_400] * 2
    assert keys(found.events.item_ids) == keys(found.viewed) == ["c"]
    assert found.live == {"network": (network.pk, f"{network.sha256} {{}}")}


def test_of_a_stranger_nothing_is_known():
    make_order("a")
    found = person("anon:7", since=SINCE)
    assert (found.consent, len(found.history), len(found.events), found.viewed, found.live) == (None, 0, 0, (), {})


def test_a_visitor_is_the_account_that_they_became():
    make_order("a", shopper="user:1")
    browse("b", shopper="user:1", dwell_seconds=30)
    Shopper.objects.update(consent="refused")
    Shopper.objects.create(key="anon:1", consent="granted", merged_into=Shopper.objects.get())
    found = person("anon:1", since=SINCE)
    assert (found.consent, keys(found.history.item_ids), keys(found.viewed)) == ("refused", ["a"], ["b"])


def test_the_history_is_what_was_kept_the_oldest_first_and_each_item_of_an_order_once():
    late = make_order("b", "a", at=NOW)
    early = make_order("a", at=NOW - timedelta(days=1, microseconds=5))
    record.refund(order_key=make_order("c").key, key="back", at=NOW)
    record.cancel(order_key=make_order("d").key, key="no", at=NOW)
    history = person("user:1").history
    assert keys(history.item_ids) == ["a", "a", "b"]
    assert history.orders.tolist() == [early.pk, late.pk, late.pk]


def test_the_latest_events_are_read_the_oldest_first_without_glances_and_what_was_corrected():
    browse("a", minutes=-3_000)
    browse("b", clamped=True)
    browse("c", dwell_seconds=0.5)
    for minute, item in enumerate("defe", start=1):
        browse(item, minutes=minute)
    browse("x", shopper="user:2")
    found = person("user:1", since=SINCE)
    assert keys(found.events.item_ids) == ["d", "e", "f", "e"]
    assert found.events.weights.tolist() == [0.5] * 4
    assert keys(found.viewed) == ["e", "f", "d", "c"], "a glance is a view"
    assert keys(person("user:1", since=SINCE, most=2).events.item_ids) == ["f", "e"]
    assert len(person("user:1").events) == 0


def test_nothing_is_read_from_end_to_end():
    if connection.vendor != "sqlite":
        pytest.skip("the plan of a small table says nothing there")
    with CaptureQueriesContext(connection) as queries:
        person("user:1", since=SINCE)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + queries[0]["sql"])
        plan = [row[3] for row in cursor.fetchall()]
    assert any("rec_browse_shopper" in step for step in plan)
    assert any("rec_order_shopper" in step for step in plan)
    scans = [step for step in plan if step.startswith("SCAN") and "recommendations" in step]
    assert scans == ["SCAN recommendations_item USING INDEX rec_item_uncounted"], "the few items that are no products"
