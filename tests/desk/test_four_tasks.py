"""What a new merchandiser wants first, each from the admin's front page in five clicks at most."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from recommendations.models import ManualRule, RuleDecision
from recommendations.services import outcomes
from tests.browser import in_thread

pytestmark = pytest.mark.browser

MOST_CLICKS = 5
COUNT_CLICKS = "addEventListener('click', event => event.detail && counted(), true)"
"""Of a mouse: what a browser clicks for whoever types does not count."""


@pytest.fixture
def merchandiser(staff):
    """The admin's front page, and how often it was clicked since."""
    page = staff("view_rule", "decide_rule", "view_impression", "view_placement", "view_ruledecision")
    clicks = []
    page.context.expose_function("counted", lambda: clicks.append(page.url))
    page.context.add_init_script(COUNT_CLICKS)
    page.goto("/admin/")
    yield page, clicks
    assert 0 < len(clicks) <= MOST_CLICKS


def open_rule(page, words, product):
    page.locator('#content a[href="/admin/recommendations/rule/"]').first.click()
    page.locator("#searchbar").fill(words)
    page.locator("#searchbar").press("Enter")
    page.locator("#result_list tbody th a").filter(has_text=product).first.click()


def choose(page, field, words):
    page.locator(f"#id_{field} + .select2 .select2-selection").click()
    page.locator(".select2-container--open .select2-search__field").fill(words)
    page.locator(f".select2-results__option:has-text('({words})')").first.wait_for()
    page.locator(".select2-container--open .select2-search__field").press("Enter")


def test_why_two_products_are_shown_together(merchandiser):
    page, _ = merchandiser
    open_rule(page, "pesto", "Spaghetti")
    expect(page.locator(".basketry-verdict")).to_contain_text("Shown in the shop: yes.")
    expect(page.locator(".field-claim")).to_contain_text("chance would give")


def test_hide_one_of_them_this_weekend(merchandiser):
    page, _ = merchandiser
    open_rule(page, "pesto", "Spaghetti")
    page.get_by_role("button", name="this weekend").click()
    page.locator(".messagelist .success").wait_for()
    decided = in_thread(lambda: RuleDecision.objects.latest("id"))
    in_thread(decided.delete)
    assert decided.decision == "rejected"
    assert decided.ends_at - decided.starts_at <= timezone.timedelta(days=2, hours=1)
    assert decided.ends_at > timezone.now()


def test_put_a_new_product_beside_a_best_seller(merchandiser, shop):
    page, _ = merchandiser
    page.locator('#content a[href="/admin/recommendations/manualrule/add/"]').click()
    choose(page, "product", "cocoa")
    choose(page, "beside", "milk")
    page.locator(".submit-row input").click()
    page.locator(".messagelist .success").wait_for()
    made = in_thread(lambda: ManualRule.objects.select_related("antecedent", "consequent").get())
    in_thread(made.delete)
    assert (made.consequent.key, made.antecedent.key) == ("cocoa", "milk")


def test_see_next_day_what_it_earned(merchandiser):
    page, _ = merchandiser
    in_thread(lambda: outcomes.refresh(now=timezone.now(), progress=lambda *_: None))
    page.locator('#content a[href="/admin/recommendations/"]').first.click()
    page.get_by_role("link", name="Dashboard").first.click()
    page.locator("input[name=product]").fill("pesto")
    page.locator("input[name=product]").press("Enter")
    expect(page.locator("#content")).to_contain_text("Basil pesto")
    expect(page.locator(".basketry-sentence").first).to_contain_text("Times shown")
