"""Suggest: for a product, for a cart, for a shopper. Reading writes nothing, and something always answers."""

from collections.abc import Sequence
from datetime import datetime

from recommendations.catalogue import Context
from recommendations.models import Strategy
from recommendations.services.answering import Recommendation, Suggestion
from recommendations.services.asking import Ask
from recommendations.services.lists import answer

__all__ = [
    "Recommendation",
    "Suggestion",
    "because_viewed",
    "buy_again",
    "cart",
    "for_you",
    "new_for_you",
    "related",
    "similar",
]


def related(
    product_key: str,
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "product-related",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What is bought together with a product.

    Parameters
    ----------
    context : for whom the shop is asked for facts.
    now : the moment at which offers and pins are judged.
    shopper : key of the asking shopper; what they are not interested in is left out.
    placement : a placement's name; its row decides strategy, limit and fallbacks.
    limit : 1..100, instead of the placement's.
    exclude : product keys to leave out.

    Raises
    ------
    InvalidInput : a key, the limit or the placement's name is none.
    UnknownProduct : the shop does not know the product.
    """
    ask = Ask("item", (product_key,), exclude, Strategy.RELATED, placement, limit, shopper, context, now)
    return answer(ask)


def cart(
    product_keys: Sequence[str],
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "cart",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What completes a cart; products in it that the shop does not know are passed over. See `related`."""
    ask = Ask("items", tuple(product_keys), exclude, Strategy.CART, placement, limit, shopper, context, now)
    return answer(ask)


def similar(
    product_key: str,
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "product-similar",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What is like a product and may replace it. See `related`."""
    ask = Ask("item", (product_key,), exclude, Strategy.SIMILAR, placement, limit, shopper, context, now)
    return answer(ask)


def for_you(
    shopper: str | None,
    *,
    context: Context,
    now: datetime,
    placement: str = "for-you",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What suits a shopper, changed at once by what they look at; best sellers for one without a history and without a
    view, or who refused. See `related`.
    """
    ask = Ask("items", (), exclude, Strategy.FOR_YOU, placement, limit, shopper, context, now)
    return answer(ask)


def buy_again(
    shopper: str | None,
    *,
    context: Context,
    now: datetime,
    placement: str = "buy-again",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What a shopper bought before, what is likely to be wanted next first, and nothing else. See `for_you`."""
    ask = Ask("items", (), exclude, Strategy.BUY_AGAIN, placement, limit, shopper, context, now)
    return answer(ask)


def new_for_you(
    shopper: str | None,
    *,
    context: Context,
    now: datetime,
    placement: str = "new-for-you",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What suits a shopper of all that they never bought. See `for_you`."""
    ask = Ask("items", (), exclude, Strategy.NEW_FOR_YOU, placement, limit, shopper, context, now)
    return answer(ask)


def because_viewed(
    shopper: str | None,
    *,
    context: Context,
    now: datetime,
    placement: str = "because-viewed",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What goes with what a shopper looked at lately, and was neither viewed nor bought. See `for_you`."""
    ask = Ask("items", (), exclude, Strategy.BECAUSE_VIEWED, placement, limit, shopper, context, now)
    return answer(ask)
