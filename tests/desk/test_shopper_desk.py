"""Staff look at one shopper: find them, see what they were shown and did, and what they would be shown now."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from recommendations.models import BrowseLog, Impression, Item, Rating, Shopper
from tests.browser import in_thread
from tests.looks import overflow, photograph, violations
from tests.storefront.small_shop import open_account

pytestmark = pytest.mark.browser

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}
WIDTHS = {1280: 900, 375: 800}


@pytest.fixture(scope="module")
def ann(shop, django_db_blocker):
    """The key of an account that saw a list, clicked, ordered and rated."""
    with django_db_blocker.unblock():
        return in_thread(_visit, shop.products)


def _visit(products):
    open_account(products, "ann-looked-at")
    now = timezone.now()
    account = User.objects.get(username="ann-looked-at")
    shopper = Shopper.objects.get(key=f"user:{account.pk}")
    items = dict(Item.objects.filter(key__in=["milk", "oats", "pesto", "honey"]).values_list("key", "pk"))
    shown = Impression.objects.create(
        recommendation=uuid.uuid4(),
        placement="product-related",
        shopper=shopper,
        items=[[pk, rank, "together", 0.5 if rank == 2 else 1.0] for rank, pk in enumerate(items.values(), start=1)],
        served_at=now - timedelta(hours=2),
        shown_at=now - timedelta(hours=2),
        outcome=[[1, 3], [3]],
    )
    for minutes, (kind, key) in enumerate((("view", "milk"), ("click", "pesto"), ("cart_add", "pesto"))):
        BrowseLog.objects.create(
            event_id=uuid.uuid4(),
            shopper=shopper,
            item_id=items[key],
            kind=kind,
            at=now - timedelta(minutes=minutes),
            dwell_seconds=12 if kind == "view" else None,
            recommendation=shown.recommendation,
            body_digest="",
        )
    Rating.objects.create(shopper=shopper, item_id=items["milk"], stars=5, rated_at=now)
    return shopper.key


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shopper_is_found_by_login_and_every_part_can_be_read(staff, ann, language, width):
    page = staff(
        "see_personal_data",
        "view_shopper",
        "view_order",
        locale=LANGUAGES[language],
        viewport={"width": width, "height": WIDTHS[width]},
    )
    page.goto("/admin/recommendations/shopper/?q=ann-looked-at")
    page.get_by_role("link", name=ann, exact=True).click()
    rows = {"shown": ".basketry-goods li", "orders": "tbody tr", "events": "tbody tr", "ratings": "tbody tr"}
    for part, least in (("shown", 4), ("events", 3), ("orders", 3), ("ratings", 1)):
        page.locator(f".basketry-parts a[href='?part={part}']").click()
        assert page.locator(f".basketry-shopper {rows[part]}").count() >= least
        assert overflow(page) == []
        photograph(page, f"shopper-{part}-{language}-{width}")
    page.locator(".basketry-parts a[href='?part=now']").click()
    assert page.locator(".basketry-goods li").count() > 3
    assert page.locator(".basketry-goods li").first.inner_text().count("\n") >= 1
    assert violations(page, within="#content") == []
    photograph(page, f"shopper-now-{language}-{width}")


def test_who_may_see_orders_but_no_persons_comes_to_no_shopper(staff, ann):
    page = staff("view_order", "view_shopper")
    assert page.goto("/admin/recommendations/shopper/").status == 403
    page.goto(f"/admin/recommendations/order/?q={ann}")
    assert page.locator("#result_list tbody tr").count() == 0
    page.goto("/admin/recommendations/order/")
    assert ann not in page.content()
