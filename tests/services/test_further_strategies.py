"""What is viewed together, bought instead, rising, selling best, on offer, and what the shopper looked at."""

from datetime import timedelta
from decimal import Decimal

import pytest

from recommendations import store
from recommendations.catalogue import Context, Offer
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import (
    Artefact,
    ArtefactKind,
    LivePointer,
    Placement,
    Rule,
    RuleDecision,
    RuleKind,
    Strategy,
)
from recommendations.ranking.filters import Removal
from recommendations.services import serve, tokens
from recommendations.services.identify import set_consent
from recommendations.testing import FakeCatalogue
from tests.factories import NOW, make_item
from tests.services.artefacts import publish_items, publish_network, view
from tests.services.asking import change, items, sources

pytestmark = pytest.mark.django_db

OF_PRODUCT = ["viewed_together", "substitutes"]
OF_SHOP = ["trending", "best_sellers", "offers"]
HOUR = timedelta(hours=1)


def ask(name, *subject, **changes):
    return getattr(serve, name)(*subject, **{"context": Context(), "now": NOW, **changes})


def texts(answer):
    return [suggestion.reasons[0].text for suggestion in answer.items]


@pytest.fixture
def shop(sold, settings, tmp_path):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()
    return sold


@pytest.fixture
def version(shop):
    artefact = Artefact.objects.create(kind=ArtefactKind.RULES, status="published", metrics={})
    LivePointer.objects.create(kind=ArtefactKind.RULES, artefact=artefact)
    return artefact


def rule(version, kind, antecedent, consequent, *, orders=5, sides=(10, 8), **changes):
    one, other = make_item(antecedent).pk, make_item(consequent).pk
    fields = {"support": 0.05, "confidence": orders / sides[0], "lift": 2.0, "leverage": 0.01, "shoppers": 5}
    return Rule.objects.create(
        artefact=version,
        kind=kind,
        key=kind.key([one], other),
        antecedent_id=one,
        consequent_id=other,
        orders=orders,
        antecedent_orders=sides[0],
        consequent_orders=sides[1],
        total_orders=100,
        **{**fields, **changes},
    )


def offered(shop, key, price, *, was="10.00", until=NOW + HOUR):
    change(shop, key, price=Decimal(was), currency="EUR", offer=Offer(Decimal(price), until))


# What is viewed together


def test_viewed_together_are_the_live_rules_with_their_counts(version):
    rule(version, RuleKind.VIEWED_TOGETHER, "a", "x", orders=6, sides=(10, 8))
    rule(version, RuleKind.VIEWED_TOGETHER, "a", "y", orders=7, sides=(10, 900))
    rule(version, RuleKind.VIEWED_THEN_BOUGHT, "a", "z", orders=9)
    answer = ask("viewed_together", "a", limit=2)
    assert (items(answer), set(sources(answer)), answer.fallback) == (["x", "y"], {"viewed"}, False)
    assert texts(answer)[0] == "Viewed together by 6 of the 10 shoppers who looked at Product a"
    evidence = answer.items[0].reasons[0].evidence
    assert (evidence.n_ab, evidence.n_a, evidence.n_b, evidence.n) == (6, 10, 8, 100)
    assert tokens.read(answer.recommendation_id, now=NOW).versions["rules"] == version.pk


def test_rules_of_a_version_that_no_longer_serves_are_not_shown(version):
    rule(version, RuleKind.VIEWED_TOGETHER, "a", "x")
    newer = Artefact.objects.create(kind=ArtefactKind.RULES, status="published", metrics={})
    LivePointer.objects.update(artefact=newer)
    assert ask("viewed_together", "a").fallback


