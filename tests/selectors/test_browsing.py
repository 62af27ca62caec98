import uuid
from datetime import timedelta

import pytest

from recommendations.data.sequences import Kind
from recommendations.models import BrowseLog, EventKind, Item, Rating, Shopper
from recommendations.selectors.browsing import shopper_events, views
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
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_in"}
    assert len(shopper_events(since=SINCE, most=100)) == 0
    refuse("user:2", "granted")
    assert len(shopper_events(since=SINCE, most=100)) == 2


def test_corrected_and_old_events_are_left_out_and_the_newest_are_kept():
    browse("a", clamped=True)
    browse("b", minutes=-3_000)
    for minute, item in enumerate("cde"):
        browse(item, minutes=minute)
    assert keys(shopper_events(since=SINCE, most=2).items) == ["d", "e"]
    assert keys(views(since=SINCE, most=100).items) == ["c", "d", "e"]
