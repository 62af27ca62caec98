"""What a placement would show now, and why not something else: for staff, who see what was left out."""

from collections.abc import Sequence
from datetime import datetime

from recommendations.catalogue import Context
from recommendations.exceptions import InvalidInput
from recommendations.models import Placement, Strategy
from recommendations.services.lists import Ask, Recommendation, answer
from recommendations.services.opinions import OF_ONE_PRODUCT


def preview(
    placement: Placement,
    product_keys: Sequence[str],
    *,
    shopper: str | None,
    context: Context,
    now: datetime,
    limit: int | None = None,
) -> Recommendation:
    """The list of this placement for these products and this shopper; see `serve.related`.

    Raises
    ------
    InvalidInput : a placement of one product needs exactly one; a key or the limit is none.
    UnknownProduct : the shop does not know that product.
    """
    strategy = Strategy(placement.strategy)
    if strategy in OF_ONE_PRODUCT and len(product_keys) != 1:
        raise InvalidInput("item", f"must be given once: {placement.slug} is about one product")
    return answer(Ask("item", tuple(product_keys), (), strategy, placement.slug, limit, shopper, context, now))
