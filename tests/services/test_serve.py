import dataclasses
import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from recommendations.catalogue import Context, Facts
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import Item, Placement
from recommendations.services import answering, fold, record, tokens
from recommendations.services.mine import mine
from tests.factories import NOW, fold_all, make_order, placed_order
from tests.mining import oracle
from tests.services.asking import cart, change, for_you, items, related, sources

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_what_was_bought_together_most_comes_first(sold):
    answer = related("a", limit=3)
    assert items(answer)[:2] == ["b", "c"]
    assert not answer.fallback


def test_the_reason_has_the_live_counts(sold):
    (reason,) = related("a", limit=1).items[0].reasons
    assert reason.code == "bought_together"
    assert reason.text == "3 of the 6 orders with Product a also had Product b"
    assert dataclasses.asdict(reason.evidence) == {
        "n_ab": 3,
        "n_a": 6,
        "n_b": 3,
        "n": 7,
        "confidence": 0.5,
        "lift": pytest.approx(7 / 6),
    }


def test_a_claim_is_decided_by_the_counts_of_now_and_the_cut_off_of_the_mine(stocked):
    def told():
        (reason,) = related("a", limit=1).items[0].reasons
        return reason.code, reason.text

    for number in range(40):
        make_order(f"pot-{number}", f"pan-{number}", shopper=f"user:{number}", at=NOW - timedelta(days=150))
    for number in range(6):
        make_order("a", "b", key=f"tea-{number}", shopper=f"user:{number}", at=NOW - timedelta(days=9 * number))
    fold_all()
    assert told()[0] == "bought_together", "no mine yet"
    mine(progress=lambda *_: None, now=NOW)
    assert told() == (
        "often_bought_together",
        "Often bought together: 6 of the 6 orders with Product a also had Product b",
    )
    for number in range(2):
        record.refund(order_key=f"tea-{number}", key="back", at=NOW)
    fold_all()
    assert told()[0] == "bought_together", "too few are left"
    for number in range(2):
        make_order("a", "b", key=f"again-{number}", shopper=f"user:{number}")
    fold_all()
    assert told()[0] == "often_bought_together"


def test_what_passes_since_the_last_mine_is_claimed_from_the_next_one_on(stocked):
    for number in range(40):
        make_order(f"pot-{number}", f"pan-{number}", shopper=f"user:{number}")
    fold_all()
    mine(progress=lambda *_: None, now=NOW)
    for number in range(9):
        make_order("a", "b", shopper=f"user:{number}")
    fold_all()
    assert [reason.code for reason in related("a", limit=1).items[0].reasons] == ["bought_together"]


def test_one_more_order_is_in_the_next_answer_and_a_refund_takes_it_back(sold):
    def n_ab():
        return related("a", limit=1).items[0].reasons[0].evidence.n_ab

    make_order("a", "b", key="one-more")
    fold_all()
    assert n_ab() == 4
    record.refund(order_key="one-more", key="back", at=NOW)
    fold_all()
    assert n_ab() == 3


def test_scores_fall_and_ranks_count_from_one(sold):
    answer = related("a")
    scores = [suggestion.score for suggestion in answer.items]
    assert scores == sorted(scores, reverse=True)
    assert [suggestion.rank for suggestion in answer.items] == list(range(1, len(scores) + 1))


def test_the_list_is_filled_with_what_sells_best(sold):
    answer = related("a", limit=10)
    assert dict(zip(items(answer), sources(answer), strict=True)) == {
        "b": "together",
        "c": "together",
        "d": "together",
        "e": "popular",
    }


def test_it_is_as_of_the_last_fold(sold):
    assert related("a").as_of == NOW


def test_the_language_of_the_context_is_that_of_the_reasons(sold, monkeypatch):
    seen = []
    original = answering.explain
    monkeypatch.setattr(
        answering, "explain", lambda *given: seen.append(translation.get_language()) or original(*given)
    )
    related("a", limit=1, context=Context(language="zh-hans"))
    assert seen == ["zh-hans"]
    assert translation.get_language() == "en"


def test_the_plugin_asks_three_queries_and_the_shop_once(sold, monkeypatch):
    calls = []
    original = type(sold).facts
    monkeypatch.setattr(type(sold), "facts", lambda *given: calls.append(given) or original(*given))
    with CaptureQueriesContext(connection) as queries:
        related("a", limit=3, shopper="user:1")
    assert len(queries) == 3
    assert len(calls) == 1


