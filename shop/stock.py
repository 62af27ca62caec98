"""Pieces leave the shelf and come back, in one statement a direction."""

from collections.abc import Mapping

from django.db.models import BigIntegerField, Case, F, Q, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Greatest

from shop.models import Offer, Product


class StockGone(Exception):
    """Fewer pieces are there than were to be taken; roll back what was done."""


class OfferGone(Exception):
    """An offer has fewer pieces left than were to be sold at its price; roll back what was done."""


def take(pieces: Mapping[int, int], parents: Mapping[int, int | None]) -> None:
    """Take pieces of each product, or raise StockGone; call it within a transaction.

    Parameters
    ----------
    pieces : pieces by product id.
    parents : the parent's id of each product, None where it is no variant.
    """
    wanted = _by_id(pieces)
    there = Product.objects.filter(pk__in=list(pieces), stock__gte=wanted)
    if there.update(stock=F("stock") - wanted, sold=F("sold") + wanted) != len(pieces):
        raise StockGone
    families = _families(pieces, parents)
    if families:
        Product.objects.filter(pk__in=list(families)).update(sold=F("sold") + _by_id(families))


def take_offers(pieces: Mapping[int, int]) -> None:
    """Count so many pieces by offer id as sold at its price, or raise OfferGone; call it within a transaction."""
    if not pieces:
        return
    wanted = _by_id(pieces)
    enough = Q(stock_limit__isnull=True) | Q(stock_limit__gte=F("sold") + wanted)
    if Offer.objects.filter(enough, pk__in=list(pieces)).update(sold=F("sold") + wanted) != len(pieces):
        raise OfferGone


def put_back(pieces: Mapping[int, int], parents: Mapping[int, int | None]) -> None:
    """Put pieces back on the shelf."""
    returned = _by_id(pieces)
    Product.objects.filter(pk__in=list(pieces)).update(stock=F("stock") + returned, sold=_less(returned))
    families = _families(pieces, parents)
    if families:
        Product.objects.filter(pk__in=list(families)).update(sold=_less(_by_id(families)))


def _families(pieces: Mapping[int, int], parents: Mapping[int, int | None]) -> dict[int, int]:
    families: dict[int, int] = {}
    for product_id, count in pieces.items():
        parent_id = parents[product_id]
        if parent_id is not None:
            families[parent_id] = families.get(parent_id, 0) + count
    return families


def _less(returned: Case) -> CombinedExpression:
    return Greatest(F("sold"), returned, output_field=BigIntegerField()) - returned


def _by_id(pieces: Mapping[int, int]) -> Case:
    whens = [When(pk=pk, then=Value(count)) for pk, count in pieces.items()]
    return Case(*whens, default=Value(0), output_field=BigIntegerField())
