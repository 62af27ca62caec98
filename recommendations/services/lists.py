"""Make one list: candidates, the shop's live facts, filters, pins, fallbacks, reasons, and the signed id."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice

from django.utils import translation

from recommendations.catalogue import Catalogue, Context, get_catalogue
from recommendations.conf import settings
from recommendations.data.candidates import Source, Spot
from recommendations.data.facts import Facts
from recommendations.data.orders import require_key
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import Fallback, Strategy
from recommendations.ranking.blend import with_pins
from recommendations.ranking.filters import Removal
from recommendations.ranking.reasons import Reason
from recommendations.selectors import live_rules, serving
from recommendations.services import tokens
from recommendations.services.bought import bought_before, is_asked_for
from recommendations.services.explain import Explained, explain
from recommendations.services.opinion import Opinion, Question
from recommendations.services.opinions import NOT_FILLED, OF_ONE_PRODUCT, OPINIONS, opinion_of
from recommendations.services.proposing import Proposals, propose
from recommendations.services.selection import OVERFETCH, Proposal, Selection

MOST_ASKED = 50
"""Items of a cart that are scored, the last ones; all of them are left out of the answer."""

CATEGORIES = 3
CATEGORY_MEMBERS = 1_000
USUAL = frozenset(
    {
        "product-related",
        "cart",
        "for-you",
        "buy-again",
        "new-for-you",
        "because-viewed",
        "product-similar",
        "product-viewed",
        "product-substitutes",
        "trending",
        "best-sellers",
        "offers",
        "recently-viewed",
    }
)
EVERY_FALLBACK = (Fallback.CATEGORY.value, Fallback.POPULAR.value)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One entry of a list. `item` is the product to buy, `rank` counts from 1, `price` is None where none is shown."""

    item: str
    title: str
    url: str
    price: Decimal | None
    currency: str
    score: float
    rank: int
    source: str
    reasons: tuple[Explained, ...]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A list. `fallback`: nothing that was asked for had an answer, so another source gave one.

    `recommendation_id` is what the page reports back; `title` is the placement's; `as_of` is when the counts last
    changed; `removed` says of each item that was proposed and left out why.
    """

    recommendation_id: str
    placement: str
    title: str
    as_of: datetime | None
    fallback: bool
    items: tuple[Suggestion, ...]
    removed: Mapping[str, Removal]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for: `asked` product keys in the parameter named `field`; see `serve.related` for the rest.

    Raises
    ------
    InvalidInput : a key, the limit, the category or the placement's name is none.
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


def answer(ask: Ask) -> Recommendation:
    """The list, with a signed id of its own.

    Raises
    ------
    InvalidInput : there is no such placement.
    UnknownProduct : the shop does not know the product whose related items are asked for.
    """
    catalogue = get_catalogue()
    asked, removed_keys = _identified(catalogue, ask)
    spot = _spot(ask)
    limit = ask.limit or spot.limit
    selection = Selection(catalogue, ask.context, spot.in_stock_only, {}, removed_keys)
    question = Question(ask.shopper, tuple(asked), ask.now, OVERFETCH * limit, ask.category, selection.known)
    opinion = opinion_of(spot.strategy, question)
    by_past = is_asked_for(spot, ask.shopper)
    candidates = serving.candidates(
        asked_keys=() if spot.strategy in OPINIONS else asked[-MOST_ASKED:],
        asked_ids=opinion.history if opinion else (),
        extra_ids=_extra(spot, opinion),
        partners=settings.PARTNERS,
        popular=settings.POPULAR,
        shopper=ask.shopper,
        history=by_past and not (opinion and opinion.habits),
        statistics=by_past,
        now=ask.now,
    )
    proposals = propose(candidates, spot, opinion)
    selection.removed_ids = _removed_ids(proposals, opinion)
    shelf = _fill(ask, asked, proposals, selection, limit)
    return _recommendation(ask, proposals, selection, shelf, opinion)


def _fill(ask: Ask, asked: Sequence[str], proposals: Proposals, selection: Selection, limit: int) -> list[Proposal]:
    """The list: pins, what the strategy proposes, then the fallback chain; one call for facts does for most lists."""
    pins, main = proposals.pinned(), proposals.main()
    opening = list(islice(main, OVERFETCH * limit))
    selection.load([*asked, *proposals.named(), *(pin.key for pin, _ in pins), *(proposal.key for proposal in opening)])
    if ask.strategy in OF_ONE_PRODUCT and asked[0] not in selection.facts:
        raise UnknownProduct(f"the shop has no product {ask.asked[0]!r}")
    kept = selection.accept((pin for pin, _ in pins), limit)
    chosen = selection.accept(chain(opening, main), limit - len(kept))
    for fallback in proposals.spot.fallbacks:
        room = limit - len(kept) - len(chosen)
        if room and (proposals.is_filled or not chosen):
            chosen += selection.accept(_fallback(fallback, proposals, selection, asked, ask.category, room), room)
    return with_pins([(pin, position) for pin, position in pins if pin in kept], chosen, limit)


def _identified(catalogue: Catalogue, ask: Ask) -> tuple[list[str], dict[str, Removal]]:
    """The asked item keys, each once in order, and the item keys that must not be shown for having been named."""
    identities = catalogue.identify(list(dict.fromkeys([*ask.asked, *ask.exclude])))

    def item_key(product_key: str) -> str:
        identity = identities.get(product_key)
        return identity.item_key if identity else product_key

    asked = list(dict.fromkeys(item_key(key) for key in ask.asked))
    same = Removal.SAME_ITEM if ask.strategy in OF_ONE_PRODUCT else Removal.EXCLUDED
    excluded = dict.fromkeys((item_key(key) for key in ask.exclude), Removal.EXCLUDED)
    return asked, {**excluded, **dict.fromkeys(asked, same)}


def _spot(ask: Ask) -> Spot:
    """The placement's row; one of the usual placements whose row is gone serves by the defaults."""
    spot = serving.spot(ask.placement, now=ask.now)
    if spot is not None:
        return spot
    if ask.placement not in USUAL:
        raise InvalidInput("placement", f"must be the name of a placement, not {ask.placement!r}")
    fallbacks = () if ask.strategy in NOT_FILLED else EVERY_FALLBACK
    return Spot(slug=ask.placement, strategy=ask.strategy, fallbacks=fallbacks)


