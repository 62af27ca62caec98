"""Every page, in both languages, on a phone and on a desk: can be used by all, and fits its screen."""

import pytest

from tests.looks import overflow, photograph, violations
from tests.storefront.tour import tour

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}
HEIGHTS = {375: 812, 1280: 900}


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
