"""A product beside a rule or in a list: its picture, title, price and stock as the shop has them now."""

from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from recommendations.data.facts import Facts
from recommendations.services.prices import price_text


def product(facts: Facts, *, now: datetime, address: str = "") -> SafeString:
    """The product; its title leads to the address where there is one."""
    title = format_html('<a href="{}">{}</a>', address, facts.title) if address else facts.title
    picture = format_html('<img src="{}" alt="" width="40" height="40" loading="lazy">', facts.image)
    return format_html(
        '<span class="basketry-product">{}<span>{}{}</span></span>',
        picture if facts.image else "",
        title,
        format_html_join("", "<small>{}</small>", ((words,) for words in _words(facts, now))),
    )


def _words(facts: Facts, now: datetime) -> list[str]:
    price = facts.price_at(now)
    words = [] if price is None else [price_text(price, facts.currency)]
    if not facts.visible:
        words.append(gettext("not to be seen in the shop"))
    elif facts.stock is not None:
        words.append(stock_words(facts))
    return words


def stock_words(facts: Facts) -> str:
    """How many pieces there are, as the shop tells it; empty where it does not count them."""
    if facts.stock is None:
        return ""
    if facts.sold_out:
        return gettext("sold out")
    return ngettext("%(count)s in stock", "%(count)s in stock", facts.stock) % {"count": f"{facts.stock:,}"}
