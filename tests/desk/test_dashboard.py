"""The dashboard as a merchandiser uses it: a scripted day in exact figures, in both languages, wide and narrow."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from recommendations.data.orders import PlacedLine, PlacedOrder, ReturnedLine
from recommendations.models import EventKind, Item, JobKind, JobRun
from recommendations.services import outcomes, record, tokens
from tests.browser import in_thread
from tests.looks import overflow, photograph, violations

pytestmark = pytest.mark.browser

PAGE = "/admin/recommendations/placement/dashboard/"
LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}
WIDTHS = (1280, 375)


@dataclass(frozen=True)
class Script:
    """The shopper of the day and the keys of what was bought."""

    shopper: str
    product: str
    other: str


def _play(products) -> Script:
    """Ten lists of two placements, three of them clicked, one order; most of it today, a list of it a week ago."""
    now = timezone.now()
    pesto, hostile = products["pesto"].sku, products["hostile"].sku
    first, second = (Item.objects.get_or_create(key=key)[0] for key in (pesto, hostile))
    shopper = "user:900"

    def shown(at, placement="product-related", source="together"):
        items = ((first.pk, 1, source, 1.0), (second.pk, 2, "staff", 1.0))
        of = tokens.Shown(uuid.uuid4(), placement, at, items=items, strategy="related")
        token = tokens.sign(of)
        record.impressions([token], shopper=shopper, now=at)
        return token

    lists = [shown(now) for _ in range(6)] + [shown(now, "home") for _ in range(3)]
    shown(now - timedelta(days=7))
    for token, key in ((lists[0], pesto), (lists[1], hostile), (lists[6], hostile)):
        click = record.BrowseEvent(uuid.uuid4(), EventKind.CLICK, now, item=key, recommendation=token)
        record.events([click], shopper=shopper, now=now)
    added = record.BrowseEvent(uuid.uuid4(), EventKind.CART_ADD, now, item=hostile)
    record.events([added], shopper=shopper, now=now)
    lines = (PlacedLine(pesto, 2, Decimal("3.20")), PlacedLine(hostile, 1, Decimal("10.00")))
    record.order(PlacedOrder("dashboard", lines, placed_at=now, currency="EUR", shopper=shopper))
    outcomes.refresh(now=now)
    return Script(shopper, pesto, hostile)


def _refund(script: Script) -> None:
    lines = [ReturnedLine(script.product, 1)]
    record.refund(order_key="dashboard", key="back", at=timezone.now(), lines=lines)
    outcomes.refresh(now=timezone.now())


@pytest.fixture(scope="module")
def scripted(shop, chromium):
    """The day's rows; the rest of the folder sees no list and no click of it."""
    return in_thread(_play, shop.products)


def row_of(page, table, name):
    cells = page.locator(f"#{table} tbody tr", has_text=name).locator("th, td").all_inner_texts()
    return [cell.strip() for cell in cells]


def test_a_scripted_day_in_figures_and_a_refund_lowers_the_revenue(staff, scripted):
    page = staff("view_impression", "view_placement")
    page.goto("/admin/recommendations/placement/")
    page.get_by_role("link", name="Dashboard").click()
    page.get_by_role("link", name="Today").click()
    sentence = page.locator(".basketry-sentence")
    assert sentence.inner_text() == "Of 9 lists shown, 3 were clicked (33.3%). 1 order came of it: 16.40 EUR."
    related = ["Goes well with it", "6", "12", "2", "33.3%", "0", "1", "6.40 EUR", "0.0%"]
    assert row_of(page, "by-placement", "Goes well with it") == related
    assert row_of(page, "by-placement", "home") == ["home", "3", "6", "1", "33.3%", "1", "1", "10.00 EUR", "0.0%"]
    assert row_of(page, "chosen", "home")[3:] == ["3", "1", "33.3%", "1", "1", "10.00 EUR"]
    assert "2 were shown" in page.locator("#content").inner_text()
    assert page.get_by_role("button", name="Recompute now").count() == 0
    in_thread(_refund, scripted)
    page.reload()
    assert sentence.inner_text().endswith("1 order came of it: 13.20 EUR.")


def test_what_a_product_earned_is_three_clicks_away(staff, scripted):
    page = staff("view_impression", "view_placement")
    page.goto("/admin/recommendations/")
    page.get_by_role("link", name="Dashboard").click()
    page.locator("#earners").get_by_role("link", name="Basil pesto").click()
    assert page.locator("h1", has_text="Basil pesto").is_visible()
    assert page.locator(".basketry-sentence").inner_text().startswith("Times shown: 9, clicked: 1")
    page.locator("input[name=product]").fill("nothing of the kind")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_text("No such product.").is_visible()
    page.locator("input[name=since]").first.fill("2020-01-01")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".errornote").is_visible()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_usable_by_all_and_fits_its_screen(staff, scripted, language, width):
    page = staff(locale=LANGUAGES[language], viewport={"width": width, "height": 900})
    page.goto(f"{PAGE}?range=28")
    page.wait_for_selector("[data-chart=shown] canvas")
    assert overflow(page) == []
    assert violations(page, within="#content") == []
    photograph(page, f"dashboard-{language}-{width}")
    page.locator("#chosen a").first.click()
    page.wait_for_selector("[data-chart=shown] canvas")
    assert page.title() != "broken"
    assert overflow(page) == []
    photograph(page, f"dashboard-product-{language}-{width}")


def test_who_may_not_look_is_kept_out_and_who_may_run_jobs_asks_for_figures(staff, scripted):
    page = staff("view_placement")
    page.goto("/admin/recommendations/placement/")
    assert page.get_by_role("link", name="Dashboard").count() == 0
    assert page.goto(PAGE).status == 403
    page = staff("view_impression", "run_jobrun")
    page.goto(PAGE)
    page.get_by_role("button", name="Recompute now").click()
    assert page.locator(".messagelist").is_visible()
    assert in_thread(lambda: JobRun.objects.filter(kind=JobKind.OUTCOMES).count()) == 1
