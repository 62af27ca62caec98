"""Staff set up a placement: what it shows, as edited beside as saved, pins for the weekend."""

import pytest

from tests.desk.test_lists import LANGUAGES
from tests.looks import overflow, photograph, violations

pytestmark = pytest.mark.browser

PHONE = {"width": 375, "height": 800}


def open_placement(page):
    page.goto("/admin/recommendations/placement/")
    page.get_by_role("link", name="product-related", exact=True).click()


def look_at(page):
    page.goto("/admin/recommendations/placement/")
    page.goto(page.locator("tr", has_text="product-related").locator(".field-look a").get_attribute("href"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_placement_is_edited_compared_and_pinned_for_the_weekend(staff, language):
    page = staff(locale=LANGUAGES[language])
    open_placement(page)
    page.locator(".vDateField").first.wait_for()
    photograph(page, f"placement-{language}")
    page.locator("#id_limit").fill("3")
    page.locator("input[formaction]").click()
    page.locator("input[name=products]").first.fill("spaghetti")
    page.locator("input.default").click()
    saved, edited = (page.locator(".basketry-beside section").nth(side).locator("li") for side in (0, 1))
    edited.first.wait_for()
    assert edited.count() == 3 < saved.count()
    assert "5" in page.locator("#basketry-difference").inner_text()
    assert violations(page, within="#content") == []
    photograph(page, f"placement-compare-{language}")
    if language == "en":
        page.set_viewport_size(PHONE)
        assert overflow(page) == []
        page.set_viewport_size({"width": 1280, "height": 800})
        open_placement(page)
        page.locator("#id_pins-0-kind").select_option("hide")
        page.locator("#id_pins-0-period").select_option("weekend")
        page.locator(".field-item .select2-selection").first.click()
        page.locator(".select2-search__field").fill("pesto")
        page.locator(".select2-results__option", has_text="pesto").click()
        page.locator("input[name=_continue]").click()
        assert "Basil pesto" in page.locator(".basketry-product").first.inner_text()
        page.locator("#id_pins-0-DELETE").check()
        page.locator("input[name=_continue]").click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_preview_says_what_is_shown_and_why_the_rest_is_not(staff, language):
    page = staff("view_placement", locale=LANGUAGES[language])
    look_at(page)
    products = page.locator("input[name=products]")
    with page.expect_response("**/products/**"):
        products.first.press_sequentially("spagh")
    page.locator('datalist option[value="spaghetti"]').wait_for(state="attached")
    products.first.fill("spaghetti")
    page.locator("input.default").click()
    page.locator(".basketry-cards li").nth(3).wait_for()
    assert page.locator(".basketry-left-out tbody tr").count() > 3
    assert page.locator("input[name=shopper]").count() == 0
    assert violations(page, within="#content") == []
    photograph(page, f"placement-preview-{language}")
    page.set_viewport_size(PHONE)
    assert overflow(page) == []
    photograph(page, f"placement-preview-375-{language}")


def test_a_hostile_title_is_only_text_and_shoppers_are_for_who_may_see_them(staff):
    page = staff("view_placement")
    look_at(page)
    address = page.url
    with page.expect_response("**/products/**"):
        page.locator("input[name=products]").first.press_sequentially("hostile")
    page.goto(f"{address}?products=hostile")
    assert "broken" not in page.title()
    assert page.goto(f"{address}?shopper=user:1").status == 403
