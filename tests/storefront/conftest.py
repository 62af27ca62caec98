"""One small shop on a live server and one browser for all tests of this folder; each test has a visitor of its own."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from recommendations import store
from tests.browser import in_thread, launched_chromium
from tests.settings import RECOMMENDATIONS
from tests.storefront.small_shop import SmallShop, open_account, stock

PATIENCE = 10_000

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def shop(django_db_blocker, tmp_path_factory) -> Iterator[SmallShop]:
    """The shop, opened once, with a database and a store of its own."""
    folder = tmp_path_factory.mktemp("storefront")
    ours = {**RECOMMENDATIONS, "STORE_DIR": str(folder / "artefacts")}
    with django_db_blocker.unblock(), _database(folder / "shop.sqlite3"), override_settings(RECOMMENDATIONS=ours):
        store._loaded.clear()
        products = stock()
        server = LiveServer("localhost")
        try:
            yield SmallShop(server.url, products)
        finally:
            server.stop()
            store._loaded.clear()


@contextmanager
def _database(path: Path) -> Iterator[None]:
    """A fresh SQLite database in place of the tests', which one of another kind cannot give way to."""
    if connection.vendor != "sqlite":
        pytest.skip("The pages are looked at on SQLite")
    connection.close()
    tests = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = str(path)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = tests


@pytest.fixture(scope="package")
def chromium(shop) -> Iterator[Browser]:
    """Closed before the shop: beside Playwright Django refuses to touch the database."""
    with launched_chromium() as browser:
        yield browser


@pytest.fixture
def visitor(chromium, shop) -> Iterator[Callable[..., Page]]:
    """Opens the page of a visitor nobody knows; an error in any script of a page fails the test."""
    opened: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(base_url=shop.url, reduced_motion="reduce", **options)
        opened.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on("console", lambda said: problems.append(f"{page.url}: {said.text}") if is_problem(said) else None)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert problems == []


def is_problem(said: ConsoleMessage) -> bool:
    """An error other than that the asked page itself is not there."""
    return said.type == "error" and "status of 404" not in said.text


@pytest.fixture
def account(shop) -> str:
    """The name of a fresh account with some orders, whose password is `PASSWORD`."""
    username = f"ann-{next(_numbers)}"
    in_thread(open_account, shop.products, username)
    return username


@pytest.fixture
def page(visitor) -> Page:
    return visitor()
