"""Make one list: candidates, the shop's live facts, filters, pins, fallbacks, reasons, and the signed id."""

from recommendations.catalogue import get_catalogue
from recommendations.conf import settings
from recommendations.data.candidates import Spot
from recommendations.selectors import serving
from recommendations.services.answering import Recommendation, recommendation_of
from recommendations.services.asking import Ask, identified, spot_of
from recommendations.services.filling import fill, removed_ids
from recommendations.services.opinion import Opinion, Question
from recommendations.services.opinions import OPINIONS, opinion_of
from recommendations.services.proposing import propose
from recommendations.services.selection import OVERFETCH, Selection

MOST_ASKED = 50
"""Items of a cart that are scored, the last ones; all of them are left out of the answer."""


def answer(ask: Ask) -> Recommendation:
    """The list, with a signed id of its own.

    Raises
    ------
    InvalidInput : there is no such placement.
    UnknownProduct : the shop does not know the product whose related items are asked for.
    """
    catalogue = get_catalogue()
    asked, removed_keys = identified(catalogue, ask)
    spot = spot_of(ask)
    limit = ask.limit or spot.limit
    question = Question(ask.shopper, tuple(asked), ask.now, OVERFETCH * limit)
    opinion = opinion_of(spot.strategy, question)
    candidates = serving.candidates(
        asked_keys=() if spot.strategy in OPINIONS else asked[-MOST_ASKED:],
        asked_ids=opinion.history if opinion else (),
        extra_ids=_extra(spot, opinion),
        partners=settings.PARTNERS,
        popular=settings.POPULAR,
        shopper=ask.shopper,
        now=ask.now,
    )
    proposals = propose(candidates, spot, opinion)
    removed = removed_ids(proposals, opinion)
    selection = Selection(catalogue, ask.context, spot.in_stock_only, removed, removed_keys)
    shelf = fill(ask, asked, proposals, selection, limit)
    return recommendation_of(ask, proposals, selection, shelf, opinion)


def _extra(spot: Spot, opinion: Opinion | None) -> list[int]:
    wishes = [item_id for item_id, _ in (*spot.pins, *spot.boosts)]
    return [*wishes, *([*opinion.item_ids.tolist(), *opinion.named] if opinion else [])]
