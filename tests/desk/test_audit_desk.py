"""Staff change something, and others read afterwards who did it, from what to what."""

import pytest

from tests.looks import overflow, photograph, violations

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_is_read_in_words_with_before_and_after(staff, language):
    options = {"locale": LANGUAGES[language]}
    page = staff("view_campaignperiod", "add_campaignperiod", "change_campaignperiod", **options)
    page.goto("/admin/recommendations/campaignperiod/add/")
    name = f"Singles day {language}"
    page.fill("#id_name", name)
    page.fill("#id_starts_on", "2026-11-11")
    page.fill("#id_ends_on", "2026-11-11")
    page.select_option("#id_mode", "apart")
    page.click("[name=_continue]")
    page.fill("#id_ends_on", "2026-11-12")
    page.click("[name=_save]")

    page = staff("view_logentry", "view_ruledecision", **options)
    page.goto("/admin/recommendations/ruledecision/")
    page.locator(".object-tools a[href$='/audit/']").click()
    first = page.locator(".basketry-log tbody tr").first
    assert name in first.inner_text()
    assert "2026-11-11 → 2026-11-12" in first.inner_text()
    assert violations(page, within="#content") == []
    photograph(page, f"audit-{language}-1280")
    page.set_viewport_size({"width": 375, "height": 800})
    assert overflow(page) == []
    photograph(page, f"audit-{language}-375")
    page.fill("[name=who]", "nobody")
    page.click(".basketry-filter button")
    assert page.locator(".basketry-log tbody tr").count() == 1
    assert name not in page.locator(".basketry-log").inner_text()


def test_who_may_decide_but_not_read_the_log_has_no_way_to_it(staff):
    page = staff("decide_rule")
    page.goto("/admin/recommendations/ruledecision/")
    assert page.locator(".object-tools a[href$='/audit/']").count() == 0
    assert page.goto("/admin/recommendations/ruledecision/audit/").status == 403
