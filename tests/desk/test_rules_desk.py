"""A merchandiser finds out why two products are shown together, and answers what waits for review."""

import re
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from recommendations.models import Artefact, Rule, RuleDecision, RuleReview, Spelling
from recommendations.services.spelling import spell_titles
from shop.models import Product
from tests.browser import in_thread
from tests.looks import overflow, photograph, violations

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}
RULES, REVIEW = "/admin/recommendations/rule/", "/admin/recommendations/rule/review/"
ANOTHER = {"another": 1}
"""The metrics of a version beside the one that serves."""

WIDTHS = {1280: {"width": 1280, "height": 900}, 375: {"width": 375, "height": 800}}


@pytest.fixture
def reviews(shop):
    """The three pairs in most orders wait: moved, held and new, in the order of the money at stake."""
    in_thread(_wait)
    yield
    in_thread(_forget)


def _wait():
    found = {}
    for rule in Rule.objects.live().filter(kind="complement", antecedent_2=None).order_by("-orders"):
        found.setdefault(tuple(sorted((rule.antecedent_id, rule.consequent_id))), rule)
    told = ("moved", Decimal("420.00")), ("held", Decimal("230.00")), ("new", Decimal("80.00"))
    for ((low, high), rule), (reason, stake) in zip(found.items(), told, strict=False):
        before = {"orders": 2, "low_orders": 90, "high_orders": 90} if reason == "moved" else {}
        money = {"stake": stake, "currency": "EUR", "stake_orders": 12.5}
        RuleReview.objects.create(low_id=low, high_id=high, reason=reason, since=timezone.now(), **before, **money)
        if reason == "held":
            for key in (f"{low}=>{high}", f"{high}=>{low}"):
                Rule.objects.live().filter(key=key).update(
                    status="held", hold_reasons={"burst": {"orders": rule.orders, "days": 7}}
                )

    another = Artefact.objects.create(kind="rules", status="published", metrics=ANOTHER)
    rules = list(Rule.objects.live().order_by("-orders")[:10])
    for rule in rules:
        rule.pk, rule.artefact, rule.lift, rule.confidence = None, another, 0.8 * rule.lift, 0.8 * rule.confidence
    Rule.objects.bulk_create(rules)


def _forget():
    for rows in (RuleReview.objects, RuleDecision.objects, Artefact.objects.filter(metrics=ANOTHER)):
        rows.all().delete()
    Rule.objects.filter(status="held").update(status="published", hold_reasons={})


def test_why_two_products_are_shown_together_is_found_in_three_clicks_from_the_front_page(staff):
    page = staff("view_rule")
    page.goto("/admin/")
    page.locator(f'#content a[href="{RULES}"]').first.click()
    page.locator("#searchbar").fill("pesto")
    page.locator("#changelist-search input[type=submit]").click()
    page.locator("#result_list tbody th a").filter(has_text="Spaghetti").first.click()
    assert page.locator(".basketry-verdict").inner_text().startswith("Shown in the shop: yes.")
    claim = r"\d+ of the \d+ orders with .+ also had .+; chance would give"
    assert page.locator(".field-claim .readonly").filter(has_text=re.compile(claim)).count() == 1


def test_a_rule_is_found_by_the_pinyin_of_its_product(staff, shop):
    def rename(title):
        Product.objects.filter(sku="milk").update(title=title)
        spell_titles(now=timezone.now())

    was = shop.products["milk"].title
    in_thread(rename, "牛奶")
    try:
        page = staff("view_rule", locale="zh-CN")
        for words in ("niunai", "niú nǎi"):
            page.goto(f"{RULES}?q={words}")
            rows = page.locator("#result_list tbody tr")
            assert rows.count() > 1
            assert rows.filter(has_text="牛奶").count() == rows.count()
        assert page.goto(f"{RULES}?q=niumai").ok
        assert page.locator("#result_list tbody tr").count() == 0
    finally:
        in_thread(rename, was)
        in_thread(Spelling.objects.all().delete)


def test_what_waits_is_approved_rejected_and_left(staff, reviews):
    page = staff("view_rule", "decide_rule")
    page.goto(RULES)
    page.get_by_role("link", name="Waiting for review (3)").click()
    assert page.locator(".basketry-reviews > li").count() == 3
    assert "The shop does not show it while it waits." in page.locator(".basketry-reviews > li").nth(1).inner_text()
    for button, left in (("Leave it", 2), ("Approve", 1), ("Reject", 0)):
        page.locator(".basketry-reviews > li").first.get_by_role("button", name=button).click()
        page.locator(".messagelist .success").wait_for()
        assert page.locator(".basketry-reviews > li").count() == left
    assert page.get_by_text("Nothing waits.").is_visible()
    decided = in_thread(lambda: sorted(RuleDecision.objects.values_list("decision", flat=True)))
    assert decided == ["approved", "approved", "rejected", "rejected"]
    entries = in_thread(lambda: LogEntry.objects.filter(content_type__model="rulereview").count())
    assert entries == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_desk_is_for_all_on_wide_screens_and_on_narrow_ones(staff, reviews, language, width):
    page = staff("view_rule", "decide_rule", locale=LANGUAGES[language], viewport=WIDTHS[width])
    page.goto(REVIEW)
    photograph(page, f"review-{language}-{width}")
    assert violations(page, within="#content") == []
    assert overflow(page) == []
    page.goto(RULES)
    photograph(page, f"rules-{language}-{width}")
    results = page.locator("#changelist .results")
    assert results.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    assert violations(page, within="#result_list") == []
    page.locator("#result_list tbody th a").first.click()
    page.locator("[data-history] canvas").wait_for()
    photograph(page, f"rule-{language}-{width}")
    assert overflow(page) == []


def test_who_may_only_look_is_kept_from_the_queue(staff, reviews):
    page = staff("view_rule")
    page.goto(RULES)
    assert page.locator(f'.object-tools a[href="{REVIEW}"]').count() == 0
    assert page.goto(REVIEW).status == 403
