"""A product with those that are bought with it, to be put into the cart at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shop.models import Product

PARTNERS = ("together", "staff")
"""The sources of a suggestion that was bought with the product or chosen by staff; others are no partners."""


@dataclass(frozen=True, slots=True)
class BundleLine:
    """One product of a bundle. `reason` says in words what it is bought with; empty for the product itself."""

    key: str
    title: str
    url: str
    price: Decimal
    is_available: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The product first, then its partners, all in one currency."""

    lines: tuple[BundleLine, ...]
    currency: str

    @property
    def partners(self) -> tuple[BundleLine, ...]:
        return self.lines[1:]

    @property
    def total(self) -> Decimal:
        """What all that can be bought costs."""
        return sum((line.price for line in self.lines if line.is_available), Decimal(0))


def bundle_of(product: Product, price: Decimal, cards: Iterable[Any]) -> Bundle:
    """The bundle of a product at its price of this moment and the cards of a list of what is bought with it."""
    itself = BundleLine(product.sku, product.title, "", price, product.stock > 0)
    partners = [
        BundleLine(
            card.item,
            card.title,
            card.link,
            card.price,
            not card.facts.sold_out,
            next((reason.text for reason in card.reasons), ""),
        )
        for card in cards
        if card.source in PARTNERS and card.price is not None and card.currency == product.currency
    ]
    return Bundle((itself, *partners), product.currency)