@pytest.mark.parametrize(
    ("name", "kind"), [("viewed_together", RuleKind.VIEWED_TOGETHER), ("substitutes", RuleKind.SUBSTITUTE)]
)
def test_held_rules_are_shown_once_staff_approve_and_rejected_ones_are_not(version, name, kind):
    held = rule(version, kind, "a", "x", status="held", expected=20.0)
    rejected = rule(version, kind, "a", "y", expected=20.0)
    decision = RuleDecision.objects.create(rule_key=rejected.key, decision="rejected", ends_at=NOW + HOUR)
    rule(version, kind, "a", "z", expected=20.0)
    turned = kind.key([make_item("z").pk], make_item("a").pk)
    RuleDecision.objects.create(rule_key=turned, decision="rejected")
    assert not {"x", "y", "z"} & set(items(ask(name, "a")))
    RuleDecision.objects.create(rule_key=held.key, decision="approved")
    RuleDecision.objects.filter(pk=decision.pk).update(ends_at=NOW)
    assert {"x", "y", "z"} & set(items(ask(name, "a"))) == {"x", "y"}


# What is bought instead


@pytest.mark.sql
def test_substitutes_are_read_from_both_sides_what_is_missed_most_first(version):
    rule(version, RuleKind.SUBSTITUTE, "a", "x", orders=2, expected=10.0, sides=(40, 30))
    rule(version, RuleKind.SUBSTITUTE, "y", "a", orders=1, expected=30.0, sides=(50, 40))
    rule(version, RuleKind.SUBSTITUTE, "a", "y", orders=1, expected=30.0, sides=(40, 50))
    answer = ask("substitutes", "a", limit=3)
    assert (items(answer)[:2], sources(answer)[:2], answer.fallback) == (["y", "x"], ["substitute"] * 2, False)
    assert texts(answer)[0] == "Bought instead of Product a: 1 of the 40 orders with it also had Product y"


@pytest.mark.sql
def test_a_substitute_of_one_direction_is_told_from_the_other_side(version):
    rule(version, RuleKind.SUBSTITUTE, "y", "a", orders=1, expected=30.0, sides=(50, 40))
    (shown, *_) = ask("substitutes", "a").items
    evidence = shown.reasons[0].evidence
    assert (shown.item, evidence.n_a, evidence.n_b, evidence.confidence) == ("y", 40, 50, 1 / 40)


def test_without_rules_substitutes_are_what_is_similar_then_the_category(shop):
    answer = ask("substitutes", "a", limit=2)
    assert (set(sources(answer)), answer.fallback) == ({"category"}, True)
    publish_network(likes={"a": 3, "b": 2, "c": 1}, groups=dict.fromkeys("abc", (1, 1)))
    answer = ask("substitutes", "a", limit=2)
    assert (set(sources(answer)), answer.fallback) == ({"similar"}, False)


@pytest.mark.parametrize("name", OF_PRODUCT)
def test_lists_of_a_product_leave_it_out_and_know_no_other_shop(version, name):
    rule(version, RuleKind.VIEWED_TOGETHER, "b", "a")
    assert "a" not in items(ask(name, "a"))
    with pytest.raises(UnknownProduct):
        ask(name, "no-such")


def test_viewed_together_asks_three_queries(version, django_assert_num_queries):
    rule(version, RuleKind.VIEWED_TOGETHER, "a", "x")
    # The placement, the rules, the candidates.
    with django_assert_num_queries(3):
        ask("viewed_together", "a", limit=1)


# What rises, and what sells best

STATISTICS = {
    "a": {"recent": 30, "earlier": 120, "trend": 0.8, "sales": 90.0},
    "x": {"recent": 24, "earlier": 24, "trend": 2.0, "sales": 30.0},
    "y": {"recent": 9, "earlier": 0, "trend": 3.0, "sales": 8.0},
    "z": {"recent": 0, "earlier": 8, "trend": 0.0, "sales": 3.0},
}


def test_trending_is_what_rises_and_not_what_sells(shop):
    publish_items(STATISTICS)
    answer = ask("trending", limit=2)
    assert (items(answer), set(sources(answer)), answer.fallback) == (["y", "x"], {"trending"}, False)
    assert texts(answer) == ["9 orders this week, hardly any before", "24 orders this week, 6 in a usual week"]


