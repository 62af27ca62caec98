"""The lists of the plugin as staff see them, in both languages."""

import pytest

from tests.looks import photograph

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rules_of_the_shop_are_listed_in_the_language_of_staff(staff, language):
    page = staff(locale=LANGUAGES[language])
    page.goto("/admin/recommendations/rule/")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("#result_list tbody tr").count() > 5
    photograph(page, f"rules-{language}")


def test_who_may_see_orders_alone_is_kept_from_the_rules(staff):
    page = staff("view_order")
    page.goto("/admin/recommendations/order/")
    assert page.locator("#result_list").is_visible()
    assert page.goto("/admin/recommendations/rule/").status == 403
