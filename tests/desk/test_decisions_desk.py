"""Staff decide of rules and make their own in a browser: the shop's pages show it with the next request."""

from datetime import timedelta

import pytest
from django.utils import timezone

from recommendations.models import CategoryBan, ManualRule, Rule, RuleDecision
from tests.browser import in_thread
from tests.looks import overflow, photograph, violations

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}
RULES, BY_HAND = "/admin/recommendations/rule/", "/admin/recommendations/manualrule/"
NARROW = {"width": 375, "height": 800}


@pytest.fixture(autouse=True)
def nothing_decided(shop):
    yield
    for model in (RuleDecision, ManualRule, CategoryBan):
        in_thread(model.objects.all().delete)


def first_keys(count):
    return list(Rule.objects.live().order_by("-orders")[:count].values_list("key", flat=True))


def tick(page, action, rows=1):
    for number in range(rows):
        page.locator("#result_list input.action-select").nth(number).check()
    page.locator("select[name=action]").select_option(action)
    page.locator(".actions button[type=submit]").click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_rules_are_scheduled_for_this_weekend_at_once(staff, language):
    page = staff("view_rule", "decide_rule", locale=LANGUAGES[language])
    page.goto(RULES)
    tick(page, "decide_with_dates", rows=3)
    page.locator(".basketry-claims li").first.wait_for()
    assert page.locator(".basketry-claims li").count() == 3
    page.locator("select[name=decision]").select_option("rejected")
    page.locator("input[name=when][value=weekend]").check()
    page.locator("input[name=note]").fill("fair")
    photograph(page, f"decide-many-{language}")
    assert violations(page, within="#content") == []
    page.locator(".submit-row input").click()
    page.locator(".messagelist .success").wait_for()
    decided = in_thread(lambda: list(RuleDecision.objects.values_list("decision", "starts_at", "ends_at", "note")))
    assert len(decided) == 3
    for decision, starts_at, ends_at, note in decided:
        first = timezone.localtime(starts_at)
        assert (decision, first.weekday(), first.hour, note) == ("rejected", 5, 0, "fair")
        assert ends_at - starts_at in {timedelta(hours=hours) for hours in (47, 48, 49)}


def test_one_of_two_products_is_hidden_this_weekend_in_four_clicks_from_the_front_page(staff):
    page = staff("view_rule", "decide_rule", viewport=NARROW)
    page.goto("/admin/")
    page.locator('#content a[href="/admin/recommendations/rule/"]').first.click()
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("button", name="Hide this weekend").click()
    page.locator(".messagelist .success").wait_for()
    (row,) = in_thread(lambda: list(RuleDecision.objects.all()))
    assert (row.decision, row.ends_at > timezone.now()) == ("rejected", True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_by_hand_stands_on_the_products_page_until_its_end(staff, shop, language):
    page = staff("view_rule", "decide_rule", locale=LANGUAGES[language], viewport=NARROW)
    page.goto(f"{BY_HAND}add/")
    for name, words in (("product", "pesto"), ("beside", "milk")):
        page.locator(f"#id_{name} + .select2 .select2-selection").click()
        page.locator(".select2-container--open .select2-search__field").fill(words)
        page.locator(f".select2-results__option:has-text('({words})')").first.click()
    photograph(page, f"manual-rule-{language}")
    # The field in which one types is the admin's own.
    found = [one for one in violations(page, within="#content") if "select2-search__field" not in one]
    assert found == []
    assert overflow(page) == []
    page.locator(".submit-row input").click()
    page.locator(".messagelist .success").wait_for()
    assert in_thread(ManualRule.objects.count) == 1
    assert _shown(page, shop)
    in_thread(lambda: ManualRule.objects.update(ends_at=timezone.now()))
    assert not _shown(page, shop)


def _shown(page, shop):
    """Whether the product's page in the shop says that the team chose another one beside it."""
    page.goto(shop.page_of("milk"))
    return bool(page.get_by_text("Chosen by our team").or_(page.get_by_text("由我们的团队")).count())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_is_looked_at_before_it_is_written(staff, language):
    page = staff("view_rule", "decide_rule", "export_rule", locale=LANGUAGES[language])
    page.goto(f"{RULES}?kind__exact=complement")
    with page.expect_download() as download:
        page.locator('.object-tools a[href*="export.csv"]').click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) > 5
    keys = in_thread(lambda: first_keys(3))
    text = "rule,decision,from,to,note\n" + "".join(
        f'"{key}",{decision},2026-11-28,2026-11-30,fair\n'
        for key, decision in zip(keys, ("approved", "rejected", "boosted"), strict=True)
    )
    page.goto(f"{RULES}import/")
    page.locator("input[type=file]").set_input_files(
        {"name": "rules.csv", "mimeType": "text/csv", "buffer": (text + "1=>2,loved,,,\n").encode()}
    )
    page.locator(".submit-row input").click()
    page.locator(".errornote").wait_for()
    assert page.locator("input[name=sealed]").count() == 0
    page.goto(f"{RULES}import/")
    page.locator("input[type=file]").set_input_files(
        {"name": "rules.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.locator(".submit-row input").click()
    photograph(page, f"import-dry-run-{language}")
    assert violations(page, within="#content") == []
    assert in_thread(RuleDecision.objects.count) == 0
    page.locator(".submit-row input[type=submit]").click()
    page.locator(".messagelist .success").wait_for()
    assert in_thread(RuleDecision.objects.count) == 3


def test_without_the_permissions_nothing_of_this_is_there(staff):
    page = staff("view_rule")
    page.goto(RULES)
    assert page.locator("select[name=action] option[value=decide_with_dates]").count() == 0
    assert page.locator('.object-tools a[href*="export"], .object-tools a[href*="import"]').count() == 0
    for path in (f"{RULES}export.csv", f"{RULES}import/", f"{RULES}decide/", f"{RULES}keep-apart/", f"{BY_HAND}add/"):
        assert page.goto(path).status == 403
    page.goto(RULES)
    page.locator("#result_list tbody th a").first.click()
    assert page.get_by_role("button", name="Hide this weekend").count() == 0