def _extra(spot: Spot, opinion: Opinion | None) -> list[int]:
    wishes = [item_id for item_id, _ in (*spot.pins, *spot.boosts)]
    return [*wishes, *([*opinion.item_ids.tolist(), *opinion.named] if opinion else [])]


def _removed_ids(proposals: Proposals, opinion: Opinion | None) -> dict[int, Removal]:
    removed = {**bought_before(proposals.spot, proposals.candidates, opinion), **(opinion.removed if opinion else {})}
    if proposals.source == Source.TOGETHER:
        pinned = {item_id for item_id, _ in proposals.spot.pins}
        held = (item_id for item_id in proposals.candidates.held.tolist() if item_id not in pinned)
        removed.update(dict.fromkeys(held, Removal.HELD_FOR_REVIEW))
    removed.update(dict.fromkeys(proposals.candidates.unwanted.tolist(), Removal.NOT_INTERESTED))
    removed.update(dict.fromkeys(proposals.spot.hides, Removal.HIDDEN_BY_STAFF))
    return removed


def _fallback(
    fallback: str, proposals: Proposals, selection: Selection, asked: Sequence[str], category: str | None, room: int
) -> Iterator[Proposal]:
    """What one link of the placement's fallback chain proposes; an unknown name proposes nothing."""
    if fallback == Fallback.POPULAR:
        return proposals.popular()
    if fallback == Fallback.CATEGORY:
        return _of_category(proposals, selection, asked, category, room)
    return iter(())


def _of_category(
    proposals: Proposals, selection: Selection, asked: Sequence[str], wanted: str | None, room: int
) -> Iterator[Proposal]:
    """Best sellers of the wanted category, else of the asked items' categories, in the shop's order."""
    facts = [selection.facts[key] for key in reversed(asked) if key in selection.facts]
    named = (category for one in facts for category in one.categories)
    categories = dict.fromkeys([wanted] if wanted is not None else named)
    for category in islice(categories, CATEGORIES):
        members = set(selection.catalogue.members(category, CATEGORY_MEMBERS)).difference(asked)
        sold = serving.best_sellers(
            sorted(members), generation=proposals.candidates.totals.generation, limit=2 * OVERFETCH * room
        )
        total = max(proposals.candidates.totals.orders, 1)
        for item_id, key, orders in sold:
            yield Proposal(item_id, key, orders, orders / total, Source.CATEGORY)


def _recommendation(
    ask: Ask,
    proposals: Proposals,
    selection: Selection,
    shelf: Sequence[Proposal],
    opinion: Opinion | None,
) -> Recommendation:
    totals = proposals.candidates.totals
    sources = {proposal.source for proposal in shelf} - {Source.STAFF}
    fallback = not sources - {Source.CATEGORY, Source.POPULAR} if sources or not shelf else False
    versions = {"generation": totals.generation, "sequence": totals.sequence, **(opinion.versions if opinion else {})}
    shown = tokens.Shown(
        id=uuid.uuid4(),
        placement=ask.placement,
        at=ask.now,
        versions=versions,
        fallback=fallback,
        items=tuple(
            (proposal.item_id, rank, proposal.source.value, 1.0) for rank, proposal in enumerate(shelf, start=1)
        ),
    )
    behind = [pair for pair in map(proposals.pair_behind, shelf) if pair is not None]
    live = live_rules.live_pairs(behind, now=ask.now)
    claimed = {pair for pair, now in live.items() if now.claimed}
    with translation.override(ask.context.language or translation.get_language()):
        items = tuple(
            _suggestion(proposal, rank, proposals.reasons(proposal, claimed), selection, ask.now)
            for rank, proposal in enumerate(shelf, start=1)
        )
    return Recommendation(
        recommendation_id=tokens.sign(shown),
        placement=ask.placement,
        title=proposals.spot.title,
        as_of=totals.folded_at,
        fallback=fallback,
        items=items,
        removed=selection.removed,
    )


def _suggestion(
    proposal: Proposal, rank: int, reasons: Iterable[Reason], selection: Selection, now: datetime
) -> Suggestion:
    facts = selection.facts[proposal.key]
    on_offer = facts.offer is not None and now < facts.offer.ends_at
    return Suggestion(
        item=facts.buy_key or facts.key,
        title=facts.title,
        url=facts.url,
        price=facts.offer.price if on_offer and facts.offer else facts.price,
        currency=facts.currency,
        score=proposal.score,
        rank=rank,
        source=proposal.source.value,
        reasons=tuple(explain(reason, facts, selection.facts) for reason in reasons),
        facts=facts,
    )
