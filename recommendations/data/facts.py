"""What the shop says of a product right now, and to whom it says it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from recommendations.data.orders import as_key
from recommendations.exceptions import InvalidFacts


@dataclass(frozen=True, slots=True)
class Context:
    """For whom facts are asked: they decide language, currency, price list and storefront."""

    language: str = ""
    currency: str = ""
    customer_group: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a product is counted as.

    `item_key` is the item that stands for the product, usually its parent; `counted` is False for
    what is no product (postage, a gift, a basket filler): kept as an order line, never counted.
    """

    item_key: str
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Offer:
    """A running offer: `price` holds until `ends_at` (exclusive)."""

    price: Decimal
    ends_at: datetime


ALLOWED = {
    "key": "must be the text, number or UUID that was asked for",
    "title": "must be a text",
    "item_key": "must be the text, number or UUID of an item, or empty",
    "url": "must be a text",
    "price": "must be a Decimal or None",
    "currency": "must be a code of three capital letters or empty",
    "stock": "must be a whole number or None",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Live facts of one item, as one list entry needs them.

    `key` is the item key that was asked for, `buy_key` the product one can buy for it (a variant in
    stock, else the item itself). `stock` is None where the shop does not count it. `price` is an
    amount in `currency`, None where the shop shows none. `item_key` is what it is counted as; where it is
    empty the catalogue's `identify` is asked.

    Raises
    ------
    InvalidFacts : a value is none that a page could show.
    """

    key: str
    title: str
    url: str
    buy_key: str = ""
    image: str = ""
    price: Decimal | None = None
    currency: str = ""
    stock: int | None = None
    visible: bool = True
    categories: tuple[str, ...] = ()
    brand: str = ""
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    launched_at: datetime | None = None
    offer: Offer | None = None
    counted: bool = True
    item_key: str = ""

    def __post_init__(self) -> None:
        """Refuse what a page would show as `None`, as 86.35000000000001 or not at all."""
        object.__setattr__(self, "key", as_key(self.key))
        object.__setattr__(self, "item_key", as_key(self.item_key))
        wrong = next((name for name, fits in self._judged() if not fits), None)
        if wrong is not None:
            raise InvalidFacts(
                f"{wrong} of product {self.key!r:.80} {ALLOWED[wrong]}, not {getattr(self, wrong)!r:.80}"
            )
        if self.price is not None and not isinstance(self.price, Decimal):
            object.__setattr__(self, "price", Decimal(self.price))

    def _judged(self) -> Iterator[tuple[str, bool]]:
        yield "key", isinstance(self.key, str) and bool(self.key)
        # Lazy translations are no str, and print as one.
        yield "title", self.title is not None and str(self.title) != ""
        yield "url", isinstance(self.url, str)
        yield "item_key", isinstance(self.item_key, str)
        yield "price", self.price is None or (isinstance(self.price, Decimal | int) and Decimal(self.price).is_finite())
        yield (
            "currency",
            self.currency == ""
            or (isinstance(self.currency, str) and len(self.currency) == 3 and self.currency.isupper()),
        )
        yield "stock", self.stock is None or isinstance(self.stock, int)

    @property
    def sold_out(self) -> bool:
        return self.stock is not None and self.stock <= 0

    def price_at(self, now: datetime) -> Decimal | None:
        """What it costs at that moment: the running offer's price, else its own."""
        return self.offer.price if self.offer is not None and now < self.offer.ends_at else self.price


@dataclass(frozen=True, slots=True)
class UnknownProduct:
    """A product that an imported history names and the catalogue does not know."""

    key: str
    title: str
    price: Decimal | None
