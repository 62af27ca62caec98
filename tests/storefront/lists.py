"""What a visitor's lists hold."""

import re
import time
from collections.abc import Callable, Sequence
from html import unescape

from playwright.sync_api import Page

from recommendations.models import Strategy
from recommendations.services.asking import USUAL
from tests.browser import in_thread

PATIENCE = 10
NEEDS_PRODUCT = {"related", "similar", "viewed_together", "substitutes", "cart"}

HEADING = re.compile(r'<h2 class="basketry-heading">([^<]*)</h2>')
TITLE = re.compile(r'<span class="basketry-title">([^<]*)</span>')


def shown(page: Page, placement: str) -> list[str]:
    """Titles in the list of this placement on the open page."""
    return page.locator(f"[data-basketry-placement={placement}] .basketry-title").all_inner_texts()


def offered(page: Page, strategy: str, *products: str) -> list[str]:
    """Titles in the list that this visitor would get now, on whatever page it stands."""
    return [unescape(title) for title in TITLE.findall(_block(page, strategy, products))]


def heading(page: Page, strategy: str) -> str:
    """What stands above that list: "Best sellers" where the plugin knows nothing better; empty where there is none."""
    found = HEADING.search(_block(page, strategy, ()))
    return found[1] if found else ""


def _block(page: Page, strategy: str, products: Sequence[str]) -> str:
    asked = "".join(f"&products={key}" for key in products)
    answer = page.request.get(f"/api/v1/fragments/{USUAL[Strategy(strategy)]}/?strategy={strategy}{asked}")
    assert answer.status in (200, 204)
    return answer.text()


def every_list(page: Page, *products: str) -> dict[str, list[str]]:
    """Titles in each list that the plugin makes, for this visitor and, where products are asked about, these."""
    return {strategy: offered(page, strategy, *(products if strategy in NEEDS_PRODUCT else ())) for strategy in USUAL}


def soon(question: Callable[[], object]) -> bool:
    """Whether the database says so within some seconds: a page's beacon is on its way."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if in_thread(question):
            return True
    return False
