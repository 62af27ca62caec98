"""Each impression is counted once, with what became of it, and taken back when it is erased."""

import uuid
from datetime import timedelta

import pytest

from recommendations.models import BrowseLog, EventKind, Impression, ItemExposure, Shopper
from recommendations.services import exposures, record, tokens
from recommendations.services.identify import set_consent
from recommendations.services.prune import prune
from tests.factories import NOW, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

HOUR = timedelta(hours=1)
SUMS = ("impressions", "clicks", "purchases", "weight", "weight_clicks", "weight_purchases", "weight_squares")


def show(*keys, shopper="user:1", at=NOW, placement="cart", propensity=1.0):
    """A list of these items was on screen; returns its signed id."""
    items = tuple((make_item(key).pk, rank, "explore", propensity) for rank, key in enumerate(keys, start=1))
    token = tokens.sign(tokens.Shown(uuid.uuid4(), placement, at, items=items))
    record.impressions([token], shopper=shopper, now=at)
    return token


def click(key, token, *, shopper="user:1", at=NOW):
    event = record.BrowseEvent(uuid.uuid4(), EventKind.CLICK, at, item=key, recommendation=token)
    assert record.events([event], shopper=shopper, now=at)[0].status == "recorded"


def count(now=NOW + HOUR):
    counted = 0
    while batch := exposures.count_batch(now=now):
        counted += batch
    return counted


def sums(key, rank, placement="cart"):
    rows = ItemExposure.objects.filter(item__key=key, rank=rank, placement=placement)
    return next(iter(rows.values_list(*SUMS)), None)


def everything():
    return sorted(ItemExposure.objects.values_list("item__key", "placement", "rank", *SUMS))


def test_what_was_shown_counts_with_its_clicks_and_purchases(stocked):
    first = show("a", "b")
    show("a", "b", shopper="user:2")
    click("b", first, at=NOW + timedelta(minutes=5))
    make_order("b", "a", at=NOW + timedelta(minutes=20))
    assert count() == 2
    assert sums("a", 1) == (2, 0, 0, 2_048, 0, 0, 2_048), "bought, but not clicked here"
    assert sums("b", 2) == (2, 1, 1, 2_048, 1_024, 1_024, 2_048)
    assert Impression.objects.filter(outcome=[[2], [2]]).count() == 1


def test_an_impression_is_counted_once_and_only_when_its_time_is_over(stocked):
    show("a")
    assert count(NOW + timedelta(minutes=59)) == 0
    assert count() == 1
    assert count() == 0
    assert sums("a", 1)[0] == 1


def test_what_comes_too_late_is_no_outcome(stocked):
    token = show("a", "b")
    click("a", token, at=NOW + timedelta(minutes=61))
    click("b", token, at=NOW + timedelta(minutes=1))
    make_order("b", at=NOW + timedelta(minutes=61))
    count(NOW + 2 * HOUR)
    assert sums("a", 1)[:3] == (1, 0, 0)
    assert sums("b", 2)[:3] == (1, 1, 0)


def test_the_settings_say_how_long_an_outcome_may_take(stocked, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "OUTCOME_MINUTES": 120}
    show("a")
    assert count() == 0
    assert count(NOW + 2 * HOUR) == 1


def test_what_another_bought_or_was_bought_before_the_click_is_no_purchase(stocked):
    token = show("a", "b")
    make_order("a", at=NOW + timedelta(minutes=1))
    click("a", token, at=NOW + timedelta(minutes=5))
    click("b", token, at=NOW + timedelta(minutes=5))
    make_order("b", shopper="user:2", at=NOW + timedelta(minutes=20))
    make_order("a", shopper="user:2", at=NOW + timedelta(minutes=20))
    count()
    assert [sums("a", 1)[1:3], sums("b", 2)[1:3]] == [(1, 0), (1, 0)]


