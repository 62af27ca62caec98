"""A product as a shelf shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shop.models import Product


@dataclass(frozen=True, slots=True)
class Tile:
    """`key` is the item key, `was` the regular price where an offer runs.

    `is_range`: variants differ, and `price` is the lowest. `buy` is the key of the product that the "add" button puts
    into the cart, None where there is a choice to make or nothing left.
    """

    key: str
    title: str
    url: str
    picture: str
    brand: str
    category: str
    price: Decimal
    was: Decimal | None
    currency: str
    is_range: bool
    is_available: bool
    sizes: int
    buy: str | None


def tiles(products: Iterable[Product], now: datetime) -> list[Tile]:
    """Tiles of products read with `for_tiles(now)`, without a further query."""
    return [_tile(product, now) for product in products]


def _tile(product: Product, now: datetime) -> Tile:
    sold = [variant for variant in product.variants.all() if variant.visible] or [product]
    available = [one for one in sold if one.stock > 0]
    cheapest = min(available or sold, key=lambda one: one.price_at(now))
    return Tile(
        key=product.item_key,
        title=product.title,
        url=product.get_absolute_url(),
        picture=product.category.picture_url,
        brand=product.brand,
        category=product.category.label,
        price=cheapest.price_at(now),
        was=cheapest.price if cheapest.has_offer(now) else None,
        currency=cheapest.currency,
        is_range=len({one.price_at(now) for one in sold}) > 1,
        is_available=bool(available),
        sizes=len(sold) if sold != [product] else 0,
        buy=available[0].sku if len(sold) == 1 and available else None,
    )
