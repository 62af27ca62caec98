"""Buy again, new for you, because you viewed, similar, and what a visit changes of for you."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from recommendations import store
from recommendations.catalogue import Context
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import Placement, Strategy
from recommendations.ranking.filters import Removal
from recommendations.services import serve, tokens
from recommendations.services.identify import set_consent
from recommendations.services.opinions import OF_ONE_PRODUCT, OPINIONS
from tests.factories import NOW, fold_all, make_order
from tests.services.artefacts import publish_network, publish_sessions, view
from tests.services.asking import change, for_you, items, sources

pytestmark = pytest.mark.django_db

LIKES = {"a": 6, "b": 5, "c": 4, "d": 3, "e": 2, "f": 1}


def ask(name, subject="user:9", **changes):
    return getattr(serve, name)(subject, **{"context": Context(), "now": NOW, **changes})


def texts(answer):
    return [suggestion.reasons[0].text for suggestion in answer.items]


def codes(answer):
    return [suggestion.reasons[0].code for suggestion in answer.items]


@pytest.fixture
def shop(sold, settings, tmp_path):
    """`user:9` bought `c` on three days, ten days apart, `a` twice and `e` yesterday for the first time."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()
    for days, keys in ((50, "ca"), (40, "c"), (30, "ca"), (1, "e")):
        make_order(*keys, shopper="user:9", at=NOW - timedelta(days=days))
    fold_all()
    return sold


@pytest.fixture
def learnt(shop):
    publish_network(likes=LIKES)
    return shop


def test_every_strategy_but_those_of_counts_and_of_draws_asks_an_artefact():
    without = {Strategy.RELATED, Strategy.CART, Strategy.BLEND, Strategy.NEW_ARRIVALS}
    assert set(Strategy.values) - set(OPINIONS) == without


def test_each_strategy_has_a_placement_on_the_first_day():
    placements = dict(Placement.objects.values_list("slug", "strategy"))
    assert placements["buy-again"] == Strategy.BUY_AGAIN
    assert placements["new-for-you"] == Strategy.NEW_FOR_YOU
    assert placements["because-viewed"] == Strategy.BECAUSE_VIEWED
    assert placements["product-similar"] == Strategy.SIMILAR
    assert placements["new-arrivals"] == Strategy.NEW_ARRIVALS


def test_buy_again_holds_what_was_bought_before_and_says_how_often(learnt):
    answer = ask("buy_again")
    assert (items(answer), answer.fallback) == (["c", "a"], False)
    assert texts(answer) == [
        "You bought it 3 times, about every 10 days",
        "You bought it 2 times, about every 20 days",
    ]
    assert codes(answer) == ["buy_again", "buy_again"]
    assert answer.removed["e"] == Removal.RECENTLY_BOUGHT


def test_buy_again_of_one_who_bought_nothing_is_best_sellers_and_says_so(learnt):
    answer = ask("buy_again", "user:77", limit=2)
    assert (items(answer), answer.fallback) == (["a", "c"], True)


def test_new_for_you_holds_nothing_that_was_bought(learnt):
    answer = ask("new_for_you")
    assert items(answer) == ["b", "d", "f"]
    assert set(sources(answer)) == {"network"}
    assert answer.removed["a"] == Removal.BOUGHT_BEFORE


def test_similar_is_of_the_same_kind_and_bought_by_the_same(shop):
    groups = {"a": (1, 1), "b": (1, 1), "c": (1, 2), "d": (2, 3)}
    publish_network(likes=LIKES, groups=groups, factors={"a": (1, 0), "d": (0, 1), "f": (1, 0.1)})
    answer = ask("similar", "a", limit=3)
    # b: both groups and no buyers, 1; c: one group of two, 1/2; f: no group, and half of the cosine of its buyers.
    assert items(answer) == ["b", "c", "f"]
    assert set(sources(answer)) == {"similar"}
    assert texts(answer)[0] == "Similar to Product a"
    evidence = answer.items[0].reasons[0].evidence
    assert (evidence.n_ab, evidence.n_a) == (3, 8)


def test_similar_shows_neither_the_product_itself_nor_what_is_hidden(shop):
    publish_network(likes=LIKES, groups=dict.fromkeys(LIKES, (1, 1)))
    change(shop, "b", visible=False)
    assert "b" not in items(ask("similar", "a", limit=4))
    assert "a" not in items(ask("similar", "a", limit=4))


def test_similar_of_a_product_that_the_network_does_not_know_is_of_its_category(learnt):
    answer = ask("similar", "z", limit=2)
    assert (sources(answer), answer.fallback) == (["category", "category"], True)
    with pytest.raises(UnknownProduct):
        ask("similar", "no-such")


def test_because_viewed_names_the_view(shop):
    publish_sessions({"a": {"d": 0.9, "b": 0.3}, "b": {"f": 0.5}})
    view("b", shopper="user:5", at=NOW - timedelta(days=2))
    view("a", shopper="user:5")
    answer = ask("because_viewed", "user:5", limit=2)
    assert items(answer) == ["d", "f"]
    assert texts(answer) == ["Because you viewed Product a", "Because you viewed Product b"]
    assert (set(sources(answer)), answer.fallback) == ({"session"}, False)


def test_because_viewed_leaves_out_what_was_bought_and_what_was_viewed(shop):
    publish_sessions({"a": {"c": 0.9, "b": 0.5, "f": 0.2}})
    for key in "ba":
        view(key, shopper="user:9")
    assert items(ask("because_viewed", limit=1)) == ["f"]


def test_without_a_view_because_viewed_is_best_sellers(shop):
    publish_sessions({"a": {"d": 0.9}})
    assert ask("because_viewed").fallback


