"""What shoppers do, and what their lists say on the next page: nothing is trained in between."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from recommendations.models import BrowseLog, Impression, Shopper
from shop.models import Offer, Product
from tests.browser import in_thread
from tests.shop.stock import make_offer
from tests.storefront.lists import every_list, heading, offered, shown, soon, suggestions
from tests.storefront.small_shop import HOSTILE, PASSWORD
from tests.storefront.tour import add_to_cart, buy, log_in

pytestmark = pytest.mark.browser

BEST_SELLERS = "Best sellers"
"""The heading of a list that knows nothing better."""

LONG_ENOUGH_MS = 2_200
"""A view of under two seconds says nothing."""

MORE_THAN_A_BEACON_MS = 500


def look_at(page, shop, sku):
    """View a product's page until it counts, and leave it."""
    views = BrowseLog.objects.filter(kind="view", item__key=sku, at__gte=timezone.now())
    page.goto(shop.page_of(sku))
    page.wait_for_timeout(LONG_ENOUGH_MS)
    page.goto("/cart/")
    assert soon(views.exists)
    # A stranger has a name from the answer to the first report on.
    while not any(cookie["name"] == "basketry_visitor" for cookie in page.context.cookies()):
        page.wait_for_timeout(50)


def test_a_view_changes_the_lists_of_the_next_page(page, shop):
    page.goto("/")
    assert page.locator("[data-basketry-placement=for-you] h2").inner_text() == BEST_SELLERS
    assert offered(page, "recently_viewed") == []
    look_at(page, shop, "espresso")
    page.goto("/")
    assert page.locator("[data-basketry-placement=for-you] h2").inner_text() == "For you"
    assert shown(page, "for-you")[0] == "filters"
    assert offered(page, "recently_viewed") == ["espresso"]
    assert offered(page, "because_viewed")[0] == "filters"
    assert heading(page, "because_viewed") == "Because of what you viewed"


def test_what_is_bought_moves_from_new_to_buy_again(page, shop):
    in_thread(User.objects.create_user, "bob", password=PASSWORD)
    log_in(page, "bob")
    assert "butter" in offered(page, "new_for_you")
    assert heading(page, "buy_again") == BEST_SELLERS
    for _ in range(2):
        page.goto(shop.page_of("butter"))
        add_to_cart(page)
        buy(page)
        assert "butter" not in offered(page, "new_for_you")
    assert heading(page, "buy_again") == "Buy again"
    assert offered(page, "buy_again")[0] == "butter"


def test_what_has_just_sold_out_is_in_no_list_of_the_next_page(page, shop, account):
    milk = Product.objects.filter(sku="milk")
    page.goto(shop.page_of("oats"))
    assert "Whole milk" in suggestions(page)
    page.goto("/")
    assert "Whole milk" in suggestions(page)
    in_thread(milk.update, stock=0)
    try:
        page.goto(shop.page_of("oats"))
        assert "Whole milk" not in suggestions(page)
        page.goto("/")
        assert "Whole milk" not in suggestions(page)
        log_in(page, account)
        lists = every_list(page, "oats")
    finally:
        in_thread(milk.update, stock=50)
    assert [name for name, keys in lists.items() if "milk" in keys] == []
    assert "milk" in every_list(page, "oats")["related"]


def test_an_offer_is_gone_the_moment_it_ends(page, shop):
    now = timezone.now()
    ends = now + timedelta(seconds=4)
    in_thread(make_offer, shop.products["rice"], "1.05", starts_at=now - timedelta(days=1), ends_at=ends)
    page.goto(shop.page_of("rice"))
    assert page.locator(".product-facts .price ins").inner_text() == "$1.05"
    assert "rice" in offered(page, "offers")
    assert timezone.now() < ends
    time.sleep(max(0.0, (ends - timezone.now()).total_seconds()))
    page.reload()
    assert page.locator(".product-facts .price").inner_text() == "$2.10"
    assert page.locator(".product-facts ins").count() == 0
    assert "rice" not in offered(page, "offers")
    assert in_thread(Offer.objects.filter(product=shop.products["rice"]).exists)


def test_without_personalisation_nothing_is_personal_and_nothing_is_kept(page, shop):
    look_at(page, shop, "espresso")
    page.click("button[name=state][value=off]")
    page.wait_for_selector("button[name=state][value=on]")
    assert offered(page, "recently_viewed") == []
    assert heading(page, "because_viewed") == BEST_SELLERS
    page.goto(shop.page_of("green-tea"))
    page.wait_for_timeout(LONG_ENOUGH_MS)
    add_to_cart(page)
    page.goto("/")
    page.wait_for_timeout(MORE_THAN_A_BEACON_MS)
    assert page.locator("[data-basketry-placement=for-you] h2").inner_text() == BEST_SELLERS
    assert offered(page, "recently_viewed") == []
    assert heading(page, "because_viewed") == BEST_SELLERS
    shopper = in_thread(Shopper.objects.filter(consent="refused").latest, "pk")
    for model in (BrowseLog, Impression):
        assert not in_thread(model.objects.filter(shopper=shopper).exists)


def test_the_language_is_switched_on_the_page_itself(page, shop):
    page.goto(shop.page_of("espresso"))
    page.click("button[name=language][value=zh-hans]")
    page.wait_for_selector("html[lang=zh-hans]")
    assert page.url == shop.page_of("espresso")
    assert page.locator("form.buy button").inner_text() == "加入购物车"


def test_a_title_that_is_markup_is_text_everywhere(page, shop):
    for address in (shop.page_of("hostile"), "/search/?q=script", "/category/bakery/"):
        page.goto(address)
        assert page.get_by_text(HOSTILE).first.is_visible()
    page.goto(shop.page_of("hostile"))
    add_to_cart(page)
    assert page.locator(".cart-lines a").inner_text() == HOSTILE
    now = timezone.now()
    in_thread(make_offer, shop.products["hostile"], starts_at=now, ends_at=now + timedelta(minutes=1))
    page.goto("/")
    assert HOSTILE in page.inner_text("main")
    assert "hostile" in offered(page, "offers")
    assert "broken" not in page.title()
    assert page.locator("img[onerror]").count() == 0
