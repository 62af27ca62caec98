"""What was bought before is shown where shoppers buy it again, and by the placement's word."""

from datetime import timedelta

import pytest

from recommendations import store
from recommendations.catalogue import Context
from recommendations.models import Placement
from recommendations.ranking.filters import Removal
from recommendations.services import serve
from recommendations.services.identify import set_consent
from recommendations.services.merge import merge
from tests.factories import NOW, fold_all, make_order
from tests.services.artefacts import publish_items, publish_network, view
from tests.services.asking import cart, change, for_you, items, related

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

BUYER = "user:9"


@pytest.fixture
def shop(sold, settings, tmp_path):
    """`user:9` once bought `b` and `c`, and `d` twice; shoppers buy `b` again, `c` and `d` never."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()
    make_order("b", "c", "d", shopper=BUYER, at=NOW - timedelta(days=40))
    make_order("d", shopper=BUYER, at=NOW - timedelta(days=30))
    fold_all()
    publish_items(
        {
            "b": {"repeat_share": 0.4, "sales": 4.0},
            "c": {"repeat_share": 0.01, "sales": 5.0},
            "d": {"repeat_share": 0.01, "sales": 3.0},
        }
    )
    return sold


def rule(slug, bought_before):
    Placement.objects.filter(slug=slug).update(bought_before=bought_before)


def test_an_item_that_is_not_bought_again_is_left_out_for_its_buyer_alone(shop):
    answer = related("a", shopper=BUYER)
    assert answer.removed["c"] == Removal.BOUGHT_BEFORE
    assert {"b", "d"} <= set(items(answer)), "shoppers buy b again, this one bought d twice"
    assert "c" in items(related("a", shopper="user:77"))
    assert "c" in items(related("a"))


@pytest.mark.parametrize(("word", "left_out"), [("if_repeated", "c"), ("show", ""), ("hide", "bcd")])
def test_the_placement_decides(shop, word, left_out):
    for slug in ("product-related", "cart", "best-sellers"):
        rule(slug, word)
    for answer in (
        related("a", shopper=BUYER),
        cart("a", shopper=BUYER),
        serve.best_sellers(context=Context(), now=NOW, shopper=BUYER),
    ):
        assert {key for key, why in answer.removed.items() if why == Removal.BOUGHT_BEFORE} == set(left_out)
        assert not set(left_out) & set(items(answer))


def test_lists_of_the_past_hold_what_was_bought_whatever_the_placement_says(shop):
    publish_network(likes={"a": 5, "b": 4, "c": 3, "d": 2})
    view("c", shopper=BUYER)
    for slug in ("buy-again", "recently-viewed"):
        rule(slug, "hide")
    assert "c" in items(serve.buy_again(BUYER, context=Context(), now=NOW))
    assert items(serve.recently_viewed(BUYER, context=Context(), now=NOW)) == ["c"]


def test_new_for_you_never_holds_what_was_bought_even_without_a_network(shop):
    rule("new-for-you", "show")
    answer = serve.new_for_you(BUYER, context=Context(), now=NOW)
    assert not {"b", "c", "d"} & set(items(answer))


def test_for_you_leaves_out_what_is_not_bought_again(shop):
    publish_network(likes={"a": 5, "b": 4, "c": 3, "d": 2})
    answer = for_you(BUYER)
    assert {"b", "d"} <= set(items(answer))
    assert answer.removed["c"] == Removal.BOUGHT_BEFORE


def test_after_a_refusal_nothing_depends_on_what_was_bought(shop, settings):
    set_consent(shopper_key=BUYER, state="refused", now=NOW)
    assert "c" in items(related("a", shopper=BUYER))
    set_consent(shopper_key=BUYER, state="granted", now=NOW)
    assert "c" not in items(related("a", shopper=BUYER))
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_in"}
    assert "c" not in items(related("a", shopper=BUYER))
    set_consent(shopper_key=BUYER, state="undecided", now=NOW)
    assert "c" in items(related("a", shopper=BUYER))


def test_what_a_visitor_bought_counts_for_the_account_it_became(shop):
    make_order("c", shopper="anon:1", at=NOW - timedelta(days=3))
    merge(visitor="anon:1", account="user:55", user_id=None)
    fold_all()
    for shopper in ("anon:1", "user:55"):
        assert "c" not in items(related("a", shopper=shopper))


def test_without_statistics_everything_is_shown(sold):
    make_order("c", shopper=BUYER)
    fold_all()
    assert "c" in items(related("a", shopper=BUYER))


def test_it_costs_no_further_query(shop, django_assert_num_queries):
    change(shop, "a", stock=3)
    publish_network(likes={"a": 5, "b": 4, "c": 3, "d": 2})
    for _ in range(2):
        related("a", shopper=BUYER, limit=2)
        for_you(BUYER, limit=2)
    # The placement, the candidates.
    with django_assert_num_queries(2):
        related("a", shopper=BUYER, limit=2)
    # The placement, the person, the candidates.
    with django_assert_num_queries(3):
        for_you(BUYER, limit=2)
