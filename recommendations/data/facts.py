"""What the shop says of a product right now, and to whom it says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


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


@dataclass(frozen=True, slots=True)
class Facts:
    """Live facts of one item, as one list entry needs them.

    `key` is the item key that was asked for, `buy_key` the product one can buy for it (a variant in
    stock, else the item itself). `stock` is None where the shop does not count it. `price` is an
    amount in `currency`, None where the shop shows none.
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

    @property
    def sold_out(self) -> bool:
        return self.stock is not None and self.stock <= 0


@dataclass(frozen=True, slots=True)
class UnknownProduct:
    """A product that an imported history names and the catalogue does not know."""

    key: str
    title: str
    price: Decimal | None
