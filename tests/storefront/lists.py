"""What a visitor's lists hold."""

import re
import time
from collections.abc import Callable, Sequence

from playwright.sync_api import Page

from recommendations.models import Strategy
from recommendations.services.asking import USUAL
from tests.browser import in_thread

PATIENCE = 10
NEEDS_PRODUCT = {"related", "similar", "viewed_together", "substitutes", "cart"}

HEADING = re.compile(r'<h2 class="basketry-heading">([^<]*)</h2>')
ITEM = re.compile(r'data-basketry-item="([^"]*)"')


def shown(page: Page, placement: str) -> list[str]:
    """Keys of the items in the list of this placement on the open page."""
    cards = page.locator(f"[data-basketry-placement={placement}] [data-basketry-item]")
    return cards.evaluate_all("cards => cards.map(card => card.dataset.basketryItem)")


def suggestions(page: Page) -> str:
    """The text of all lists on the open page."""
    return "\n".join(page.locator("[data-basketry-token]").all_inner_texts())


def offered(page: Page, strategy: str, *products: str) -> list[str]:
    """Keys of the items in the list that this visitor would get now, on whatever page it stands."""
    return ITEM.findall(_block(page, strategy, products))


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
    """Keys of the items in each list that the plugin makes for this visitor, of products where a list wants some."""
    return {strategy: offered(page, strategy, *(products if strategy in NEEDS_PRODUCT else ())) for strategy in USUAL}


def soon(question: Callable[[], object]) -> bool:
    """Whether the database says so within some seconds: a page's beacon is on its way."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if in_thread(question):
            return True
    return False