def test_reading_writes_nothing(sold):
    with CaptureQueriesContext(connection) as queries:
        related("a", shopper="anon:5")
        cart("a", "b", shopper="anon:5")
        for_you("anon:5")
    written = [one["sql"] for one in queries if not one["sql"].lstrip().upper().startswith(("SELECT", "WITH"))]
    assert written == []


def test_an_item_that_nobody_bought_gets_the_best_sellers_of_its_category(sold):
    change(sold, "z", categories=("rare",))
    change(sold, "d", categories=("rare",))
    answer = related("z", limit=2)
    assert (items(answer), sources(answer)) == (["d", "a"], ["category", "popular"])
    assert answer.fallback
    assert [suggestion.reasons[0].code for suggestion in answer.items] == ["popular_in_category", "popular"]
    assert answer.items[0].reasons[0].text == "A best seller of its kind: in 1 of 7 orders"


def test_an_item_that_was_only_bought_alone_has_a_fallback_too(sold):
    assert related("e").fallback


def test_the_chain_is_the_placements(sold):
    change(sold, "z", categories=("rare",))
    change(sold, "d", categories=("rare",))
    Placement.objects.filter(slug="product-related").update(fallbacks=["popular"])
    assert sources(related("z", limit=2)) == ["popular", "popular"]
    Placement.objects.filter(slug="product-related").update(fallbacks=["category", "nonsense"])
    assert items(related("z")) == ["d"]
    Placement.objects.filter(slug="product-related").update(fallbacks=[])
    assert items(related("z")) == []


def test_without_best_sellers_in_the_chain_only_partners_are_shown(sold):
    Placement.objects.filter(slug="product-related").update(fallbacks=[])
    assert items(related("a")) == ["b", "c", "d"]


def test_what_the_shop_does_not_know_is_an_error(sold):
    with pytest.raises(UnknownProduct, match="unheard-of"):
        related("unheard-of")


def test_an_empty_shop_has_an_empty_list(stocked):
    answer = related("a")
    assert (items(answer), answer.as_of, answer.fallback) == ([], None, True)
    assert items(cart("a")) == items(for_you()) == []


def test_a_usual_placement_whose_row_is_gone_serves_by_the_defaults(sold):
    Placement.objects.all().delete()
    assert items(related("a"))[0] == "b"
    assert items(cart("a"))[0] == "b"
    assert items(for_you())


def test_what_completes_the_whole_cart_comes_first(stocked):
    for other in ("x", "y"):
        for _ in range(3):
            make_order(other, "both")
        for _ in range(4):
            make_order(other, f"only-{other}")
    for key in ("both", "only-x", "only-y"):
        stocked.shelf[key] = Facts(key=key, title=key, url="/")
    fold_all()
    assert items(cart("x", limit=2)) == ["only-x", "both"]
    assert items(cart("x", "y", limit=1)) == ["both"]


def test_what_is_in_the_cart_is_not_suggested(sold):
    assert items(cart("a", "b", limit=2)) == ["c", "d"]


def test_the_reason_names_the_item_of_the_cart_that_counts_most(sold):
    answer = cart("e", "a", limit=1)
    assert answer.items[0].reasons[0].text == "3 of the 6 orders with Product a also had Product b"


def test_best_sellers_fill_a_carts_list(sold):
    answer = cart("a", limit=5)
    assert (items(answer)[-1], sources(answer)[-1]) == ("e", "category")
    assert not answer.fallback


def test_an_empty_cart_gets_best_sellers(sold):
    answer = cart(limit=2)
    assert (items(answer), answer.fallback) == (["a", "b"], True)


def test_what_the_shop_does_not_know_is_passed_over_in_a_cart(sold):
    assert items(cart("unheard-of", "a"))[0] == "b"


def test_a_very_full_cart_is_scored_by_its_last_items_and_none_of_it_is_suggested(sold):
    keys = [f"other-{number}" for number in range(200)]
    answer = cart("b", *keys, "a")
    assert items(answer)[0] == "c"
    assert "b" not in items(answer)


def test_the_number_of_queries_does_not_grow_with_the_cart(sold, django_assert_num_queries):
    with django_assert_num_queries(3):
        cart("a", limit=3)
    with django_assert_num_queries(3):
        cart(*map(str, range(50)), "a", limit=3)


