"""The shop's rows for tests: a department with a category, products, families of sizes."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from shop.models import Category, Offer, Order, OrderLine, Product

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

_numbers = itertools.count(1)


def make_category(slug: str = "dairy", parent: Category | None = None) -> Category:
    return Category.objects.get_or_create(slug=slug, defaults={"name": slug.title(), "parent": parent})[0]


def make_product(sku: str = "", **fields: Any) -> Product:
    sku = sku or f"sku-{next(_numbers)}"
    given = {"title": f"Product {sku}", "price": Decimal("2.50"), "stock": 10, "launched_at": NOW, **fields}
    given.setdefault("category", make_category())
    return Product.objects.create(sku=sku, **given)


def make_offer(product: Product, price: str = "1.99", **fields: Any) -> Offer:
    """An offer that began a day ago and ends in an hour, by the clock of the tests."""
    given = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(hours=1), **fields}
    return Offer.objects.create(product=product, price=Decimal(price), **given)


def make_family(sku: str, *sizes: str, **fields: Any) -> tuple[Product, list[Product]]:
    """A parent and one variant a size, whose SKUs are the parent's with the size."""
    parent = make_product(sku, **fields)
    variants = [
        make_product(f"{sku}-{size}", parent=parent, variant=size, position=position, **fields)
        for position, size in enumerate(sizes)
    ]
    return parent, variants


def make_shop_order(*products: Product, user: Any = None, number: str = "", at: datetime = NOW) -> Order:
    """An order of two pieces of each product, in the shop alone."""
    order = Order.objects.create(
        number=number or f"number-{next(_numbers)}",
        user=user,
        email="ann@example.com",
        placed_at=at,
        subtotal=sum((2 * product.price for product in products), Decimal(0)),
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product=product, title=product.title, quantity=2, unit_price=product.price)
        for product in products
    )
    return order
