"""Make lists: candidates, the shop's live facts, filters, pins, fallbacks, reasons, and the signed ids."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from recommendations.catalogue import get_catalogue
from recommendations.conf import settings
from recommendations.data.candidates import Spot
from recommendations.ranking.filters import Caps
from recommendations.selectors import serving
from recommendations.services.answering import Recommendation, recommendations_of
from recommendations.services.asking import Ask, Named, identified, spots_of
from recommendations.services.bought import is_asked_for
from recommendations.services.facts import LiveFacts
from recommendations.services.filling import Draft, fill
from recommendations.services.opinion import Opinion, Question
from recommendations.services.opinions import OF_A_CATEGORY, OF_A_SHOPPER, OPINIONS, opinion_of
from recommendations.services.proposing import propose, strategies_of
from recommendations.services.selection import OVERFETCH, WIDENING, Selection

MOST_ASKED = 50
"""Items of a cart that are scored, the last ones; all of them are left out of the answer."""


def answers(asks: Sequence[Ask], *, distinct: bool = True) -> list[Recommendation]:
    """The lists in the order asked, each with a signed id of its own.

    They share what they read: identities, placements and facts are asked for once for all of them.

    Parameters
    ----------
    asks : of one moment and one context.
    distinct : whether an item stands in the first list alone that may show it.

    Raises
    ------
    InvalidInput : there is no such placement.
    UnknownProduct : the shop does not know a product whose related items are asked for.
    """
    if not asks:
        return []
    live = LiveFacts(get_catalogue(), asks[0].context)
    rows = zip(asks, identified(live, asks), spots_of(asks), strict=True)
    drafts = [_draft(ask, named, spot, live) for ask, named, spot in rows]
    live.load(key for draft in drafts for key in draft.wanted())
    shown: set[str] = set()
    shelves = []
    for draft in drafts:
        draft.selection.on_page |= shown
        shelves.append(fill(draft))
        if distinct:
            shown |= draft.selection.taken
    return recommendations_of(drafts, shelves)


def _draft(ask: Ask, named: Named, spot: Spot, live: LiveFacts) -> Draft:
    limit = ask.limit or spot.limit
    strategies = [strategy for strategy, _ in strategies_of(spot)]
    is_sifted = ask.category is not None and not OF_A_CATEGORY.issuperset(strategies)
    most = OVERFETCH * limit * (WIDENING**2 if is_sifted else 1)
    question = Question(ask.shopper, named.asked, ask.now, most, ask.category, live.known)
    found = {strategy: opinion_of(strategy, question) for strategy in strategies}
    opinions = {strategy: opinion for strategy, opinion in found.items() if opinion is not None}
    by_past = [strategy for strategy in strategies if is_asked_for(replace(spot, strategy=strategy), ask.shopper)]
    candidates = serving.candidates(
        asked_keys=() if OPINIONS.keys() >= set(strategies) else named.asked[-MOST_ASKED:],
        asked_ids=list(dict.fromkeys(item_id for opinion in opinions.values() for item_id in opinion.history)),
        extra_ids=_extra(spot, opinions),
        partners=settings.PARTNERS,
        popular=settings.POPULAR,
        shopper=ask.shopper,
        history=any(strategy not in opinions or not opinions[strategy].habits for strategy in by_past),
        statistics=bool(by_past),
        lasting=OF_A_SHOPPER.isdisjoint(strategies),
        now=ask.now,
    )
    proposals = propose(candidates, spot, opinions)
    selection = Selection(
        live=live,
        now=ask.now,
        in_stock_only=spot.in_stock_only,
        removed_ids=proposals.removed_ids(),
        removed_keys=named.removed,
        category=ask.category,
        caps=Caps(spot.per_category, spot.per_brand),
        on_page=set(ask.on_page),
    )
    return Draft.of(ask, named.asked, limit, proposals, selection)


def _extra(spot: Spot, opinions: Mapping[str, Opinion]) -> list[int]:
    wishes = [item_id for item_id, _ in (*spot.pins, *spot.boosts, *spot.promoted)]
    told = [item_id for one in opinions.values() for item_id in (*one.item_ids.tolist(), *one.named)]
    return list(dict.fromkeys([*wishes, *told]))
