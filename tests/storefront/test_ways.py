"""The shop by keyboard alone, without scripts, and with lists that scripts fill."""

import pytest
from django.contrib.auth.models import User

from recommendations.models import BrowseLog, Shopper
from tests.browser import in_thread
from tests.storefront.lists import shown, soon
from tests.storefront.tour import add_to_cart, buy, log_in, tour

pytestmark = pytest.mark.browser

MOST_STEPS = 80


def tab_to(page, selector):
    """Press Tab until the focus is on such an element."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{MOST_STEPS} steps lead to no {selector}")


def outline(page):
    return page.evaluate("getComputedStyle(document.activeElement).outlineStyle")


def test_a_suggestion_and_the_buy_button_are_reached_by_keyboard(page, shop):
    page.goto(shop.page_of("spaghetti"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to(page, "[data-basketry-item] a")
    assert outline(page) != "none"
    card = "document.activeElement.closest('[data-basketry-item]').dataset.basketryItem"
    title = shop.products[page.evaluate(card)].title
    page.keyboard.press("Enter")
    page.wait_for_selector(f"h1:has-text('{title}')")
    assert soon(BrowseLog.objects.filter(kind="click", recommendation__isnull=False).exists)
    tab_to(page, "form.buy button")
    assert outline(page) != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/cart/")
    assert title in page.inner_text(".cart-lines")


def test_every_page_works_without_scripts(visitor, shop, account):
    page = visitor(java_script_enabled=False)
    lists = {}
    for name in tour(page, shop, account):
        assert page.locator("h1").count() == 1, name
        lists[name] = page.locator("[data-basketry-token]").count()
    assert all(lists[name] for name in ("home", "product", "cart", "thanks", "home-known"))


def test_without_scripts_one_buys_and_switches_personalisation_off(visitor, shop):
    page = visitor(java_script_enabled=False)
    page.goto(shop.page_of("rice"))
    page.fill("form.buy [name=quantity]", "3")
    add_to_cart(page)
    page.fill(".cart-quantity [name=quantity]", "2")
    page.click(".cart-quantity button")
    assert page.locator(".cart-count").inner_text().startswith("2")
    page.locator("[data-basketry-item] a").first.click()
    assert page.locator("form.buy").is_visible()
    buy(page)
    page.click("button[name=state][value=off]")
    page.wait_for_selector("button[name=state][value=on]")


def test_without_scripts_one_buys_a_bundle_and_gives_stars(visitor, shop, account):
    page = visitor(java_script_enabled=False)
    log_in(page, account)
    page.goto(shop.page_of("spaghetti"))
    offered = page.locator(".bundle input[type=checkbox]")
    pieces = offered.count()
    assert pieces > 2
    offered.last.uncheck()
    page.click(".bundle button")
    page.wait_for_url("**/cart/")
    assert page.locator(".cart-lines li").count() == pieces - 1
    page.goto(shop.page_of("spaghetti"))
    page.check(".star-choices [value='4']")
    page.click(".rating button")
    page.wait_for_selector(".messages .success")
    assert "4.0 of 5, by one shopper" in page.inner_text(".rating")


def test_a_place_left_open_is_filled_without_repeating_what_the_page_shows(page, shop):
    """As where the page comes from a cache that all visitors share."""
    places = "".join(
        f'<div data-basketry-fragment="/api/v1/fragments/{placement}/?{query}"></div>'
        for placement, query in (
            ("best-sellers", "strategy=best_sellers"),
            ("buy-again", "strategy=buy_again"),
            ("product-viewed", "strategy=viewed_together&amp;products=none"),
        )
    )

    def with_places(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</main>", f"{places}</main>"))

    page.route(shop.page_of("espresso"), with_places)
    with page.expect_response("**/fragments/product-viewed/**"):  # The last of them is asked for.
        page.goto(shop.page_of("espresso"))
    assert len(shown(page, "buy-again")) > 0
    cards = page.locator("[data-basketry-item]")
    keys = cards.evaluate_all("cards => cards.map(card => card.dataset.basketryItem)")
    assert len(keys) > len(shown(page, "best-sellers")) > 0
    assert len(keys) == len(set(keys))
    assert page.locator("[data-basketry-placement=product-viewed]").count() == 0


@pytest.mark.parametrize(
    ("locale", "words", "done"),
    [("en-GB", "Delete my data", "begin from nothing"), ("zh-CN", "删除我的数据", "从零开始")],
)
def test_without_scripts_an_account_deletes_its_data_and_keeps_its_orders(visitor, shop, account, locale, words, done):
    page = visitor(java_script_enabled=False, locale=locale)
    key = f"user:{in_thread(User.objects.get, username=account).pk}"
    assert in_thread(Shopper.objects.filter(key=key).exists)
    log_in(page, account)
    page.goto("/account/for-you/")
    page.click(f"a:has-text('{words}')")
    assert page.inner_text("h1") == words
    page.click("main form button[type=submit]")
    page.wait_for_url("**/account/for-you/")
    assert done in page.inner_text(".messages .success")
    assert not in_thread(Shopper.objects.filter(key=key).exists)
    page.goto("/account/orders/")
    assert page.locator("article.order").count() > 0
