"""Amounts of money as a reader of the active language writes them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import pgettext_lazy

CURRENCIES: Mapping[str, Any] = {
    "AUD": pgettext_lazy("a currency", "AUD"),
    "CAD": pgettext_lazy("a currency", "CAD"),
    "CHF": pgettext_lazy("a currency", "CHF"),
    "CNY": pgettext_lazy("a currency", "CNY"),
    "EUR": pgettext_lazy("a currency", "EUR"),
    "GBP": pgettext_lazy("a currency", "GBP"),
    "HKD": pgettext_lazy("a currency", "HKD"),
    "JPY": pgettext_lazy("a currency", "JPY"),
    "KRW": pgettext_lazy("a currency", "KRW"),
    "SGD": pgettext_lazy("a currency", "SGD"),
    "TWD": pgettext_lazy("a currency", "TWD"),
    "USD": pgettext_lazy("a currency", "USD"),
}


def price_text(amount: Decimal, currency: str) -> str:
    """`2.50 EUR`, with the separators of the active language and its word for the currency where it has one.

    Parameters
    ----------
    currency : an ISO 4217 code, empty where the shop names none.
    """
    return f"{number_format(amount)} {CURRENCIES.get(currency, currency)}".rstrip()
