"""Amounts as the shop writes them: `{% load shop_money %}`, `{{ price|money:currency }}`."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()

SIGNS = {"USD": "$", "EUR": "\N{EURO SIGN}", "GBP": "\N{POUND SIGN}", "CNY": "\N{YEN SIGN}"}


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """`$2.50`; a currency without a sign here is named after the amount, as in `2.50 CHF`."""
    digits = number_format(amount, decimal_pos=2, force_grouping=True)
    sign = SIGNS.get(currency)
    return f"{sign}{digits}" if sign else f"{digits} {currency}"
