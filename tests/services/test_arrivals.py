"""What is new, what was learnt of it, and which share of the tries it gets."""

from datetime import timedelta

import pytest

from recommendations.catalogue import Identity
from recommendations.models import Arrival, Item, ItemExposure
from recommendations.services import arrivals
from tests.factories import NOW, make_item, make_order
from tests.services.asking import change

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

DAY = timedelta(days=1)


def expose(key, *, impressions, clicks, rank=1, placement="cart"):
    """Shown so often at full propensity, and clicked so often."""
    ItemExposure.objects.create(
        item=make_item(key),
        placement=placement,
        rank=rank,
        impressions=impressions,
        clicks=clicks,
        purchases=0,
        weight=1_024 * impressions,
        weight_clicks=1_024 * clicks,
        weight_purchases=0,
        weight_squares=1_024 * impressions,
    )


def launch(stocked, *keys, at=NOW - DAY, **facts):
    for key in keys:
        change(stocked, key, launched_at=at, **facts)


def new():
    return dict(Arrival.objects.order_by("item__key").values_list("item__key", "share"))


def test_a_launched_product_that_nobody_bought_becomes_an_item(stocked):
    launch(stocked, "a", "b")
    told = arrivals.refresh(now=NOW)
    assert (told["new_items"], told["tried"]) == (2, 2)
    assert set(Item.objects.values_list("key", flat=True)) == {"a", "b"}
    assert sum(new().values()) == pytest.approx(1.0)


def test_an_old_one_a_later_one_and_what_is_not_counted_are_not_new(stocked):
    launch(stocked, "a")
    launch(stocked, "b", at=NOW - 31 * DAY)
    launch(stocked, "c", at=NOW + DAY)
    launch(stocked, "d", counted=False)
    arrivals.refresh(now=NOW)
    assert set(new()) == {"a"}


def test_what_has_aged_leaves(stocked):
    launch(stocked, "a", "b")
    arrivals.refresh(now=NOW)
    launch(stocked, "b", at=NOW + 25 * DAY)
    arrivals.refresh(now=NOW + 30 * DAY)
    assert set(new()) == {"b"}


def test_a_variant_is_new_as_its_parent(stocked):
    stocked.identities["b"] = Identity("a")
    launch(stocked, "a", "b")
    arrivals.refresh(now=NOW)
    assert set(new()) == {"a"}


def test_a_shop_that_names_no_launches_has_the_items_it_first_sold_lately(stocked):
    make_order("a", at=NOW - 60 * DAY)
    make_order("b", "a", at=NOW - 2 * DAY)
    make_item("c")
    Item.objects.update(created_at=NOW - DAY)
    arrivals.refresh(now=NOW)
    assert dict(Arrival.objects.values_list("item__key", "launched_at")) == {"b": NOW - 2 * DAY, "c": NOW - DAY}


def test_old_items_whose_rows_are_new_take_no_new_item_s_place(stocked, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "NEW_ITEMS": 1}
    make_item("c")
    make_order("a", at=NOW - 60 * DAY)
    Item.objects.update(created_at=NOW - DAY)
    arrivals.refresh(now=NOW)
    assert set(new()) == {"c"}


def test_an_item_that_had_its_tries_and_brought_nothing_is_tried_no_more(stocked):
    launch(stocked, "a", "b", "c")
    expose("a", impressions=200, clicks=0)
    expose("b", impressions=199, clicks=0)
    expose("c", impressions=5_000, clicks=1)
    told = arrivals.refresh(now=NOW)
    assert (told["new_items"], told["tried"]) == (3, 2)
    assert [key for key, share in new().items() if share == 0] == ["a"]


def test_a_place_that_is_hardly_looked_at_is_hardly_a_try(stocked):
    launch(stocked, "a")
    expose("a", impressions=400, clicks=0, rank=9)
    arrivals.refresh(now=NOW)
    row = Arrival.objects.get()
    assert row.examinations == pytest.approx(400 / 3)
    assert row.share == 1


def test_what_is_clicked_gets_more_tries(stocked):
    launch(stocked, "a", "b")
    expose("a", impressions=1_000, clicks=20)
    expose("b", impressions=1_000, clicks=80)
    arrivals.refresh(now=NOW)
    assert new()["b"] > 0.9


def test_before_anything_is_known_an_item_is_believed_to_be_like_its_category(stocked):
    launch(stocked, "a", categories=("good",))
    launch(stocked, "b", categories=("bad",))
    launch(stocked, "d", at=NOW - 90 * DAY, categories=("good",))
    launch(stocked, "e", at=NOW - 90 * DAY, categories=("bad",))
    expose("d", impressions=4_000, clicks=800)
    expose("e", impressions=4_000, clicks=40)
    arrivals.refresh(now=NOW)
    believed = dict(Arrival.objects.values_list("item__key", "believed"))
    assert believed["a"] == pytest.approx(0.1, rel=0.1)
    assert believed["b"] < 0.01
    assert new()["a"] > 0.8


def test_how_ranks_are_looked_at_is_learnt_for_each_placement(stocked):
    for key in "abc":
        expose(key, impressions=10_000, clicks=1_000, rank=1)
        expose(key, impressions=10_000, clicks=100, rank=2)
        expose(key, impressions=10_000, clicks=1_000, rank=1, placement="for-you")
        expose(key, impressions=10_000, clicks=900, rank=2, placement="for-you")
    expose("z", impressions=10, clicks=1, rank=1, placement="product-related")
    expose("z", impressions=10, clicks=0, rank=2, placement="product-related")
    told = arrivals.refresh(now=NOW)["examined"]
    assert 0.3 < told["product-related"][1] < 0.6, "it has hardly any clicks, and is believed to be like the others"
    assert told["cart"][1] == pytest.approx(0.1, abs=0.02)
    assert told["for-you"][1] == pytest.approx(0.9, abs=0.05)


def test_refreshing_again_changes_nothing(stocked):
    launch(stocked, "a", "b", "c")
    expose("a", impressions=50, clicks=2)
    arrivals.refresh(now=NOW)
    before = list(Arrival.objects.order_by("item").values())
    arrivals.refresh(now=NOW)
    assert list(Arrival.objects.order_by("item").values()) == before


def test_the_settings_say_how_many_are_tried(stocked, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "NEW_ITEMS": 2}
    for number, key in enumerate("abcd"):
        launch(stocked, key, at=NOW - number * DAY)
    arrivals.refresh(now=NOW)
    assert set(new()) == {"a", "b"}
