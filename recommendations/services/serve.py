"""Suggest: for a product, for a cart, for a shopper. Reading writes nothing, and something always answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from recommendations.catalogue import Context
from recommendations.exceptions import InvalidInput
from recommendations.models import Strategy
from recommendations.services.answering import Recommendation, Suggestion
from recommendations.services.asking import USUAL, Ask
from recommendations.services.considering import Considered
from recommendations.services.lists import answers
from recommendations.services.opinions import OF_ONE_PRODUCT

__all__ = [
    "Considered",
    "Recommendation",
    "Request",
    "Suggestion",
    "batch",
    "because_viewed",
    "best_sellers",
    "buy_again",
    "cart",
    "for_you",
    "new_arrivals",
    "new_for_you",
    "offers",
    "recently_viewed",
    "related",
    "similar",
    "substitutes",
    "trending",
    "viewed_together",
]


@dataclass(frozen=True, slots=True)
class Request:
    """One list of a batch.

    Parameters
    ----------
    strategy : by its name, such as "related"; the placement's row may say another.
    products : the product that a list of one product is asked for, or what is in the cart.
    category : one of the shop's, as `Facts.categories` names it, that all items are of; None: the whole shop.
    diversity : 0..1, instead of the placement's.
    placement : a placement's name; None: the usual one of the strategy.
    limit, exclude : see `related`.
    explained : whether the answer holds every candidate as `considered`, for staff; the shop is asked for all of them.
    tried, drawn_by : for staff, see `asking.Ask`.
    """

    strategy: str
    products: Sequence[str] = ()
    category: str | None = None
    diversity: float | None = None
    placement: str | None = None
    limit: int | None = None
    exclude: Sequence[str] = ()
    explained: bool = False
    tried: Mapping[str, Any] | None = None
    drawn_by: UUID | None = None


def batch(
    requests: Sequence[Request],
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    on_page: Collection[str] = (),
    distinct: bool = True,
) -> list[Recommendation]:
    """Several lists of one page, in the order asked; they share what they read. See `related`.

    Parameters
    ----------
    on_page : item keys (`Suggestion.facts.key`) that the page shows already.
    distinct : whether an item stands in the first list alone that may show it.

    Raises
    ------
    InvalidInput : a strategy's name is none, or a list is not asked for as it must be; also see `related`.
    UnknownProduct : the shop does not know a product that a list is asked for.
    """
    asks = [
        Ask(
            field="products",
            asked=tuple(request.products),
            exclude=request.exclude,
            strategy=_strategy(request),
            placement=_placement(request),
            limit=request.limit,
            shopper=shopper,
            context=context,
            now=now,
            category=request.category,
            diversity=request.diversity,
            on_page=on_page,
            explained=request.explained,
            tried=request.tried,
            drawn_by=request.drawn_by,
        )
        for request in requests
    ]
    return answers(asks, distinct=distinct)


def related(
    product_key: str,
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "product-related",
    limit: int | None = None,
    exclude: Sequence[str] = (),
    category: str | None = None,
    diversity: float | None = None,
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
    category, diversity : see `Request`.

    Raises
    ------
    InvalidInput : a key, the limit, the category, the diversity or the placement's name is none.
    UnknownProduct : the shop does not know the product.
    """
    ask = Ask(
        "item", (product_key,), exclude, Strategy.RELATED, placement, limit, shopper, context, now, category, diversity
    )
    return _one(ask)


def cart(
    product_keys: Sequence[str],
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "cart",
    limit: int | None = None,
    exclude: Sequence[str] = (),
    category: str | None = None,
    diversity: float | None = None,
) -> Recommendation:
    """What completes a cart; products in it that the shop does not know are passed over. See `related`."""
    ask = Ask(
        "items",
        tuple(product_keys),
        exclude,
        Strategy.CART,
        placement,
        limit,
        shopper,
        context,
        now,
        category,
        diversity,
    )
    return _one(ask)


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
    return _one(ask)