@pytest.mark.parametrize("limit", [0, 101, -1, True, "5", 2.0])
def test_a_limit_out_of_range_names_the_range(sold, limit):
    with pytest.raises(InvalidInput, match="limit: must be a whole number from 1 to 100"):
        related("a", limit=limit)


@pytest.mark.parametrize("key", ["", "\x00", "\ud800", "x" * 201, None, 5])
def test_what_is_no_key_is_refused(sold, key):
    for call in (lambda: related(key), lambda: cart(key), lambda: related("a", exclude=[key])):
        with pytest.raises(InvalidInput):
            call()


def test_what_is_no_placement_is_refused(sold):
    with pytest.raises(InvalidInput, match="placement: must be the name of a placement, not 'unheard-of'"):
        related("a", placement="unheard-of")


@pytest.mark.parametrize("key", ["a/b", "红茶", "2f1c1e9e-8b5f-4a52-9c7e-0d8f4ad8f4a1", "85123 A", "'; --"])
def test_any_text_is_a_key(sold, key):
    sold.shelf[key] = Facts(key=key, title="Tea", url="/")
    make_order("a", key)
    fold_all()
    assert items(related(key))[0] == "a"


def test_it_says_what_was_shown(sold):
    answer = related("a", limit=2)
    shown = tokens.read(answer.recommendation_id, now=NOW)
    ids = dict(Item.objects.values_list("key", "pk"))
    assert (shown.placement, shown.at, shown.fallback) == ("product-related", NOW, False)
    assert shown.items == ((ids["b"], 1, "together", 1.0), (ids["c"], 2, "together", 1.0))
    assert shown.versions["sequence"] >= 1


def test_each_list_has_an_id_of_its_own(sold):
    assert related("a").recommendation_id != related("a").recommendation_id


@pytest.fixture
def generated(fake_catalogue, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "PARTNERS": 30, "POPULAR": 20}
    rng = random.Random(7)  # noqa: S311
    keys = [f"k{number}" for number in range(300)]
    for key in keys:
        fake_catalogue.shelf[key] = Facts(key=key, title=key, url="/")
    popularity = [1 / (number + 5) for number in range(300)]
    baskets = []
    for _ in range(1_500):
        basket = set(rng.choices(keys, popularity, k=rng.randint(1, 8)))
        theme = rng.randrange(0, 300, 10)
        basket |= set(rng.sample(keys[theme : theme + 10], rng.randint(0, 3)))
        baskets.append(sorted(basket))
    record.orders([placed_order(*basket, shopper=None) for basket in baskets])
    fold.fold_all(now=NOW)
    return baskets


def exact(baskets, asked):
    """The scores of both formulas over every pair there is, by plain code from the baskets."""
    orders, pairs = oracle.counts(baskets)
    multi = [len(basket) for basket in baskets if len(basket) > 1]
    kappa = 50 * sum((size - 1) ** -0.5 for size in multi) / len(multi)

    def weight(first, second):
        return pairs.get((min(first, second), max(first, second)), (0, 0))[1] / oracle.SCALE

    page, basket = Counter(), Counter()
    for key, bought in orders.items():
        if key not in asked:
            page[key] = (weight(asked[0], key) + kappa * bought / len(baskets)) / (bought + 30) ** 0.2
            basket[key] = sum((weight(one, key) / ((orders[one] + 30) * (bought + 30) ** 0.3)) ** 2 for one in asked)
    return page, basket


def test_product_pages_have_the_ten_best_of_all(generated):
    for asked in (0, 1, 5, 50, 150, 299):
        page, _ = exact(generated, [f"k{asked}"])
        served = related(f"k{asked}", limit=10)
        best = [score for _, score in page.most_common(10)]
        assert [suggestion.score for suggestion in served.items] == pytest.approx(best)
        assert all(page[suggestion.item] == pytest.approx(suggestion.score) for suggestion in served.items)


def test_carts_come_within_five_per_cent_of_the_ten_best_of_all(generated):
    for asked in ([0, 1, 2], [50, 51, 52], [0, 150], [10, 40, 80, 120, 299]):
        keys = [f"k{number}" for number in asked]
        _, basket = exact(generated, keys)
        served = cart(*keys, limit=10)
        got = sum(basket[suggestion.item] for suggestion in served.items)
        assert got >= 0.95 * sum(score for _, score in basket.most_common(10))
        assert all(suggestion.score <= basket[suggestion.item] * (1 + 1e-9) for suggestion in served.items)
