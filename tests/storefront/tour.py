"""A walk through every page of the shop, as a visitor and then with an account."""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.storefront.small_shop import PASSWORD, SmallShop


def tour(page: Page, shop: SmallShop, account: str) -> Iterator[str]:
    """Names the pages, each while it is shown; `account` is what the visitor logs in to at the end."""
    yield from _looked_at(page, shop)
    yield from _bought(page, shop)
    yield from _with_account(page, shop, account)


def _looked_at(page: Page, shop: SmallShop) -> Iterator[str]:
    addresses = {
        "home": "/",
        "department": "/category/produce/",
        "category": "/category/herbs/?sort=cheap",
        "product": shop.page_of("spaghetti"),
        "product-sold-out": shop.page_of("cocoa"),
        "product-variants": shop.page_of("juice"),
        "product-offer": shop.page_of("green-tea"),
        "for-you": "/account/for-you/",
        "search": "/search/?q=tea",
        "search-nothing": "/search/?q=nothing",
        "cart-empty": "/cart/",
        "missing": "/category/none/",
        "login": "/account/login/",
        "sign-up": "/account/sign-up/",
    }
    for name, address in addresses.items():
        page.goto(address)
        yield name


def _bought(page: Page, shop: SmallShop) -> Iterator[str]:
    for sku in ("spaghetti", "green-tea"):
        page.goto(shop.page_of(sku))
        add_to_cart(page)
    yield "cart"
    page.goto("/checkout/")
    yield "checkout"
    page.locator("main form.card").evaluate("form => form.noValidate = true")
    page.locator("main form.card button[type=submit]").click()
    page.locator(".errorlist").first.wait_for()
    yield "checkout-errors"
    buy(page)
    yield "thanks"


def _with_account(page: Page, shop: SmallShop, account: str) -> Iterator[str]:
    page.goto("/account/login/?next=/")
    page.fill("[name=password]", "wrong")
    page.fill("[name=username]", account)
    page.locator("main form.card button[type=submit]").click()
    page.locator(".form-errors").wait_for()
    yield "login-errors"
    log_in(page, account)
    yield "home-known"
    page.goto(shop.page_of("milk"))
    yield "product-known"
    addresses = {
        "for-you-known": "/account/for-you/",
        "orders": "/account/orders/",
        "delete-my-data": "/account/delete-my-data/",
    }
    for name, address in addresses.items():
        page.goto(address)
        yield name


def log_in(page: Page, username: str) -> None:
    page.goto("/account/login/?next=/")
    page.fill("main [name=username]", username)
    page.fill("main [name=password]", PASSWORD)
    page.locator("main form.card button[type=submit]").click()
    page.wait_for_selector(".has-account")


def add_to_cart(page: Page) -> None:
    page.click("form.buy button")
    page.wait_for_url("**/cart/")


def buy(page: Page) -> None:
    """Order what is in the cart, and be thanked."""
    page.goto("/checkout/")
    page.fill("main [name=email]", "guest@example.com")
    page.fill("main [name=name]", "Guest")
    page.fill("main [name=address]", "1 Lane")
    page.locator("main form.card button[type=submit]").click()
    page.wait_for_url("**/thanks/**")
