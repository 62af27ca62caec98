"""The tags, and who asks by them."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.catalogue import Offer
from recommendations.models import Arrival, Placement
from recommendations.selectors import serving
from recommendations.services import tokens
from recommendations.testing import FakeCatalogue
from tests.factories import make_item
from tests.templatetags.pages import VISITOR, render

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sold")]


def test_without_a_request_best_sellers_and_partners_are_served():
    assert "/p/b/" in render("{% related_items 'a' %}")
    assert "Best sellers" in render("{% recommended_for_you %}")


def test_who_asks_is_whom_the_middleware_says(visit, monkeypatch):
    seen = []
    original = serving.candidates
    monkeypatch.setattr(serving, "candidates", lambda **given: seen.append(given["shopper"]) or original(**given))
    render("{% related_items 'a' %}{% cart_suggestions 'a' %}{% recommended_for_you %}", visit)
    assert seen == [f"anon:{VISITOR}"] * 3


def test_rendering_writes_nothing(visit):
    with CaptureQueriesContext(connection) as queries:
        render("{% related_items 'a' %}{% cart_suggestions 'a' %}{% recommended_for_you %}", visit)
    verbs = {one["sql"].split()[0].upper() for one in queries}
    assert verbs <= {"SELECT", "WITH", "SAVEPOINT", "RELEASE"}
    assert "CSRF_COOKIE" not in visit.META


def test_the_token_is_one_that_comes_back(visit):
    html = render("{% related_items 'a' %}", visit)
    (token,) = re.findall(r'data-basketry-token="([^"]*)"', html)
    assert tokens.read(token, now=timezone.now()).placement == "product-related"


def test_the_assets_link_the_script_and_where_it_reports_to(visit):
    html = render("{% basketry_assets %}", visit)
    assert 'src="/static/recommendations/basketry.js" defer' in html
    assert 'href="/static/recommendations/basketry.css"' in html
    assert 'data-endpoint="/api/v1/events/"' in html
    assert 'data-csrf-cookie="csrftoken" data-csrf-token=""' in html
    assert "CSRF_COOKIE" in visit.META


def test_where_scripts_cannot_read_the_cookie_the_token_is_in_the_page(visit, settings):
    settings.CSRF_COOKIE_HTTPONLY = True
    assert re.search(r'data-csrf-token="\w{64}"', render("{% basketry_assets %}", visit))


def test_assets_never_break_a_page(visit, settings, caplog):
    settings.ROOT_URLCONF = "tests.templatetags.empty_urls"
    assert render("{% basketry_assets %}after", visit) == "after"
    assert caplog.records


@pytest.mark.parametrize(
    ("tag", "placement"),
    [
        ("similar_items 'a'", "product-similar"),
        ("buy_again", "buy-again"),
        ("new_for_you", "new-for-you"),
        ("because_you_viewed", "because-viewed"),
        ("viewed_together 'a'", "product-viewed"),
        ("substitutes 'a'", "product-substitutes"),
        ("trending category='things'", "trending"),
        ("best_sellers category='things'", "best-sellers"),
    ],
)
def test_each_strategy_has_a_tag_with_a_placement_of_its_own(visit, tag, placement):
    assert f'data-basketry-placement="{placement}"' in render("{% " + tag + " limit=1 %}", visit)


def test_new_arrivals_are_shown_of_a_category(visit):
    assert render("{% new_arrivals %}", visit) == ""
    learnt = {"believed": 0.1, "examinations": 0, "rewards": 0, "share": 1}
    Arrival.objects.create(item=make_item("x"), launched_at=timezone.now(), categories=["things"], **learnt)
    html = render("{% new_arrivals category='things' limit=2 %}", visit)
    assert 'data-basketry-placement="new-arrivals"' in html
    assert "New in the shop" in html
    assert render("{% new_arrivals category='none' %}", visit) == ""


def test_what_is_promoted_says_so_to_the_shopper(visit):
    placement = Placement.objects.get(slug="product-related")
    Placement.objects.update(promoted_share=1)
    placement.pins.create(item=make_item("c"), kind="promote")
    html = render("{% related_items 'a' limit=1 %}", visit)
    assert '<p class="basketry-reason">Sponsored</p>' in html


def test_limited_offers_and_what_was_viewed_are_shown_alone(visit):
    assert render("{% limited_offers %}{% recently_viewed %}", visit) == ""
    offer = Offer(Decimal("1.00"), timezone.now() + timedelta(hours=1))
    FakeCatalogue.shelf["b"] = replace(FakeCatalogue.shelf["b"], price=Decimal("2.00"), offer=offer)
    assert 'data-basketry-placement="offers"' in render("{% limited_offers category='things' %}", visit)
    assert render("{% limited_offers category='none' %}", visit) == ""


def test_every_list_takes_a_category_and_a_diversity(visit):
    assert "Product b" in render("{% related_items 'a' category='things' diversity=0.5 %}", visit)
    assert render("{% related_items 'a' category='none' %}", visit) == ""
    html = render("{% cart_suggestions cart category='things' diversity=0.5 lazy=True %}", visit, cart=["a"])
    assert "category=things&amp;diversity=0.5" in html