def test_a_view_changes_for_you_on_the_next_request(learnt):
    publish_sessions({"b": {"f": 0.9}, "c": {}, "d": {}, "a": {}, "e": {}})
    before = for_you("user:9")
    assert items(before)[-1] == "f"
    view("b", shopper="user:9")
    after = for_you("user:9")
    assert items(after).index("f") < items(before).index("f")
    shown = dict(zip(items(after), zip(sources(after), texts(after), strict=True), strict=True))
    assert shown["f"] == ("session", "Because you viewed Product b")
    assert set(tokens.read(after.recommendation_id, now=NOW).versions) >= {"network", "session"}


def test_without_views_for_you_is_the_same_with_sessions_and_without(learnt):
    def told():
        return [(one.item, one.score, one.source, one.reasons) for one in for_you("user:9").items]

    before = told()
    publish_sessions({"b": {"f": 0.9}})
    assert told() == before
    view("b", shopper="user:9", at=NOW - timedelta(hours=2))
    assert told() == before, "that was another visit"
    view("b", shopper="user:9", kind="not_interested")
    assert [one[:3] for one in told()] == [one[:3] for one in before if one[0] != "b"], "nothing shows interest"


def test_an_item_that_only_the_visit_knows_is_in_the_list(learnt):
    publish_sessions({"b": {"x": 0.9}, "c": {}, "d": {}})
    view("b", shopper="user:9")
    assert "x" in items(for_you("user:9"))


def test_a_newcomer_is_served_from_the_first_view_on(learnt):
    publish_sessions({"b": {"f": 0.9}})
    assert for_you("anon:5", limit=2).fallback
    view("b", shopper="anon:5")
    answer = for_you("anon:5", limit=2)
    assert (items(answer)[0], sources(answer)[0], answer.fallback) == ("f", "session", False)


def test_views_serve_before_any_network_is_trained(shop):
    publish_sessions({"b": {"f": 0.9}})
    view("b", shopper="user:9")
    assert items(for_you("user:9", limit=1)) == ["f"]


@pytest.mark.parametrize("name", ["for_you", "buy_again", "new_for_you", "because_viewed"])
def test_after_a_refusal_nothing_personal_is_served(learnt, name):
    publish_sessions({"b": {"f": 0.9}})
    view("b", shopper="user:9")
    set_consent(shopper_key="user:9", state="refused", now=NOW)
    answer = ask(name, limit=3)
    assert answer.fallback
    assert {*sources(answer)} == {"popular"}


@pytest.mark.parametrize("name", ["for_you", "buy_again", "new_for_you", "because_viewed"])
def test_what_is_not_wanted_is_never_shown(learnt, name):
    publish_sessions({"b": {"f": 0.9, "c": 0.8}})
    view("b", shopper="user:9")
    unwanted = items(ask(name))[0]
    view(unwanted, shopper="user:9", kind="not_interested", at=NOW - timedelta(days=1))
    answer = ask(name)
    assert unwanted not in items(answer)


def test_a_placement_of_any_strategy_may_be_asked_for(learnt):
    Placement.objects.create(slug="shelf", strategy=Strategy.BUY_AGAIN)
    assert items(for_you("user:9", placement="shelf")) == ["c", "a"]
    Placement.objects.filter(slug="shelf").update(strategy=Strategy.SIMILAR)
    assert for_you("user:9", placement="shelf").fallback


def test_a_usual_placement_whose_row_is_gone_serves_by_the_defaults(learnt):
    Placement.objects.all().delete()
    assert items(ask("buy_again")) == ["c", "a"]
    with pytest.raises(InvalidInput):
        ask("buy_again", placement="none")


@pytest.mark.parametrize("strategy", sorted(OPINIONS))
def test_a_strategy_that_fails_is_a_fallback_and_is_logged(learnt, strategy, monkeypatch, caplog):
    def fail(_):
        raise ZeroDivisionError

    monkeypatch.setitem(OPINIONS, strategy, fail)
    Placement.objects.update(fallbacks=["popular"])
    answer = serve.batch(
        [serve.Request(strategy, ["a"] if strategy in OF_ONE_PRODUCT else [])], context=Context(), now=NOW
    )[0]
    assert answer.items
    assert answer.fallback
    assert f"the strategy {strategy} has no opinion" in caplog.text


def test_a_database_that_is_away_is_no_fallback(learnt, monkeypatch):
    def fail(_):
        raise OperationalError("gone")

    monkeypatch.setitem(OPINIONS, "for_you", fail)
    with pytest.raises(OperationalError):
        for_you("user:9")


STATEMENTS = {
    Strategy.RELATED: 2,
    Strategy.CART: 2,
    Strategy.VIEWED_TOGETHER: 3,
    Strategy.SUBSTITUTES: 4,
    Strategy.OFFERS: 2,
}
"""Where a list does not ask three, beside the shop's own: the placement, who asks or what is known, the candidates."""


@pytest.mark.sql
@pytest.mark.parametrize("strategy", [one for one in Strategy if one != Strategy.BLEND])
def test_a_list_asks_so_many_statements_and_no_more(shop, strategy, django_assert_num_queries):
    publish_network(likes=LIKES, groups=dict.fromkeys(LIKES, (1, 1)))
    Placement.objects.update(fallbacks=["popular"])
    publish_sessions({"b": {"f": 0.9}})
    view("b", shopper="user:9")
    asked = ("a",) if strategy in {*OF_ONE_PRODUCT, Strategy.CART} else ()
    request = serve.Request(strategy=strategy, products=asked, limit=1)

    def made():
        return serve.batch([request], shopper="user:9", context=Context(), now=NOW)

    made()
    with django_assert_num_queries(STATEMENTS.get(strategy, 3)):
        made()
