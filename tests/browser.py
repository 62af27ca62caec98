"""The machine's own Chromium, headless."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright


@contextmanager
def launched_chromium() -> Iterator[Browser]:
    """A running browser. With CI=true its absence is a failure, elsewhere a skip."""
    path = shutil.which("chromium")
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def in_thread(work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Ask the database beside Playwright, in whose thread Django refuses to."""

    def alone() -> Any:
        try:
            return work(*arguments, **named)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result()
