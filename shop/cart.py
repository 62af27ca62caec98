"""The cart: kept in the visitor's session, priced anew each time it is looked at."""

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from shop.models import CURRENCY, Product

MOST_PIECES = 99
MOST_LINES = 100
SESSION_KEY = "cart"

DELIVERY = Decimal("4.90")
FREE_DELIVERY_FROM = Decimal("35.00")


@dataclass(frozen=True, slots=True)
class CartLine:
    """One product of the cart at its price of this moment."""

    product: Product
    quantity: int
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.unit_price

    @property
    def saved(self) -> Decimal:
        return self.quantity * (self.product.price - self.unit_price)

    @property
    def is_short(self) -> bool:
        """More pieces are wanted than there are."""
        return self.quantity > self.product.stock

    @property
    def left_at_offer(self) -> int | None:
        """How many pieces an offer has left that this line is too large for; None where none is."""
        left = self.product.offer_left
        return left if left is not None and self.quantity > left else None


class Cart:
    """Pieces by product, in the order in which they were put in. Iterates over its lines; one query reads them.

    Products that are no longer sold are left out.
    """

    def __init__(self, session: MutableMapping[str, Any], now: datetime) -> None:
        self._session = session
        self._now = now

    @property
    def quantities(self) -> dict[int, int]:
        return {int(pk): quantity for pk, quantity in self._session.get(SESSION_KEY, {}).items()}

    @property
    def pieces(self) -> int:
        return sum(self.quantities.values())

    def __iter__(self) -> Iterator[CartLine]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def lines(self) -> list[CartLine]:
        wanted = self.quantities
        if not wanted:
            return []
        shown = Product.objects.buyable().priced(self._now).select_related("category__parent", "parent")
        products = shown.in_bulk(list(wanted))
        return [
            CartLine(products[pk], quantity, products[pk].price_at(self._now, quantity))
            for pk, quantity in wanted.items()
            if pk in products
        ]

    @property
    def currency(self) -> str:
        return self.lines[0].product.currency if self.lines else CURRENCY

    @property
    def is_short(self) -> bool:
        return any(line.is_short for line in self.lines)

    @property
    def subtotal(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def delivery(self) -> Decimal:
        return delivery_for(self.subtotal)

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.delivery

    @property
    def to_free_delivery(self) -> Decimal:
        """What is missing to free delivery; 0 where nothing is."""
        return max(FREE_DELIVERY_FROM - self.subtotal, Decimal(0))

    def takes(self, product: Product) -> bool:
        """Whether the product fits in: there is room, and the cart is in its currency."""
        if product.pk in self.quantities:
            return True
        return len(self.quantities) < MOST_LINES and (not self.lines or product.currency == self.currency)

    def set(self, product_id: int, quantity: int) -> None:
        """Make it this many pieces, at most MOST_PIECES; none takes the product out."""
        wanted = self.quantities
        if quantity > 0:
            wanted[product_id] = min(quantity, MOST_PIECES)
        else:
            wanted.pop(product_id, None)
        self._keep(wanted)

    def add(self, product_id: int, quantity: int) -> None:
        self.set(product_id, self.quantities.get(product_id, 0) + quantity)

    def clear(self) -> None:
        self._keep({})

    def _keep(self, wanted: dict[int, int]) -> None:
        self._session[SESSION_KEY] = {str(pk): quantity for pk, quantity in wanted.items()}
        self.__dict__.pop("lines", None)


def delivery_for(subtotal: Decimal) -> Decimal:
    """The delivery fee of an order; a cart with nothing in it is not delivered."""
    return DELIVERY if 0 < subtotal < FREE_DELIVERY_FROM else Decimal(0)
