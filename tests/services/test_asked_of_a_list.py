"""What a request asks of any list: items of one category alone, and more or less variety than the placement has."""

import math
from dataclasses import replace

import pytest

from recommendations.exceptions import InvalidInput
from recommendations.models import Pin, Placement
from recommendations.ranking.filters import Removal
from recommendations.services import serve
from recommendations.services.serve import Request
from tests.factories import NOW, fold_all, make_item, make_order
from tests.services.asking import HERE, cart, change, for_you, items, related, sources

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def shop(sold):
    """`c` and `e` are tea; `b`, the partner of `a` that was sold most, and `d` are not."""
    for key in "ce":
        change(sold, key, categories=("tea", "things"))
    return sold


def test_a_list_of_a_category_holds_nothing_else(shop):
    answer = related("a", category="tea")
    assert (items(answer), sources(answer)) == (["c", "e"], ["together", "popular"])
    assert not answer.fallback
    assert answer.removed == {"b": Removal.OTHER_CATEGORY, "d": Removal.OTHER_CATEGORY}


def test_every_kind_of_list_can_be_of_a_category(shop, network):
    network({"d": 0.9, "c": 0.8}, history=["a"])
    assert items(cart("a", category="tea")) == ["c", "e"]
    assert (items(for_you(category="tea")), sources(for_you(category="tea"))[0]) == (["c", "e"], "network")
    (similar,) = serve.batch([Request("similar", ["a"], category="tea")], context=HERE, now=NOW)
    assert (items(similar), similar.fallback) == (["c", "e"], True)


def test_where_nothing_of_the_category_is_suggested_its_best_sellers_are(shop):
    Placement.objects.update(fallbacks=["category"])
    answer = related("e", category="things", limit=2)
    assert (set(sources(answer)), answer.fallback) == ({"category"}, True)
    change(shop, "d", categories=("tea",))
    assert items(related("e", category="tea")) == ["c", "d"]


def test_a_category_that_the_shop_does_not_have_gives_nothing_and_says_so(shop):
    for answer in (related("a", category="none"), cart("a", category="none"), for_you(category="none")):
        assert (items(answer), answer.fallback) == ([], True)


def test_what_staff_pin_is_of_the_category_too(shop):
    for key in "bc":
        Pin.objects.create(placement=Placement.objects.get(slug="product-related"), item=make_item(key), kind="pin")
    answer = related("a", category="tea", limit=1)
    assert (items(answer), sources(answer)) == (["c"], ["staff"])


def test_staff_see_who_is_of_another_category(shop):
    (answer,) = serve.batch([Request("related", ["a"], category="tea", explained=True)], context=HERE, now=NOW)
    removed = {one.item: one.removed for one in answer.considered}
    assert (removed["b"], removed["d"], removed["c"]) == (Removal.OTHER_CATEGORY, Removal.OTHER_CATEGORY, None)


def test_a_taste_is_searched_deep_enough_for_a_category(stocked, network):
    keys = [f"k{number}" for number in range(60)]
    for key in keys:
        stocked.shelf[key] = replace(stocked.shelf["a"], key=key, title=key)
        make_order(key)
    make_order("a")
    fold_all()
    change(stocked, "k59", categories=("tea",))
    network({key: 1.0 - number / 100 for number, key in enumerate(keys)}, history=["a"])
    answer = for_you(category="tea", limit=2)
    assert (items(answer), sources(answer)) == (["k59"], ["network"])


def test_a_category_costs_no_further_query_where_the_list_is_full(shop, django_assert_num_queries):
    related("a", limit=1)
    with django_assert_num_queries(2):
        related("a", limit=1)
    with django_assert_num_queries(2):
        related("a", limit=1, category="tea", diversity=0.5)


def test_diversity_is_instead_of_the_placements(shop):
    change(shop, "b", categories=("cups",))
    change(shop, "c", categories=("cups",))
    assert items(related("a", limit=2)) == ["b", "c"]
    assert items(related("a", limit=2, diversity=0.9))[1] != "c"
    Placement.objects.update(diversity=0.9)
    assert items(related("a", limit=2))[1] != "c"
    assert items(related("a", limit=2, diversity=0)) == ["b", "c"]
    assert Placement.objects.get(slug="product-related").diversity == 0.9


def test_a_placement_that_is_gone_is_as_diverse_as_asked_for(shop):
    change(shop, "b", categories=("cups",))
    change(shop, "c", categories=("cups",))
    Placement.objects.all().delete()
    assert items(related("a", limit=2, diversity=0.9))[1] != "c"


@pytest.mark.parametrize("diversity", [-0.1, 1.1, math.nan, math.inf, 10**400, "0.5", True, [], {}])
def test_a_diversity_out_of_range_is_named(shop, diversity):
    with pytest.raises(InvalidInput, match="diversity: must be a number from 0 to 1, not"):
        related("a", diversity=diversity)


@pytest.mark.parametrize("category", ["", "x" * 201, 7, "\0", "\ud800", ["tea"]])
def test_a_category_that_is_no_key_is_named(shop, category):
    for ask in (related, cart):
        with pytest.raises(InvalidInput, match="category: "):
            ask("a", category=category)
