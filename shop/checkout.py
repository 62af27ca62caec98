"""Place an order: stock, order and its record for recommendations in one transaction."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q

from recommendations.services import record
from shop.cart import delivery_for
from shop.models import Order, OrderLine, Product
from shop.stock import OfferGone, StockGone, take, take_offers


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who orders and where it goes; `user_id` is None for a guest, `visitor` their anonymous shopper key if any."""

    email: str
    name: str
    address: str
    user_id: int | None = None
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A product of which fewer pieces are left than wanted; `product` is None where it is no longer sold."""

    product: Product | None
    left: int


class CannotPlace(Exception):
    """The order cannot be placed as it is; nothing was changed."""


class SoldOut(CannotPlace):
    """Some products are not there in this quantity."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__(f"{len(shortages)} products are short")
        self.shortages = tuple(shortages)


class TotalChanged(CannotPlace):
    """The customer was shown another total: a price changed, an offer ended or was used up meanwhile."""


def place(*, checkout: uuid.UUID, wanted: Mapping[int, int], buyer: Buyer, shown: Decimal, now: datetime) -> Order:
    """Place an order; the same `checkout` again gives the same order.

    Parameters
    ----------
    checkout : names the form that was sent, so that sending it twice orders once.
    wanted : pieces by product id, each 1 or more, in the cart's order.
    shown : the total that the customer agreed to.

    Raises
    ------
    SoldOut, TotalChanged : nothing was changed.
    """
    try:
        return _place(checkout, wanted, buyer, shown, now)
    except IntegrityError:
        # Sent twice at the same moment: the other one won.
        order = Order.objects.filter(checkout=checkout).first()
        if order is None:
            raise
        return order


@transaction.atomic
def _place(checkout: uuid.UUID, wanted: Mapping[int, int], buyer: Buyer, shown: Decimal, now: datetime) -> Order:
    earlier = Order.objects.filter(checkout=checkout).first()
    if earlier is not None:
        return earlier
    products = _locked(wanted, now)
    shortages = [shortage for pk, pieces in wanted.items() if (shortage := _shortage(products.get(pk), pieces))]
    if shortages or not wanted:
        raise SoldOut(shortages)
    order = _order(checkout, [(products[pk], pieces) for pk, pieces in wanted.items()], buyer, now)
    if order.total != shown:
        raise TotalChanged
    try:
        take(wanted, {pk: products[pk].parent_id for pk in wanted})
        take_offers({offer: n for pk, n in wanted.items() if (offer := _offer_of(products[pk], n, now)) is not None})
    except OfferGone:
        raise TotalChanged from None
    except StockGone:
        raise SoldOut([Shortage(products[pk], products[pk].stock) for pk in wanted]) from None
    order.save(force_insert=True)
    lines = OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            product=products[pk],
            title=products[pk].title,
            quantity=pieces,
            unit_price=products[pk].price_at(now, pieces),
        )
        for pk, pieces in wanted.items()
    )
    with record.sparing(f"order {order.number}"):
        record.order(as_placed(order, lines))
    return order


def as_placed(order: Order, lines: Sequence[OrderLine]) -> record.PlacedOrder:
    """The order as the recommendation plugin takes it."""
    return record.PlacedOrder(
        key=order.number,
        lines=tuple(record.PlacedLine(line.product.sku, line.quantity, line.unit_price) for line in lines),
        placed_at=order.placed_at,
        currency=order.currency,
        shopper=order.shopper_key,
    )


def _locked(wanted: Mapping[int, int], now: datetime) -> dict[int, Product]:
    """The products and their parents as they are now, locked by id: two checkouts never wait in a circle."""
    parents = Product.objects.filter(pk__in=list(wanted), parent__isnull=False).values("parent_id")
    rows = Product.objects.filter(Q(pk__in=list(wanted)) | Q(pk__in=parents)).priced(now).order_by("pk")
    products = {product.pk: product for product in rows.select_for_update()}
    for product in products.values():
        if product.parent_id is not None:
            product.parent = products.get(product.parent_id)
    return products


def _shortage(product: Product | None, pieces: int) -> Shortage | None:
    if product is None or not product.is_sold:
        return Shortage(None, 0)
    return Shortage(product, product.stock) if product.stock < pieces else None


def _offer_of(product: Product, pieces: int, now: datetime) -> int | None:
    """The id of the offer that these pieces are sold at, if any."""
    return product.offer_id if product.has_offer(now, pieces) else None


def _order(checkout: uuid.UUID, bought: Sequence[tuple[Product, int]], buyer: Buyer, now: datetime) -> Order:
    subtotal = sum((pieces * product.price_at(now, pieces) for product, pieces in bought), Decimal(0))
    return Order(
        number=f"{now:%y%m%d}-{secrets.token_hex(4).upper()}",
        checkout=checkout,
        user_id=buyer.user_id,
        visitor="" if buyer.user_id else buyer.visitor,
        email=buyer.email,
        name=buyer.name,
        address=buyer.address,
        placed_at=now,
        currency=bought[0][0].currency,
        subtotal=subtotal,
        delivery=delivery_for(subtotal),
    )
