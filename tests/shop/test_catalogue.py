from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from recommendations.catalogue import Context, Identity, UnknownProduct
from shop.catalogue import ShopCatalogue
from shop.models import Category, Product
from tests.shop.stock import NOW, make_category, make_family, make_offer, make_product, make_shop_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

catalogue = ShopCatalogue()


@pytest.fixture
def at(monkeypatch):
    """Sets what time the catalogue thinks it is."""

    def set_to(moment):
        monkeypatch.setattr("shop.catalogue.timezone.now", lambda: moment)

    set_to(NOW)
    return set_to


def test_a_variant_is_counted_as_its_parent_and_a_filler_not_at_all():
    _, (small, _) = make_family("milk", "1l", "2l")
    make_product("bag", is_filler=True)
    make_product("bread")
    assert catalogue.item_key(small) == "milk"
    assert catalogue.identify(["milk-1l", "bag", "bread", "unknown"]) == {
        "milk-1l": Identity("milk"),
        "bag": Identity("bag", counted=False),
    }


def test_identify_costs_one_query(django_assert_num_queries):
    make_family("milk", "1l", "2l")
    with django_assert_num_queries(1):
        catalogue.identify(["milk-1l", "milk-2l", "milk"])


@pytest.mark.parametrize("count", [1, 12])
def test_facts_cost_one_query_however_many_are_asked_for(count, django_assert_num_queries):
    dairy = make_category("dairy", make_category("fresh"))
    for number in range(count):
        make_family(f"milk-{number}", "1l", "2l", category=dairy)
    keys = [f"milk-{number}" for number in range(count)]
    with django_assert_num_queries(1):
        facts = catalogue.facts(keys, Context())
    assert list(facts["milk-0"].categories) == ["dairy", "fresh"]
    assert facts["milk-0"].image.endswith("shop/pictures/basket.svg")


def test_a_parent_is_bought_as_a_visible_variant_in_stock(at):
    _, (small, middle, large) = make_family("milk", "1l", "2l", "3l")
    Product.objects.filter(pk=small.pk).update(stock=0)
    Product.objects.filter(pk=middle.pk).update(visible=False)
    facts = catalogue.facts(["milk"], Context())["milk"]
    assert facts.key == "milk"
    assert facts.buy_key == large.sku
    assert facts.stock == 10


def test_a_parent_without_a_visible_variant_is_not_visible():
    _, (only,) = make_family("milk", "1l")
    Product.objects.filter(pk=only.pk).update(visible=False)
    assert not catalogue.facts(["milk"], Context())["milk"].visible


def test_a_key_that_the_shop_does_not_know_has_no_facts():
    assert catalogue.facts(["nothing"], Context()) == {}


def test_an_offer_ends_on_the_second(at):
    make_offer(make_product("milk"), "1.99", ends_at=NOW)
    at(NOW - timedelta(seconds=1))
    offer = catalogue.facts(["milk"], Context())["milk"].offer
    assert offer is not None
    assert (offer.price, offer.ends_at) == (Decimal("1.99"), NOW)
    at(NOW)
    assert catalogue.facts(["milk"], Context())["milk"].offer is None


def test_members_are_the_listed_items_of_a_category_and_of_those_within_it_best_sellers_first():
    fresh = make_category("fresh")
    make_family("milk", "1l", category=make_category("dairy", fresh), sold=5)
    make_product("bread", category=fresh, sold=9)
    make_product("hidden", category=fresh, visible=False)
    make_product("soap", category=make_category("household"))
    assert list(catalogue.members("fresh", 10)) == ["bread", "milk"]
    assert list(catalogue.members("fresh", 1)) == ["bread"]


def test_offered_are_items_whose_offer_runs_what_ends_first_first(at):
    at(NOW)
    for sku, hours in (("tea", 5), ("cup", 1), ("over", -1)):
        make_offer(make_product(sku), ends_at=NOW + timedelta(hours=hours))
    make_offer(make_product("gone", stock=0))
    make_offer(make_product("used up"), stock_limit=2, sold=2)
    make_offer(make_product("not yet"), starts_at=NOW + timedelta(minutes=1))
    for variant in make_family("milk", "1l", "2l")[1]:
        make_offer(variant, ends_at=NOW + timedelta(hours=3))
    make_product("bread")
    assert list(catalogue.offered(10)) == ["cup", "milk", "tea"]
    assert list(catalogue.offered(2)) == ["cup", "milk"]
    told = catalogue.facts(catalogue.offered(10), Context())
    assert all(facts.offer is not None for facts in told.values())


def test_launched_are_the_listed_items_of_late_newest_first(at):
    make_family("milk", "1l", launched_at=NOW - timedelta(days=2))
    make_product("bread", launched_at=NOW - timedelta(days=1))
    make_product("old", launched_at=NOW - timedelta(days=9))
    make_product("to come", launched_at=NOW + timedelta(days=1))
    make_product("hidden", launched_at=NOW, visible=False)
    assert list(catalogue.launched(NOW - timedelta(days=5), 10)) == ["bread", "milk"]
    assert list(catalogue.launched(NOW - timedelta(days=5), 1)) == ["bread"]


def test_search_puts_the_exact_key_first_and_finds_a_family_by_its_variant():
    make_product("7", title="Water 7 bottles", sold=1)
    make_product("8", title="Best 7-up", sold=99)
    make_family("milk", "1l")
    assert [facts.key for facts in catalogue.search("7", 5)] == ["7", "8"]
    assert [facts.key for facts in catalogue.search("milk-1l", 5)] == ["milk"]
    assert catalogue.search(" ", 5) == ()


def test_search_reads_the_variants_once_and_not_for_each_product(django_assert_num_queries):
    make_family("milk", "1l")
    with django_assert_num_queries(2) as asked:
        catalogue.search("milk", 5)
    assert "EXISTS" not in asked[0]["sql"]


def test_the_stream_holds_each_item_once():
    make_family("milk", "1l", "2l")
    make_product("bread")
    assert [facts.key for facts in catalogue.stream(Context())] == ["milk", "bread"]


def test_orders_stream_oldest_first_with_their_shopper_and_since_a_moment():
    ann = User.objects.create_user("ann")
    milk, bread = make_product("milk"), make_product("bread", price=Decimal("1.25"))
    make_shop_order(milk, bread, user=ann, number="second", at=NOW)
    make_shop_order(milk, number="first", at=NOW - timedelta(days=1))
    first, second = catalogue.orders(None)
    assert (first.key, first.shopper) == ("first", None)
    assert (second.key, second.shopper) == ("second", f"user:{ann.pk}")
    assert [(line.product, line.quantity, line.unit_price) for line in second.lines] == [
        ("milk", 2, Decimal("2.5")),
        ("bread", 2, Decimal("1.25")),
    ]
    assert [order.key for order in catalogue.orders(NOW - timedelta(hours=1))] == ["second"]


def test_registered_products_can_be_bought_and_known_ones_stay_as_they_are():
    make_product("milk", title="Milk")
    catalogue.register([UnknownProduct("cup", "Green cup", Decimal("2.955")), UnknownProduct("milk", "No", None)])
    cup = Product.objects.get(sku="cup")
    assert (cup.title, cup.price, cup.stock, cup.visible) == ("Green cup", Decimal("2.96"), 100, True)
    assert cup.category == Category.objects.get(slug="imported")
    assert Product.objects.get(sku="milk").title == "Milk"


def test_a_registered_product_without_a_price_is_out_of_sight():
    catalogue.register([UnknownProduct("cup", "", None)])
    cup = Product.objects.get(sku="cup")
    assert (cup.title, cup.visible) == ("cup", False)
