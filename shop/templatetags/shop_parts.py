"""Parts of pages: `{% bundle product price cards as name %}`, `{{ number|stars }}`."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template

from shop.bundle import Bundle, bundle_of
from shop.models import Product

register = template.Library()

MOST_STARS = 5


@register.simple_tag
def bundle(product: Product, price: Decimal, cards: Iterable[Any]) -> Bundle:
    return bundle_of(product, price, cards)


@register.filter
def stars(number: float | None) -> str:
    """Five stars, so many of them full as the number rounded."""
    full = round(number or 0)
    return "\N{BLACK STAR}" * full + "\N{WHITE STAR}" * (MOST_STARS - full)