def test_the_statistics_of_a_trend_and_their_moment_are_among_the_versions(shop):
    published = publish_items(STATISTICS, as_of=NOW - HOUR)
    versions = tokens.read(ask("trending").recommendation_id, now=NOW).versions
    assert versions["items"] == published.pk
    assert versions["items_as_of"] == int((NOW - HOUR).timestamp())


def test_statistics_that_speak_of_another_week_claim_no_trend(shop):
    publish_items(STATISTICS, as_of=NOW - timedelta(days=2))
    assert not ask("trending").fallback
    assert ask("trending", now=NOW + timedelta(seconds=1)).fallback


def test_best_sellers_say_in_how_many_orders_of_these_weeks(shop):
    publish_items(STATISTICS)
    answer = ask("best_sellers", limit=3)
    assert (items(answer), set(sources(answer)), answer.fallback) == (["a", "x", "y"], {"best_seller"}, False)
    assert texts(answer)[0] == "A best seller of these weeks: in 150 of 500 orders"


@pytest.mark.parametrize("name", ["trending", "best_sellers"])
def test_a_category_holds_its_own_items_alone(shop, name):
    publish_items(STATISTICS)
    change(shop, "x", categories=("tea",))
    change(shop, "b", categories=("tea",))
    answer = ask(name, category="tea", limit=2)
    assert items(answer) == ["x", "b"], "what sold best of the category before fills up"
    assert sources(answer)[1] == "category"


@pytest.mark.parametrize("name", ["trending", "best_sellers"])
def test_without_statistics_best_sellers_of_all_time_answer_and_say_so(shop, name):
    answer = ask(name, limit=2)
    assert (items(answer), answer.fallback) == (["a", "b"], True)
    answer = ask(name, category="things", limit=1)
    assert (sources(answer), answer.fallback) == (["category"], True)


@pytest.mark.parametrize("name", ["trending", "best_sellers"])
def test_lists_of_the_whole_shop_ask_three_queries(shop, django_assert_num_queries, name):
    publish_items(STATISTICS)
    ask(name, limit=2)
    # The placement, the statistics' pointer, the candidates.
    with django_assert_num_queries(3):
        ask(name, limit=2)


@pytest.mark.parametrize("name", OF_SHOP)
@pytest.mark.parametrize("category", ["", "x" * 201, 7])
def test_a_category_that_is_no_key_is_refused(shop, name, category):
    with pytest.raises(InvalidInput, match="category"):
        ask(name, category=category)


# What is on offer


def test_offers_are_those_that_run_what_saves_most_first(shop):
    offered(shop, "a", "9.00")
    offered(shop, "b", "5.00")
    answer = ask("offers")
    assert (items(answer), set(sources(answer)), answer.fallback) == (["b", "a"], {"offer"}, False)
    assert [str(one.price) for one in answer.items] == ["5.00", "9.00"]
    assert texts(answer)[0] == "50 % less until 03/01/2026 1 p.m.: you save 5.00 EUR"


def test_an_offer_is_gone_with_its_last_second(shop):
    offered(shop, "b", "5.00", until=NOW + timedelta(seconds=1))
    assert items(ask("offers")) == ["b"]
    assert items(ask("offers", now=NOW + timedelta(seconds=1))) == []


def test_offers_that_sell_come_before_equal_ones_that_do_not(shop):
    for key in "ax":
        offered(shop, key, "5.00")
    publish_items({"a": {"sales": 1.0}, "x": {"sales": 8.0}})
    assert items(ask("offers")) == ["x", "a"]


def test_offers_are_in_the_order_of_the_shoppers_liking_unless_they_refused(shop):
    publish_network(likes={"a": 9, "b": 5, "c": 1})
    offered(shop, "a", "9.00")
    offered(shop, "b", "5.00")
    # user:1 placed the orders of the shop.
    assert items(ask("offers")) == ["b", "a"]
    assert items(ask("offers", shopper="user:1")) == ["a", "b"]
    set_consent(shopper_key="user:1", state="refused", now=NOW)
    assert items(ask("offers", shopper="user:1")) == ["b", "a"]


