"""What every page that a browser shows must be: usable by all, no wider than its screen; and pictures of it."""

import os
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
SCREENSHOTS = "BASKETRY_SCREENSHOTS"
"""The environment variable that names the folder of screenshots; without it there are none."""

TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def violations(page: Page, *, within: str | None = None) -> list[str]:
    """What axe-core finds against WCAG 2 A and AA, in the whole page or in what a selector names."""
    page.evaluate(AXE_SCRIPT)
    run = "([within, options]) => axe.run(within || document, options).then(results => results.violations)"
    found = page.evaluate(run, [within, WCAG])
    return [f"{rule['id']}: {node['html']}: {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def overflow(page: Page) -> list[str]:
    return ["wider than its screen"] if page.evaluate(TOO_WIDE) else []


def photograph(page: Page, name: str) -> None:
    folder = os.environ.get(SCREENSHOTS)
    if folder:
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path / f"{name}.png", full_page=True)
