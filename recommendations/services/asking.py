"""What is asked for: validated, identified as items, with the row of its placement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from recommendations.catalogue import Catalogue, Context
from recommendations.data.candidates import Spot
from recommendations.data.orders import require_key
from recommendations.exceptions import InvalidInput
from recommendations.models import Fallback, Strategy
from recommendations.ranking.filters import Removal
from recommendations.selectors import serving
from recommendations.services.opinions import OF_ONE_PRODUCT

USUAL = frozenset(
    {"product-related", "cart", "for-you", "buy-again", "new-for-you", "because-viewed", "product-similar"}
)
EVERY_FALLBACK = (Fallback.CATEGORY.value, Fallback.POPULAR.value)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for: `asked` product keys in the parameter named `field`; see `serve.related` for the rest.

    Raises
    ------
    InvalidInput : a key, the limit or the placement's name is none.
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

    def __post_init__(self) -> None:
        for key in self.asked:
            require_key(self.field, key)
        for key in self.exclude:
            require_key("exclude", key)
        require_key("placement", self.placement, longest=50)
        fits = isinstance(self.limit, int) and not isinstance(self.limit, bool) and 1 <= self.limit <= 100
        if self.limit is not None and not fits:
            raise InvalidInput("limit", f"must be a whole number from 1 to 100, not {self.limit!r:.40}")


def identified(catalogue: Catalogue, ask: Ask) -> tuple[list[str], dict[str, Removal]]:
    """The asked item keys, each once in order, and the item keys that must not be shown for having been named."""
    identities = catalogue.identify(list(dict.fromkeys([*ask.asked, *ask.exclude])))

    def item_key(product_key: str) -> str:
        identity = identities.get(product_key)
        return identity.item_key if identity else product_key

    asked = list(dict.fromkeys(item_key(key) for key in ask.asked))
    same = Removal.SAME_ITEM if ask.strategy in OF_ONE_PRODUCT else Removal.EXCLUDED
    excluded = dict.fromkeys((item_key(key) for key in ask.exclude), Removal.EXCLUDED)
    return asked, {**excluded, **dict.fromkeys(asked, same)}


def spot_of(ask: Ask) -> Spot:
    """The placement's row; one of the usual placements whose row is gone serves by the defaults."""
    spot = serving.spot(ask.placement, now=ask.now)
    if spot is not None:
        return spot
    if ask.placement not in USUAL:
        raise InvalidInput("placement", f"must be the name of a placement, not {ask.placement!r}")
    return Spot(slug=ask.placement, strategy=ask.strategy, fallbacks=EVERY_FALLBACK)
