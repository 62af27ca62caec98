"""The whole loop in a real browser: look, buy, see the changed suggestion, click it, buy it, find it attributed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from recommendations.models import BrowseLog, Impression, Placement
from recommendations.services import recount
from recommendations.services.attribute import purchases
from recommendations.services.fold import fold_all
from tests.browser import in_thread, launched_chromium
from tests.factories import make_order
from tests.shop.stock import make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE = 10_000
LIST = "[data-basketry-placement=product-related]"


@pytest.fixture
def shop(live_server):
    """Tea was bought with cups twice and with milk once; the address is the shop's."""
    titles = {"tea": "Green tea", "cup": "White cup", "milk": "Fresh milk"}
    products = {sku: make_product(sku, title=title) for sku, title in titles.items()}
    placement = {"title": "Goes well with it", "strategy": "related", "limit": 8}
    Placement.objects.update_or_create(slug="product-related", defaults=placement)
    for other in ("cup", "cup", "milk"):
        make_order("tea", other)
    fold_all(now=timezone.now())
    return live_server.url, products


@pytest.fixture
def page(shop):
    """A page of a browser that is gone before Django clears the database, which it refuses to do beside Playwright."""
    with launched_chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        yield page


def fold_now():
    fold_all(now=timezone.now())
    assert recount.check() == []


def buy(page, shop_url):
    page.goto(f"{shop_url}/checkout/")
    page.fill("main [name=email]", "ann@example.com")
    page.fill("main [name=name]", "Ann")
    page.fill("main [name=address]", "1 Lane")
    page.click("main button.is-wide")
    page.wait_for_url("**/thanks/**")


def add_to_cart(page):
    page.click("form.buy button")
    page.wait_for_url("**/cart/")


def recorded(model, **what):
    """Wait until the page's beacon has brought such a row."""
    ends = timezone.now() + timedelta(milliseconds=PATIENCE)
    while timezone.now() < ends:
        if in_thread(model.objects.filter(**what).exists):
            return True
    return False


def test_a_suggestion_is_learnt_clicked_bought_and_attributed(shop, page):
    shop_url, products = shop
    tea, cup = (f"{shop_url}{products[sku].get_absolute_url()}" for sku in ("tea", "cup"))

    page.goto(tea)
    assert "2 of the 3 orders with Green tea also had White cup" in page.inner_text(LIST)
    add_to_cart(page)
    page.goto(cup)
    add_to_cart(page)
    buy(page, shop_url)
    in_thread(fold_now)

    page.goto(tea)
    assert "3 of the 4 orders with Green tea also had White cup" in page.inner_text(LIST)
    page.locator(LIST).scroll_into_view_if_needed()
    page.wait_for_timeout(1_500)
    page.click(f"{LIST} a:has-text('White cup')")
    page.wait_for_selector("h1:has-text('White cup')")
    assert recorded(BrowseLog, kind="click", item__key="cup")
    assert recorded(Impression, placement="product-related")
    add_to_cart(page)
    buy(page, shop_url)
    in_thread(fold_now)

    now = timezone.now()
    (bought,) = in_thread(lambda: purchases(since=now - timedelta(hours=1), until=now + timedelta(hours=1)))
    click = in_thread(lambda: BrowseLog.objects.get(kind="click"))
    assert (bought.touch.recommendation, bought.item_key, bought.quantity) == (click.recommendation, "cup", 1)
    assert bought.touch.placement == "product-related"
