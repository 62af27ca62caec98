"""Staff look at rules as pictures: a graph of products, a matrix of categories, a scatter of measures."""

import re

import pytest

from tests.looks import overflow, photograph, violations

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}
RULES = "/admin/recommendations/rule/"
NARROW = {"width": 375, "height": 800}
STRICT = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

OPTION = "id => echarts.getInstanceByDom(document.getElementById(id)).getOption().series[0]"


def series(page, name):
    return page.evaluate(OPTION, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_x(staff, language):
    page = staff("view_rule", locale=LANGUAGES[language], viewport={"width": 1280, "height": 900})
    for name in ("graph", "matrix", "scatter"):
        page.goto(f"{RULES}{name}/")
        page.wait_for_timeout(600)
        photograph(page, f"{name}-{language}")
    page.goto(f"{RULES}graph/?product=spaghetti")
    page.wait_for_timeout(600)
    photograph(page, f"graph-product-{language}")
