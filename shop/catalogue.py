"""What the recommendation plugin is told of this shop's products and orders."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from recommendations.catalogue import (
    Catalogue,
    Context,
    Facts,
    Identity,
    PlacedLine,
    PlacedOrder,
    UnknownProduct,
)
from shop.facts import facts_of, facts_of_all
from shop.kept import rows_of
from shop.models import Category, OrderLine, OrderStatus, Product

CHUNK = 500
IMPORTED = "imported"
IMPORTED_STOCK = 100


class ShopCatalogue(Catalogue):
    """Keys are SKUs; a family of variants is counted as its parent."""

    def item_key(self, product: Product) -> str:
        return product.item_key

    def identify(self, product_keys: Sequence[str]) -> Mapping[str, Identity]:
        rows = rows_of(_special, product_keys)
        return {sku: Identity(parent or sku, counted=not is_filler) for sku, parent, is_filler in rows}

    def facts(self, keys: Sequence[str], context: Context) -> Mapping[str, Facts]:
        return {facts.key: facts for facts in facts_of(keys, timezone.now())}

    def objects(self, keys: Sequence[str], context: Context) -> Mapping[str, Any]:
        return {product.sku: product for product in Product.objects.filter(sku__in=keys).for_tiles(timezone.now())}

    def stream(self, context: Context) -> Iterator[Facts]:
        return facts_of_all(timezone.now(), chunk=CHUNK)

    def search(self, text: str, limit: int) -> Sequence[Facts]:
        text = text.strip()
        if not text:
            return ()
        keys = list(_matching(text).values_list("sku", flat=True)[:limit])
        found = self.facts(keys, Context())
        return [found[key] for key in keys if key in found]

    def members(self, category: str, limit: int) -> Sequence[str]:
        within = Q(category__slug=category) | Q(category__parent__slug=category)
        return list(
            Product.objects.listed().filter(within).order_by("-sold", "pk").values_list("sku", flat=True)[:limit]
        )

    def launched(self, since: datetime, limit: int) -> Sequence[str]:
        new = Product.objects.listed().filter(launched_at__gt=since, launched_at__lte=timezone.now())
        return list(new.order_by("-launched_at", "pk").values_list("sku", flat=True)[:limit])

    def offered(self, limit: int) -> Sequence[str]:
        """What ends first is first. A variant's offer is named as its family's; facts tell of what one buys of it."""
        running = Product.objects.on_offer(timezone.now())
        keys = running.annotate(item=Coalesce("parent__sku", "sku")).values_list("item", flat=True)
        return list(dict.fromkeys(keys[: 2 * limit]))[:limit]

    def orders(self, since: datetime | None) -> Iterator[PlacedOrder]:
        """The orders that stand: without cancelled and refunded ones and the lines that all came back."""
        lines = OrderLine.objects.filter(order__status=OrderStatus.PLACED, refunded__lt=F("quantity"))
        if since is not None:
            lines = lines.filter(order__placed_at__gt=since)
        rows = lines.order_by("order__placed_at", "order_id", "pk").values_list(
            "order_id",
            "order__number",
            "order__user_id",
            "order__visitor",
            "order__placed_at",
            "order__currency",
            "product__sku",
            "quantity",
            "unit_price",
        )
        for _, of_one in groupby(rows.iterator(chunk_size=10 * CHUNK), key=lambda row: row[0]):
            yield _placed(of_one)

    def register(self, products: Sequence[UnknownProduct]) -> None:
        """Put imported products on the shelf; one without a price is kept out of sight until staff give it one."""
        category, _ = Category.objects.get_or_create(
            slug=IMPORTED, defaults={"name": "Imported", "picture": "basket", "position": 1000}
        )
        now = timezone.now()
        Product.objects.bulk_create(
            [_registered(product, category, now) for product in products], batch_size=CHUNK, ignore_conflicts=True
        )


def _special(skus: Sequence[str]) -> "QuerySet[Any, tuple[Any, ...]]":
    """What is counted as another product, or not at all."""
    special = Product.objects.filter(Q(parent__isnull=False) | Q(is_filler=True), sku__in=skus)
    return special.values_list("sku", "parent__sku", "is_filler")


def _matching(text: str) -> "QuerySet[Product]":
    """Items that match, the best first: the exact key, a key or title that begins so, then what sells."""
    # Read once: a database that takes it for a look at each product compiles the statement, which is the longer part.
    variants = Product.objects.filter(Q(sku__iexact=text) | Q(title__icontains=text), parent__isnull=False)
    rank = Case(
        When(Q(sku__iexact=text), then=Value(0)),
        When(Q(title__istartswith=text) | Q(sku__istartswith=text), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return (
        Product.objects.filter(parent__isnull=True)
        .filter(Q(title__icontains=text) | Q(sku__icontains=text) | Q(pk__in=variants.values("parent")))
        .annotate(rank=rank)
        .order_by("rank", "-sold", "pk")
    )


def _placed(rows: Iterable[tuple[Any, ...]]) -> PlacedOrder:
    lines = []
    for row in rows:
        lines.append(PlacedLine(product=row[6], quantity=row[7], unit_price=row[8]))
    _, number, user_id, visitor, placed_at, currency = row[:6]
    return PlacedOrder(
        key=number,
        lines=tuple(lines),
        placed_at=placed_at,
        currency=currency,
        shopper=f"user:{user_id}" if user_id else visitor or None,
    )


def _registered(product: UnknownProduct, category: Category, now: datetime) -> Product:
    has_price = product.price is not None and product.price >= 0
    price = product.price if has_price and product.price is not None else Decimal(0)
    return Product(
        sku=product.key,
        title=(product.title.strip() or product.key)[:200],
        category=category,
        price=price.quantize(Decimal("0.01"), ROUND_HALF_UP),
        stock=IMPORTED_STOCK,
        visible=has_price,
        launched_at=now,
    )