def test_each_list_of_a_batch_has_its_own_time(stocked):
    """The second list is later: its time is not the first one's, and the other's early click excuses nothing."""
    early = show("c", shopper="user:2")
    click("c", early, shopper="user:2", at=NOW)
    make_order("a", at=NOW + timedelta(minutes=10))
    click("a", show("a"), at=NOW + timedelta(minutes=20))
    click("b", show("b"), at=NOW + timedelta(minutes=20))
    show("d", shopper="user:2", at=NOW + timedelta(minutes=50))
    make_order("b", at=NOW + timedelta(minutes=70))
    assert count(NOW + 2 * HOUR) == 4
    assert [sums("a", 1)[1:3], sums("b", 1)[1:3]] == [(1, 0), (1, 0)]


def test_a_rare_showing_weighs_more_but_never_without_end(stocked):
    click("a", show("a", propensity=0.25))
    show("b", propensity=0.001)
    count()
    assert sums("a", 1) == (1, 1, 0, 4_096, 4_096, 0, 16_384)
    assert sums("b", 1)[3] == 20 * 1_024


def test_batches_come_to_the_same_as_all_at_once(stocked, monkeypatch):
    for number in range(7):
        token = show("a", "b", "c", shopper=f"user:{number}", at=NOW + timedelta(seconds=number))
        if number % 2:
            click("b", token, shopper=f"user:{number}", at=NOW + timedelta(minutes=1))
    monkeypatch.setattr(exposures, "AT_ONCE", 2)
    assert count(NOW + 2 * HOUR) == 7
    in_batches = everything()
    ItemExposure.objects.all().delete()
    Impression.objects.update(outcome=None)
    monkeypatch.setattr(exposures, "AT_ONCE", 500)
    assert count(NOW + 2 * HOUR) == 7
    assert everything() == in_batches


def test_a_batch_asks_six_queries_whatever_its_size(stocked, django_assert_num_queries):
    for number in range(5):
        click("a", show("a", shopper=f"user:{number}"), shopper=f"user:{number}")
    # A savepoint and its release, the impressions, the clicks, the purchases, the sums, the outcomes.
    with django_assert_num_queries(7):
        assert exposures.count_batch(now=NOW + HOUR) == 5


def test_erasing_a_shopper_takes_away_exactly_what_they_were_counted_with(stocked):
    click("b", show("a", "b", propensity=0.5), at=NOW + timedelta(minutes=1))
    count()
    before = everything()
    token = show("a", "b", "c", shopper="user:2", at=NOW + HOUR)
    click("b", token, shopper="user:2", at=NOW + HOUR)
    show("a", shopper="user:2", at=NOW + 3 * HOUR)
    make_order("b", shopper="user:2", at=NOW + HOUR)
    assert count(NOW + 3 * HOUR) == 1
    assert everything() != before
    BrowseLog.objects.filter(shopper__key="user:2").delete()
    set_consent(shopper_key="user:2", state="refused", now=NOW + 3 * HOUR)
    assert everything() == before, "by the outcome as it was counted, and nothing for what was not counted yet"
    assert Impression.objects.filter(shopper=Shopper.objects.get(key="user:2")).count() == 0


def test_pruning_old_impressions_leaves_what_was_learnt(stocked):
    show("a")
    count()
    before = everything()
    prune(progress=lambda *_: None, now=NOW + timedelta(days=400))
    assert not Impression.objects.exists()
    assert everything() == before


def test_an_entry_of_another_form_says_nothing(stocked):
    item = make_item("a")
    rows = [[item.pk, 1, "x", 0.0], [item.pk, 2], [item.pk, 3, "x", 1.0]]
    Impression.objects.create(recommendation=uuid.uuid4(), placement="cart", items=rows, served_at=NOW, shown_at=NOW)
    count()
    assert [row[2] for row in everything()] == [3]


def test_an_item_that_a_restored_database_has_lost_stops_nothing(stocked):
    rows = [[10**9, 1, "x", 1.0], [make_item("a").pk, 2, "x", 1.0]]
    Impression.objects.create(
        recommendation=uuid.uuid4(),
        placement="cart",
        shopper=Shopper.objects.create(key="user:1"),
        items=rows,
        served_at=NOW,
        shown_at=NOW,
    )
    assert count() == 1
    assert [row[:3] for row in everything()] == [("a", "cart", 2)]
    assert ItemExposure.objects.count() == 1
    set_consent(shopper_key="user:1", state="refused", now=NOW)
    assert not ItemExposure.objects.exists()
