import uuid
from datetime import UTC, datetime, timedelta

import pytest

from recommendations.catalogue import Identity
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import BrowseLog, Impression, Item, Rating, Shopper
from recommendations.services import record, tokens
from recommendations.services.identify import set_consent
from recommendations.services.record import BrowseEvent
from tests.factories import NOW, make_item

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]


def event(kind="view", item="a", **changes):
    given = {"event_id": str(uuid.uuid4()), "kind": kind, "item": item, "at": NOW.isoformat(), **changes}
    return BrowseEvent.parse(given)


def send(*events, shopper="anon:1", now=NOW):
    return [outcome.status for outcome in record.events(events, shopper=shopper, now=now)]


def token(*item_keys, at=NOW):
    items = tuple((make_item(key).pk, rank, "counts", 1.0) for rank, key in enumerate(item_keys, start=1))
    return tokens.sign(
        tokens.Shown(
            id=uuid.uuid4(),
            placement="product-related",
            versions={"data": 3},
            variant="",
            at=at,
            fallback=False,
            items=items,
        )
    )


def test_a_view_becomes_a_row_with_its_dwell():
    assert send(event(dwell_seconds=12.5, session="s1")) == ["recorded"]
    row = BrowseLog.objects.get()
    assert (row.shopper.key, row.item.key, row.kind, row.dwell_seconds, row.at) == ("anon:1", "a", "view", 12.5, NOW)


def test_each_kind_is_recorded_and_a_search_needs_no_item():
    kinds = ["view", "cart_add", "cart_remove", "favourite", "not_interested"]
    assert send(*(event(kind) for kind in kinds), event("search", None, query="tea")) == ["recorded"] * 6
    assert BrowseLog.objects.get(kind="search").query == "tea"


def test_a_variant_is_an_event_of_its_item(stocked):
    stocked.identities["a-red"] = Identity("a")
    send(event(item="a-red"))
    assert BrowseLog.objects.get().item.key == "a"


def test_the_same_event_again_is_a_duplicate_and_another_body_a_conflict():
    one = event()
    again = event(event_id=str(one.event_id))
    other = event(item="b", event_id=str(one.event_id))
    assert send(one, one) == ["recorded", "duplicate"]
    assert send(again, other) == ["duplicate", "duplicate"]
    assert send(other) == ["conflict"]
    assert send(again, shopper="anon:2") == ["conflict"]
    assert BrowseLog.objects.count() == 1


def test_a_product_that_the_shop_does_not_know_is_invalid_and_makes_no_row():
    assert send(event(item="made-up"), event(item="b")) == ["invalid", "recorded"]
    assert not Item.objects.filter(key="made-up").exists()


@pytest.mark.parametrize(
    ("at", "stored", "clamped"),
    [
        (NOW - timedelta(days=1), NOW - timedelta(days=1), False),
        (NOW + timedelta(minutes=4), NOW, False),
        (NOW + timedelta(minutes=6), NOW, True),
        (datetime(9999, 12, 31, tzinfo=UTC), NOW, True),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW, True),
        (datetime(1, 1, 1, tzinfo=UTC), NOW, True),
    ],
)
def test_a_device_s_impossible_time_becomes_the_time_of_arrival_and_is_marked(at, stored, clamped):
    sent = event(at=at.isoformat())
    assert send(sent) == ["recorded"]
    assert BrowseLog.objects.values_list("at", "clamped").get() == (stored, clamped)
    assert send(sent, now=NOW + timedelta(days=1)) == ["duplicate"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", "x"),
        ("event_id", None),
        ("kind", "purchase"),
        ("kind", ["view"]),
        ("item", None),
        ("item", ""),
        ("item", "a\x00"),
        ("at", "yesterday"),
        ("at", "2026-02-31T00:00:00Z"),
        ("dwell_seconds", -1),
        ("dwell_seconds", float("nan")),
        ("dwell_seconds", "5"),
        ("session", "s" * 65),
        ("query", 5),
        ("channel", "c" * 51),
    ],
)
def test_a_bad_field_is_named(field, value):
    with pytest.raises(InvalidInput) as refusal:
        event(**{field: value})
    assert refusal.value.field == field


def test_after_a_refusal_nothing_is_stored_and_what_was_stored_is_gone():
    send(event())
    record.impressions([token("b")], shopper="anon:1", now=NOW)
    set_consent(shopper_key="anon:1", state="refused", now=NOW)
    assert not BrowseLog.objects.exists()
    assert not Impression.objects.exists()
    assert send(event()) == ["refused"]
    assert [outcome.status for outcome in record.impressions([token("b")], shopper="anon:1", now=NOW)] == ["refused"]
    assert not BrowseLog.objects.exists()
    set_consent(shopper_key="anon:1", state="granted", now=NOW)
    assert send(event()) == ["recorded"]
    assert Shopper.objects.get(key="anon:1").consent_version == 2


def test_with_opt_in_nothing_is_stored_before_a_yes(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_in"}
    assert send(event()) == ["refused"]
    set_consent(shopper_key="anon:1", state="granted", now=NOW)
    assert send(event()) == ["recorded"]


def test_a_click_points_to_the_list_it_came_from():
    signed = token("a", "b")
    assert send(event("click", "b", recommendation=signed)) == ["recorded"]
    assert BrowseLog.objects.get().recommendation == tokens.read(signed, now=NOW).id


@pytest.mark.parametrize("recommendation", [None, "forged", "c-not-shown", "too-old"])
def test_a_click_without_a_list_that_showed_the_item_is_invalid(recommendation):
    given = {
        "c-not-shown": lambda: token("c"),
        "too-old": lambda: token("a", at=NOW - timedelta(days=31)),
    }.get(recommendation, lambda: recommendation)()
    assert send(event("click", "a", recommendation=given)) == ["invalid"]
    assert not BrowseLog.objects.exists()


def test_an_impression_is_recorded_once():
    signed = token("a", "b")
    first = record.impressions([signed, "forged"], shopper="anon:1", now=NOW)
    second = record.impressions([signed], shopper="anon:1", now=NOW)
    assert [outcome.status for outcome in [*first, *second]] == ["recorded", "invalid", "duplicate"]
    shown = Impression.objects.get()
    assert [row[0] for row in shown.items] == [make_item("a").pk, make_item("b").pk]
    assert (shown.placement, shown.shopper.key, shown.versions) == ("product-related", "anon:1", {"data": 3})


def test_a_batch_costs_a_constant_number_of_queries(django_assert_num_queries):
    for size in (2, 200):
        events = [event(item="abcdefghij"[number % 10]) for number in range(size)]
        send(event(item="a"), *(event(item=key) for key in "bcdefghij"))
        with django_assert_num_queries(2):
            send(*events)


def test_a_later_rating_replaces_the_earlier_one():
    assert record.rating(shopper="user:1", product="a", stars=2, at=NOW).created
    assert not record.rating(shopper="user:1", product="a", stars=5, at=NOW).created
    assert Rating.objects.get().stars == 5


@pytest.mark.parametrize("stars", [0, 6, 2.5, "3", True])
def test_stars_out_of_range_are_refused(stars):
    with pytest.raises(InvalidInput, match="stars: must be a whole number from 1 to 5"):
        record.rating(shopper="user:1", product="a", stars=stars, at=NOW)


def test_a_rating_of_an_unknown_product_is_refused():
    with pytest.raises(UnknownProduct):
        record.rating(shopper="user:1", product="made-up", stars=3, at=NOW)
