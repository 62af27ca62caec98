"""The shop by keyboard alone, without scripts, and with lists that scripts fill."""

import pytest

from recommendations.models import BrowseLog
from tests.storefront.lists import shown, soon
from tests.storefront.tour import add_to_cart, buy, tour

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
    tab_to(page, "[data-basketry-placement=product-related] a")
    assert outline(page) != "none"
    title = page.evaluate("document.activeElement.textContent").strip()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"h1:has-text('{title}')")
    assert soon(BrowseLog.objects.filter(kind="click", recommendation__isnull=False).exists)
    tab_to(page, "form.buy button")
    assert outline(page) != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/cart/")
    assert title in page.inner_text(".cart-lines")


def test_every_page_works_without_scripts(visitor, shop):
    page = visitor(java_script_enabled=False)
    lists = {}
    for name in tour(page, shop):
        assert page.locator("h1").count() == 1, name
        lists[name] = page.locator("[data-basketry-token] .basketry-card").count()
    assert all(lists[name] for name in ("home", "product", "cart", "thanks", "home-known"))


def test_without_scripts_one_buys_and_switches_personalisation_off(visitor, shop):
    page = visitor(java_script_enabled=False)
    page.goto(shop.page_of("rice"))
    page.fill("form.buy [name=quantity]", "3")
    add_to_cart(page)
    page.fill(".cart-quantity [name=quantity]", "2")
    page.click(".cart-quantity button")
    assert page.locator(".cart-count").inner_text().startswith("2")
    page.locator(".suggestions a").first.click()
    assert page.locator("form.buy").is_visible()
    buy(page)
    page.click("button[name=state][value=off]")
    page.wait_for_selector("button[name=state][value=on]")


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
    page.goto(shop.page_of("espresso"))
    page.wait_for_selector("[data-basketry-placement=best-sellers]")
    filled, beside = shown(page, "best-sellers"), shown(page, "product-related")
    assert filled
    assert beside
    assert not set(filled) & set(beside)
    assert page.locator("[data-basketry-placement=buy-again]").count() == 0
