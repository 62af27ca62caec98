"""A small shop on a live server with a database of its own, and visitors whose browsers report every script's error."""

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
from tests.settings import RECOMMENDATIONS
from tests.storefront.small_shop import SmallShop, stock

PATIENCE = 10_000


@contextmanager
def opened_shop(folder: Path) -> Iterator[SmallShop]:
    """The shop, with its database and its store in the folder; only for who may touch the database."""
    ours = {**RECOMMENDATIONS, "STORE_DIR": str(folder / "artefacts")}
    with _database(folder / "shop.sqlite3"), override_settings(RECOMMENDATIONS=ours):
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


@contextmanager
def visitors(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Opens pages of visitors that nobody knows; an error in any script of a page fails the test at the end."""
    opened: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(base_url=url, reduced_motion="reduce", **options)
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
    """An error other than that the asked page itself is not there, or not for this visitor."""
    return said.type == "error" and not any(f"status of {code}" in said.text for code in (403, 404))