def for_you(
    shopper: str | None,
    *,
    context: Context,
    now: datetime,
    placement: str = "for-you",
    limit: int | None = None,
    exclude: Sequence[str] = (),
    category: str | None = None,
    diversity: float | None = None,
) -> Recommendation:
    """What suits a shopper, changed at once by what they look at; best sellers for one without a history and without a
    view, or who refused. See `related`.
    """
    ask = Ask("items", (), exclude, Strategy.FOR_YOU, placement, limit, shopper, context, now, category, diversity)
    return _one(ask)


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
    return _one(ask)


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
    return _one(ask)


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
    return _one(ask)


def viewed_together(
    product_key: str,
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "product-viewed",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What shoppers who look at a product look at as well. See `related`."""
    ask = Ask("item", (product_key,), exclude, Strategy.VIEWED_TOGETHER, placement, limit, shopper, context, now)
    return _one(ask)


def substitutes(
    product_key: str,
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "product-substitutes",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What is bought instead of a product; what is like it where nothing is known to be. See `related`."""
    ask = Ask("item", (product_key,), exclude, Strategy.SUBSTITUTES, placement, limit, shopper, context, now)
    return _one(ask)


def trending(
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "trending",
    category: str | None = None,
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What sells more this week than it usually does, whatever the whole shop's rise.

    Parameters
    ----------
    category : one of the shop's, as `Facts.categories` names it; None: the whole shop. See `related` for the rest.

    Raises
    ------
    InvalidInput : a key, the category, the limit or the placement's name is none.
    """
    ask = Ask("items", (), exclude, Strategy.TRENDING, placement, limit, shopper, context, now, category)
    return _one(ask)


def best_sellers(
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "best-sellers",
    category: str | None = None,
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What sold best in the last weeks, the latest most. See `trending`."""
    ask = Ask("items", (), exclude, Strategy.BEST_SELLERS, placement, limit, shopper, context, now, category)
    return _one(ask)


def offers(
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "offers",
    category: str | None = None,
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What has an offer that runs at `now`, what suits the shopper first, and nothing else. See `trending`."""
    ask = Ask("items", (), exclude, Strategy.OFFERS, placement, limit, shopper, context, now, category)
    return _one(ask)


def recently_viewed(
    shopper: str | None,
    *,
    context: Context,
    now: datetime,
    placement: str = "recently-viewed",
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What a shopper looked at, the latest first, and nothing else. See `for_you`."""
    ask = Ask("items", (), exclude, Strategy.RECENTLY_VIEWED, placement, limit, shopper, context, now)
    return _one(ask)


def new_arrivals(
    *,
    context: Context,
    now: datetime,
    shopper: str | None = None,
    placement: str = "new-arrivals",
    category: str | None = None,
    limit: int | None = None,
    exclude: Sequence[str] = (),
) -> Recommendation:
    """What is new in the shop: the more an item promises, the more often and the higher it stands; see `trending`.

    Which items and in which order is drawn anew for each list. Nothing where nothing is new.
    """
    ask = Ask("items", (), exclude, Strategy.NEW_ARRIVALS, placement, limit, shopper, context, now, category)
    return _one(ask)


def _one(ask: Ask) -> Recommendation:
    return answers([ask])[0]


def _strategy(request: Request) -> Strategy:
    if request.strategy not in Strategy.values:
        raise InvalidInput("strategy", f"must be one of {', '.join(Strategy.values)}, not {request.strategy!r:.40}")
    strategy = Strategy(request.strategy)
    if strategy in OF_ONE_PRODUCT and len(request.products) != 1:
        raise InvalidInput("products", f"must be one product key for {strategy}, not {len(request.products)}")
    return strategy


def _placement(request: Request) -> str:
    placement = request.placement if request.placement is not None else USUAL.get(_strategy(request))
    if placement is None:
        raise InvalidInput("placement", f"must be named for {request.strategy}")
    return placement
