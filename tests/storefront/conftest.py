"""One small shop on a live server and one browser for all tests of this folder; each test has a visitor of its own."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import in_thread, launched_chromium
from tests.live_shop import opened_shop, visitors
from tests.storefront.small_shop import SmallShop, open_account

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def shop(django_db_blocker, tmp_path_factory) -> Iterator[SmallShop]:
    """The shop, opened once."""
    with django_db_blocker.unblock(), opened_shop(tmp_path_factory.mktemp("storefront")) as shop:
        yield shop


@pytest.fixture(scope="package")
def chromium(shop) -> Iterator[Browser]:
    """Closed before the shop: beside Playwright Django refuses to touch the database."""
    with launched_chromium() as browser:
        yield browser


@pytest.fixture
def visitor(chromium, shop) -> Iterator[Callable[..., Page]]:
    with visitors(chromium, shop.url) as open_page:
        yield open_page


@pytest.fixture
def account(shop) -> str:
    """The name of a fresh account with some orders, whose password is `PASSWORD`."""
    username = f"ann-{next(_numbers)}"
    in_thread(open_account, shop.products, username)
    return username


@pytest.fixture
def page(visitor) -> Page:
    return visitor()