def test_of_many_offers_the_best_is_shown(shop):
    for key, price in zip("abcde", ("9.50", "9.00", "8.50", "8.00", "2.00"), strict=True):
        offered(shop, key, price)
    assert items(ask("offers", limit=1)) == ["e"]


def test_offers_of_a_category(shop):
    offered(shop, "a", "9.00")
    offered(shop, "b", "5.00")
    change(shop, "a", categories=("tea", "drinks"))
    assert items(ask("offers", category="drinks")) == ["a"]


def test_offers_cost_one_question_to_the_shop(shop, monkeypatch):
    offered(shop, "b", "5.00")
    asked, facts = [], FakeCatalogue.facts
    monkeypatch.setattr(FakeCatalogue, "facts", lambda self, keys, to: asked.append(keys) or facts(self, keys, to))
    ask("offers", limit=1)
    assert len(asked) == 1


@pytest.mark.parametrize("price", [None, "5.00"])
def test_an_offer_without_a_price_to_compare_with_tells_its_end_alone(shop, price):
    change(shop, "b", price=price and Decimal(price), offer=Offer(Decimal("5.00"), NOW + HOUR))
    assert texts(ask("offers")) == ["On offer until 03/01/2026 1 p.m."]


# What the shopper looked at


@pytest.mark.sql
def test_recently_viewed_is_newest_first_and_each_once(shop):
    for minutes, key in ((30, "a"), (20, "x"), (10, "y"), (5, "x")):
        view(key, shopper="user:5", at=NOW - timedelta(minutes=minutes))
    answer = ask("recently_viewed", "user:5")
    assert (items(answer), set(sources(answer)), answer.fallback) == (["x", "y", "a"], {"recently_viewed"}, False)
    assert texts(answer)[0] == "You looked at it"


def test_recently_viewed_holds_nothing_else(shop):
    assert items(ask("recently_viewed", "user:5")) == []
    assert items(ask("recently_viewed", None)) == []
    view("x", shopper="user:5")
    assert items(ask("recently_viewed", "user:5", limit=5)) == ["x"]


@pytest.mark.sql
def test_recently_viewed_is_empty_after_a_refusal_and_before_a_yes_that_is_needed(shop, settings):
    view("x", shopper="user:5")
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_in"}
    assert items(ask("recently_viewed", "user:5")) == []
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_out"}
    assert items(ask("recently_viewed", "user:5")) == ["x"]
    set_consent(shopper_key="user:5", state="refused", now=NOW)
    assert items(ask("recently_viewed", "user:5")) == []


# All of them


def asked_all(**changes):
    yield from (ask(name, "a", **changes) for name in OF_PRODUCT)
    yield from (ask(name, shopper="user:5", **changes) for name in OF_SHOP)
    yield ask("recently_viewed", "user:5", **changes)


def test_what_is_sold_out_is_in_none_of_them(version):
    rule(version, RuleKind.VIEWED_TOGETHER, "a", "x")
    rule(version, RuleKind.SUBSTITUTE, "a", "x", expected=9.0)
    publish_items(STATISTICS)
    offered(version and FakeCatalogue(), "x", "5.00")
    view("x", shopper="user:5")
    assert [items(answer)[0] for answer in asked_all(limit=5, exclude=["y", "a"])] == ["x"] * 6
    change(FakeCatalogue(), "x", stock=0)
    answers = list(asked_all(limit=5))
    assert not any("x" in items(answer) for answer in answers)
    assert all(answer.removed["x"] == Removal.SOLD_OUT for answer in answers)


def test_in_a_shop_without_any_orders_none_of_them_fails(stocked, settings, tmp_path):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    assert [items(answer) for answer in asked_all()] == [[]] * 6


def test_each_has_a_placement_on_the_first_day_and_serves_without_it(shop):
    strategies = dict(Placement.objects.values_list("strategy", "slug"))
    assert {Strategy(name) for name in [*OF_PRODUCT, *OF_SHOP, "recently_viewed"]} <= set(strategies)
    Placement.objects.all().delete()
    assert len(list(asked_all())) == 6
    assert items(ask("recently_viewed", "user:5")) == items(ask("offers")) == []
