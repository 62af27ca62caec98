"""What is asked for: validated, identified as items, with the rows of the placements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from recommendations.catalogue import Context, Identity
from recommendations.data.candidates import Spot
from recommendations.data.orders import require_key
from recommendations.exceptions import InvalidInput
from recommendations.models import Fallback, Strategy
from recommendations.ranking.filters import Removal
from recommendations.selectors.spots import changed, spots
from recommendations.services.facts import LiveFacts
from recommendations.services.opinions import NOT_FILLED, OF_ONE_PRODUCT

USUAL = {
    Strategy.RELATED: "product-related",
    Strategy.CART: "cart",
    Strategy.FOR_YOU: "for-you",
    Strategy.BUY_AGAIN: "buy-again",
    Strategy.NEW_FOR_YOU: "new-for-you",
    Strategy.BECAUSE_VIEWED: "because-viewed",
    Strategy.SIMILAR: "product-similar",
    Strategy.VIEWED_TOGETHER: "product-viewed",
    Strategy.SUBSTITUTES: "product-substitutes",
    Strategy.TRENDING: "trending",
    Strategy.BEST_SELLERS: "best-sellers",
    Strategy.OFFERS: "offers",
    Strategy.RECENTLY_VIEWED: "recently-viewed",
    Strategy.NEW_ARRIVALS: "new-arrivals",
}
"""The placement of each strategy that is there on the first day; a blend has none."""

EVERY_FALLBACK = (Fallback.CATEGORY.value, Fallback.POPULAR.value)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for: `asked` product keys in the parameter named `field`; see `serve.related` for the rest.

    `category` is the one that all items of the list are of, `diversity` is instead of the placement's.
    `tried` are values of the placement's fields to serve by instead of its row's, `drawn_by` is the list's id, which
    decides what is drawn at random; None: a fresh one.

    Raises
    ------
    InvalidInput : a key, the limit, the category, the diversity or the placement's name is none.
    """

    field: str
    asked: tuple[str, ...]
    exclude: Sequence[str]
    strategy: Strategy
    placement: str
    limit: int | None
    shopper: str | None
    context: Context
    now: datetime
    category: str | None = None
    diversity: float | None = None
    on_page: Collection[str] = ()
    explained: bool = False
    tried: Mapping[str, Any] | None = None
    drawn_by: UUID | None = None

    def __post_init__(self) -> None:
        for key in self.asked:
            require_key(self.field, key)
        for key in self.exclude:
            require_key("exclude", key)
        require_key("placement", self.placement, longest=50)
        if self.category is not None:
            require_key("category", self.category)
        fits = isinstance(self.limit, int) and not isinstance(self.limit, bool) and 1 <= self.limit <= 100
        if self.limit is not None and not fits:
            raise InvalidInput("limit", f"must be a whole number from 1 to 100, not {self.limit!r:.40}")
        is_number = isinstance(self.diversity, int | float) and not isinstance(self.diversity, bool)
        if self.diversity is not None and not (is_number and 0 <= self.diversity <= 1):
            raise InvalidInput("diversity", f"must be a number from 0 to 1, not {self.diversity!r:.40}")


@dataclass(frozen=True, slots=True)
class Named:
    """The asked item keys, each once in order, and the item keys that must not be shown for having been named."""

    asked: tuple[str, ...]
    removed: Mapping[str, Removal]


def identified(live: LiveFacts, asks: Sequence[Ask]) -> list[Named]:
    """What each ask names, as items; the shop is asked once."""
    identities = live.identities(list(dict.fromkeys(key for ask in asks for key in (*ask.asked, *ask.exclude))))
    return [_named(ask, identities) for ask in asks]


def spots_of(asks: Sequence[Ask]) -> list[Spot]:
    """The placements' rows, in one statement; a usual placement whose row is gone serves by the defaults.

    Raises
    ------
    InvalidInput : there is no such placement.
    """
    found = spots(list(dict.fromkeys(ask.placement for ask in asks)), now=asks[0].now)
    return [_as_asked(ask, _spot(ask, found.get(ask.placement))) for ask in asks]


def _named(ask: Ask, identities: Mapping[str, Identity]) -> Named:
    def item_key(product_key: str) -> str:
        identity = identities.get(product_key)
        return identity.item_key if identity else product_key

    asked = tuple(dict.fromkeys(item_key(key) for key in ask.asked))
    same = Removal.SAME_ITEM if ask.strategy in OF_ONE_PRODUCT else Removal.EXCLUDED
    excluded = dict.fromkeys((item_key(key) for key in ask.exclude), Removal.EXCLUDED)
    return Named(asked, {**excluded, **dict.fromkeys(asked, same)})


def _spot(ask: Ask, found: Spot | None) -> Spot:
    if found is None and ask.placement not in USUAL.values():
        raise InvalidInput("placement", f"must be the name of a placement, not {ask.placement!r}")
    if found is None:
        fallbacks = () if ask.strategy in NOT_FILLED else EVERY_FALLBACK
        return Spot(slug=ask.placement, strategy=ask.strategy, fallbacks=fallbacks)
    if ask.tried is not None:
        found = changed(found, ask.tried)
    if found.strategy == Strategy.BLEND and not found.sources:
        # Only a row that no form has seen is a blend of nothing.
        return replace(found, strategy=ask.strategy)
    return found


def _as_asked(ask: Ask, spot: Spot) -> Spot:
    return spot if ask.diversity is None else replace(spot, diversity=float(ask.diversity))
