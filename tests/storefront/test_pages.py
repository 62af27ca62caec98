"""Every page, in both languages, on a phone and on a desk: can be used by all, and fits its screen."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.storefront.tour import tour

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}
HEIGHTS = {375: 812, 1280: 900}
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
SCREENSHOTS = "BASKETRY_SCREENSHOTS"
"""The environment variable that names the folder of screenshots; without it there are none."""

TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("width", HEIGHTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_used_by_all_and_fits_its_screen(visitor, shop, account, language, width):
    page = visitor(viewport={"width": width, "height": HEIGHTS[width]}, locale=LANGUAGES[language])
    wrong = []
    for name in tour(page, shop, account):
        assert page.locator("html").get_attribute("lang") == language
        wrong += [f"{name}: {found}" for found in [*violations(page), *overflow(page)]]
        photograph(page, f"{name}-{language}-{width}")
    assert not wrong, "\n".join(wrong)


def violations(page):
    """What axe-core finds against WCAG 2 A and AA."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", WCAG)
    return [f"{rule['id']}: {node['html']}: {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def overflow(page):
    return ["wider than its screen"] if page.evaluate(TOO_WIDE) else []


def photograph(page, name):
    folder = os.environ.get(SCREENSHOTS)
    if folder:
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path / f"{name}.png", full_page=True)
