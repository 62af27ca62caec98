"""A product beside a rule: its picture, title, price and stock as the shop has them now."""

from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recommendations.data.facts import Facts
from recommendations.services.prices import price_text


def product(facts: Facts, address: str, *, now: datetime) -> SafeString:
    """The product, with a link to the rules that it is in."""
    picture = format_html('<img src="{}" alt="" width="40" height="40" loading="lazy">', facts.image)
    return format_html(
        '<span class="basketry-product">{}<span><a href="{}">{}</a>{}</span></span>',
        picture if facts.image else "",
        address,
        facts.title,
        format_html_join("", "<small>{}</small>", ((words,) for words in _words(facts, now))),
    )


def _words(facts: Facts, now: datetime) -> list[str]:
    price = facts.price_at(now)
    words = [] if price is None else [price_text(price, facts.currency)]
    if not facts.visible:
        words.append(gettext("not to be seen in the shop"))
    elif facts.sold_out:
        words.append(gettext("sold out"))
    elif facts.stock is not None:
        words.append(gettext("%(pieces)s in stock") % {"pieces": f"{facts.stock:,}"})
    return words
