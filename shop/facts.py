"""Facts of products as the plugin asks for them with every list: one statement, rows instead of objects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import FilteredRelation, Q, QuerySet

from recommendations.catalogue import Facts, Offer
from shop.kept import rows_of
from shop.models.products import Product, picture_url, product_url

PRODUCT = (
    "visible",
    "is_filler",
    "brand",
    "description",
    "launched_at",
    "category__slug",
    "category__parent__slug",
    "category__picture",
    "parent__id",
    "parent__sku",
    "parent__title",
    "parent__visible",
)
BUYABLE = ("id", "sku", "title", "variant", "position", "price", "currency", "stock", "sold", "visible")
OFFER = ("price", "starts_at", "ends_at", "stock_limit", "sold", "id")


class Buyable(NamedTuple):
    """What one may buy of a product: itself, or a variant of it."""

    id: int
    sku: str
    title: str
    variant: str
    position: int
    price: Decimal
    currency: str
    stock: int
    sold: int
    visible: bool


def facts_of(skus: Sequence[str], now: datetime) -> Iterator[Facts]:
    """Facts of these products at this moment."""
    return _told(rows_of(_of_skus, skus, _hour(now)), now)


def facts_of_all(now: datetime, *, chunk: int) -> Iterator[Facts]:
    """Facts of all products that are no variants, in the order of their primary keys; `chunk` rows are held at once."""
    return _told(_rows(_hour(now)).filter(parent__isnull=True).iterator(chunk), now)


def _told(rows: Iterable[tuple[Any, ...]], now: datetime) -> Iterator[Facts]:
    for _, of_one in groupby(rows, key=lambda row: row[0]):
        yield _facts(list(of_one), now)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _of_skus(skus: Sequence[str], hour: datetime) -> "QuerySet[Any, tuple[Any, ...]]":
    return _rows(hour).filter(sku__in=skus)


def _rows(hour: datetime) -> "QuerySet[Any, tuple[Any, ...]]":
    """A row for each variant of a product, and each offer of what one may buy that runs within the hour."""
    ends = hour + timedelta(hours=1)

    def runs(offers: str) -> FilteredRelation:
        return FilteredRelation(
            offers, condition=Q(**{f"{offers}__starts_at__lt": ends, f"{offers}__ends_at__gt": hour})
        )

    return (
        Product.objects.annotate(own=runs("offers"), theirs=runs("variants__offers"))
        .order_by("pk")
        .values_list(
            *BUYABLE,
            *(f"own__{name}" for name in OFFER),
            *(f"variants__{name}" for name in BUYABLE),
            *(f"theirs__{name}" for name in OFFER),
            *PRODUCT,
        )
    )


def _facts(rows: Sequence[tuple[Any, ...]], now: datetime) -> Facts:
    own, variants = len(BUYABLE), len(BUYABLE) + len(OFFER)
    product = Buyable(*rows[0][:own])
    told: Mapping[str, Any] = dict(zip(PRODUCT, rows[0][2 * variants :], strict=True))
    family = {row[variants]: Buyable(*row[variants : variants + own]) for row in rows if row[variants] is not None}
    bought = _to_buy(list(family.values())) if family else product
    shown = bought or product
    is_own = shown.id == product.id
    offers = {
        row[own:variants] if is_own else row[variants + own : 2 * variants]
        for row in rows
        if is_own or row[variants] == shown.id
    }
    page = (told["parent__id"], told["parent__title"]) if is_own and told["parent__id"] else (product.id, product.title)
    return Facts(
        key=product.sku,
        title=shown.title,
        url=product_url(*page, variant=shown.id if shown.id != page[0] else None),
        buy_key=bought.sku if bought else "",
        item_key=told["parent__sku"] or product.sku,
        image=picture_url(told["category__picture"]),
        price=shown.price,
        currency=shown.currency,
        stock=shown.stock,
        visible=told["visible"] and bought is not None and bought.visible and told["parent__visible"] is not False,
        categories=tuple(slug for slug in (told["category__slug"], told["category__parent__slug"]) if slug),
        brand=told["brand"],
        text=told["description"],
        attributes={"size": shown.variant} if shown.variant else {},
        launched_at=told["launched_at"],
        offer=_offer(offers, now),
        counted=not told["is_filler"],
    )


def _to_buy(variants: Sequence[Buyable]) -> Buyable | None:
    """See `Product.to_buy`."""
    visible = sorted((one for one in variants if one.visible), key=lambda one: (one.position, one.id))
    return max(visible, key=lambda one: (one.stock > 0, one.sold, -one.position), default=None)


def _offer(rows: Iterable[tuple[Any, ...]], now: datetime) -> Offer | None:
    """Of the offers that run and have a piece left the one with the lowest price; see `ProductQuerySet.priced`."""
    running = [
        (price, -ends_at.timestamp(), number, ends_at)
        for price, starts_at, ends_at, limit, sold, number in rows
        if price is not None and starts_at <= now < ends_at and (limit is None or sold < limit)
    ]
    if not running:
        return None
    price, *_, ends_at = min(running)
    return Offer(price=price, ends_at=ends_at)
