"""Blocks in the language of the request: headings, reasons and prices."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import RequestContext, Template
from django.utils import timezone, translation

from recommendations.catalogue import Offer
from recommendations.models import Pin, Placement
from recommendations.services.prices import price_text
from tests.factories import fold_all, make_item, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(stocked):
    """What a visitor sees in a language beside `a`, which was sold with `b` twice and with `c` once."""
    for other in "bbc":
        make_order("a", other)
    fold_all()

    def render(language, tag="{% related_items 'a' %}"):
        request = HttpRequest()
        request.user = AnonymousUser()
        request.META["SERVER_NAME"] = "shop.test"
        with translation.override(language):
            return Template("{% load recommendations %}" + tag).render(RequestContext(request, {}))

    return render


def test_headings_and_reasons_are_in_the_language_of_the_request(shown):
    assert "Goes well with it" in shown("en")

    html = shown("zh-hans")
    assert "搭配得好" in html
    assert "在含“Product a”的 3 笔订单中有 2 笔也含“Product b”" in html
    assert "Goes well" not in html


def test_one_order_is_told_as_the_language_counts(shown):
    Placement.objects.filter(slug="product-related").update(fallbacks=[])
    make_order("d", "e")
    fold_all()

    tag = "{% related_items 'd' %}"
    assert "The one order with Product d also had Product e" in shown("en", tag)
    assert "在含“Product d”的 1 笔订单中有 1 笔也含“Product e”" in shown("zh-hans", tag)


def test_fallbacks_and_promoted_items_say_so(shown):
    assert "畅销商品" in shown("zh-hans", "{% related_items 'z' %}")
    Placement.objects.update(promoted_share=0.5)
    placement = Placement.objects.get(slug="product-related")
    Pin.objects.create(placement=placement, item=make_item("q"), kind="promote")
    assert "赞助" in shown("zh-hans")


def test_a_shops_own_heading_stays_as_it_is(shown):
    Placement.objects.filter(slug="product-related").update(title="Nur bei uns")
    assert "Nur bei uns" in shown("zh-hans")


def test_prices_and_savings_name_the_currency_in_the_language(shown, stocked):
    offer = Offer(Decimal("3.00"), timezone.now() + timedelta(days=1))
    stocked.shelf["b"] = replace(stocked.shelf["b"], price=Decimal("4.00"), currency="CNY", offer=offer)
    assert "3.00 CNY" in shown("en")
    assert "3.00 元" in shown("zh-hans")
    assert "为您节省 1.00 元" in shown("zh-hans", "{% limited_offers %}")


@pytest.mark.parametrize(
    ("language", "currency", "text"),
    [
        ("en", "EUR", "1234.50 EUR"),
        ("de", "EUR", "1234,50 EUR"),
        ("zh-hans", "EUR", "1234.50 欧元"),
        ("zh-hans", "XTS", "1234.50 XTS"),
        ("zh-hans", "", "1234.50"),
    ],
)
def test_an_amount_has_the_separators_of_the_language(language, currency, text):
    with translation.override(language):
        assert price_text(Decimal("1234.50"), currency) == text
