"""Placements that blend several strategies."""

import pytest

from recommendations import store
from recommendations.models import Placement, Strategy
from recommendations.ranking.filters import Removal
from recommendations.services import tokens
from tests.factories import NOW, fold_all, make_order
from tests.services.artefacts import publish_network
from tests.services.asking import for_you, items, related, sources

pytestmark = pytest.mark.django_db

GROUPS = {"a": (1, 1), "b": (1, 1), "e": (1, 1), "f": (1, 1)}


@pytest.fixture
def shop(sold, settings, tmp_path):
    """`a` was sold with `b`, `c` and `d`; the network says that `b`, `e` and `f` are like it."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()
    make_order("f")
    fold_all()
    publish_network(likes=dict.fromkeys("abcdef", 1), groups=GROUPS)
    return sold


def blend(slug="product-related", **weights):
    listed = [{"strategy": name, "weight": weight} for name, weight in weights.items()]
    Placement.objects.filter(slug=slug).update(strategy=Strategy.BLEND, sources=listed, fallbacks=[])


def test_items_of_several_strategies_keep_their_source_and_reason(shop):
    blend(related=0.6, similar=0.4)
    answer = related("a")
    shown = {one.item: (one.source, one.reasons[0].code) for one in answer.items}
    assert set(shown) == {"b", "c", "d", "e", "f"}
    assert {shown[key] for key in "cd"} == {("together", "bought_together")}
    assert {shown[key] for key in "ef"} == {("similar", "similar")}
    assert items(answer)[0] == "b", "both name it first"
    assert not answer.fallback
    assert "network" in tokens.read(answer.recommendation_id, now=NOW).versions


def test_a_heavier_source_comes_first(shop):
    Placement.objects.update(in_stock_only=False)
    blend(related=0.9, similar=0.1)
    assert items(related("a"))[:3] == ["b", "c", "d"]
    blend(related=0.1, similar=0.9)
    assert set(items(related("a"))[:3]) == {"b", "e", "f"}


def test_a_blend_of_one_has_the_order_of_that_one(shop):
    Placement.objects.filter(slug="product-related").update(fallbacks=[])
    alone = items(related("a"))
    blend(related=0.5)
    assert items(related("a")) == alone


def test_a_boost_raises_in_a_blend_too(shop):
    blend(related=0.6, similar=0.4)
    placement = Placement.objects.get(slug="product-related")
    last = related("a").items[-1]
    placement.pins.create(
        item_id=tokens.read(related("a").recommendation_id, now=NOW).items[-1][0], kind="boost", factor=9
    )
    assert items(related("a"))[0] == last.item


def test_a_source_that_knows_nothing_leaves_the_list_to_the_others(shop):
    blend(buy_again=0.9, related=0.1)
    assert items(related("a")) == ["b", "c", "d"]
    blend(buy_again=0.9, similar=0.1)
    Placement.objects.filter(slug="product-related").update(fallbacks=["popular"])
    answer = related("z", limit=2)
    assert (sources(answer), answer.fallback) == (["popular", "popular"], True)


def test_what_one_strategy_leaves_out_another_may_propose(shop, network):
    network({"b": 0.9, "c": 0.5, "e": 0.4}, history=["b"])
    Placement.objects.filter(slug="for-you").update(bought_before="show")
    blend("for-you", new_for_you=0.5)
    assert "b" not in items(for_you())
    blend("for-you", new_for_you=0.5, buy_again=0.5)
    assert {"b", "c", "e"} <= set(items(for_you()))
    blend("for-you", new_for_you=0.5, related=0.5)
    Placement.objects.filter(slug="for-you").update(fallbacks=["popular"])
    answer = for_you()
    assert "b" not in items(answer)
    assert answer.removed["b"] == Removal.BOUGHT_BEFORE


def test_what_is_left_out_for_having_been_bought_stays_in_a_part_of_the_past(shop, network):
    network({"b": 0.9, "c": 0.5}, history=["b"])
    make_order("b", shopper="user:7")
    Placement.objects.filter(slug="product-related").update(bought_before="hide")
    blend(related=0.5, new_for_you=0.5)
    assert "b" not in items(related("a", shopper="user:7"))
    blend(related=0.5, buy_again=0.5)
    shown = {one.item: one.source for one in related("a", shopper="user:7").items}
    assert shown["b"] == "network"


def test_a_blend_without_sources_is_what_was_asked_for(shop):
    Placement.objects.filter(slug="product-related").update(strategy=Strategy.BLEND, sources=[])
    assert items(related("a"))[0] == "b"


def test_a_blend_costs_the_statements_of_its_strategies(shop, django_assert_num_queries):
    blend(related=0.6, similar=0.4)
    related("a")
    # The placement, the network's pointer with the item, the candidates.
    with django_assert_num_queries(3):
        related("a")
