"""Fill one list: pins, promoted items, what the strategies propose, then fallbacks, all by the shop's live facts."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.data.candidates import Source, Spot
from recommendations.data.facts import Facts
from recommendations.exceptions import UnknownProduct
from recommendations.models import ArtefactKind, Fallback
from recommendations.ranking import promotion
from recommendations.ranking.blend import with_pins
from recommendations.ranking.diversity import kinship, marginal_relevance, with_vectors
from recommendations.ranking.filters import Beside
from recommendations.selectors import serving
from recommendations.services.asking import Ask
from recommendations.services.exploring import Explorer
from recommendations.services.opinions import OF_ONE_PRODUCT
from recommendations.services.proposing import Proposals
from recommendations.services.selection import OVERFETCH, Proposal, Selection

CATEGORIES = 3
CATEGORY_MEMBERS = 1_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A list before the shop said what may be shown.

    Parameters
    ----------
    id : the list's own; promoted and new items are drawn by it.
    asked : item keys.
    values : by item id, the marginal relevance by which a diverse list put an item where it is.
    """

    id: uuid.UUID
    ask: Ask
    asked: tuple[str, ...]
    limit: int
    proposals: Proposals
    selection: Selection
    pins: list[tuple[Proposal, int | None]]
    promoted: list[tuple[Proposal, float]]
    opening: list[Proposal]
    rest: Iterator[Proposal]
    explorer: Explorer | None = None
    values: dict[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, ask: Ask, asked: tuple[str, ...], limit: int, proposals: Proposals, selection: Selection) -> "Draft":
        main = proposals.main()
        promoted = proposals.promoted() if promotion.slots(proposals.spot.promoted_share, limit) else []
        opening = list(islice(main, _most_opening(proposals.spot, ask, limit)))
        pins = proposals.pinned()
        drawn_by = ask.drawn_by or uuid.uuid4()
        explorer = Explorer.of(drawn_by, ask, proposals.spot, proposals.candidates.totals.generation)
        return cls(drawn_by, ask, asked, limit, proposals, selection, pins, promoted, opening, main, explorer)

    def wanted(self) -> Iterator[str]:
        """Item keys whose facts nearly always do for the list."""
        wishes = (proposal for proposal, _ in chain(self.pins, self.promoted))
        return chain(self.asked, self.proposals.named(), (one.key for one in chain(wishes, self.opening)))


def fill(draft: Draft) -> list[Proposal]:
    """The list; the facts of the draft's keys are loaded.

    Raises
    ------
    UnknownProduct : the shop does not know the product whose related items are asked for.
    """
    ask, limit, selection, spot = draft.ask, draft.limit, draft.selection, draft.proposals.spot
    known = selection.live.facts
    if ask.strategy in OF_ONE_PRODUCT and draft.asked[0] not in known:
        raise UnknownProduct(f"the shop has no product {ask.asked[0]!r}")
    selection.beside = Beside.of([known[key] for key in draft.asked if key in known], spot, ask.now)
    pinned = selection.accept((pin for pin, _ in draft.pins), limit)
    promoted = selection.accept(_promoted(draft, limit - len(pinned)), limit - len(pinned))
    room = limit - len(pinned) - len(promoted)
    opening = _diverse(draft, [*pinned, *promoted]) if spot.diversity else draft.opening
    chosen = selection.accept(opening, room)
    chosen += selection.accept(draft.rest, room - len(chosen))
    if draft.explorer is not None and draft.explorer.is_whole_list:
        chosen = draft.explorer.whole_list(selection, room)
    for fallback in spot.fallbacks:
        if len(chosen) < room and (draft.proposals.is_filled or not chosen):
            chosen += selection.accept(_fallback(fallback, draft, room - len(chosen)), room - len(chosen))
    chosen += selection.accept_capped(room - len(chosen))
    if draft.explorer is not None and not draft.explorer.is_whole_list:
        chosen = draft.explorer.mixed(chosen, draft.asked, selection, room)
    if draft.explorer is not None:
        selection.taken = {selection.live.identity(one.key).item_key for one in (*pinned, *promoted, *chosen)}
    places = [(pin, position) for pin, position in draft.pins if pin in pinned]
    places += [(one, promotion.position(number, spot.promoted_share)) for number, one in enumerate(promoted, start=1)]
    return with_pins(places, chosen, limit)


def _most_opening(spot: Spot, ask: Ask, limit: int) -> int:
    """How many proposals the shop is asked about at first: half as many again as are shown; more where rules choose."""
    by_staff = spot.diversity or spot.bans or spot.price_band or spot.per_category or spot.per_brand
    is_shaped = by_staff or ask.category is not None
    return OVERFETCH * limit if is_shaped else limit + (limit + 1) // 2


def _promoted(draft: Draft, room: int) -> list[Proposal]:
    """The drawn ones of those that may be shown and are relevant: evident to the strategy, or of an asked category."""
    most = min(promotion.slots(draft.proposals.spot.promoted_share, draft.limit), room)
    if not draft.promoted or not most:
        return []
    known = draft.selection.live.facts
    asked = {category for key in draft.asked if key in known for category in known[key].categories}
    weights = {one.item_id: weight for one, weight in draft.promoted}
    fitting = [
        one
        for one in draft.selection.fitting(proposal for proposal, _ in draft.promoted)
        if draft.proposals.evident[one.position] or not asked.isdisjoint(known[one.key].categories)
    ]
    chances = promotion.chances([weights[one.item_id] for one in fitting], most)
    drawn = promotion.draw(chances, np.random.default_rng(draft.id.int))
    return [replace(fitting[place], propensity=float(chances[place])) for place in drawn]


def _diverse(draft: Draft, before: Sequence[Proposal]) -> list[Proposal]:
    """Those of the opening that may be shown, in the order of maximal marginal relevance behind those before."""
    fitting = draft.selection.fitting(draft.opening)
    spot, listed = draft.proposals.spot, [*before, *fitting]
    alike = kinship([_tags(draft.selection.live.facts[one.key]) for one in listed])
    network = store.pointed(ArtefactKind.NETWORK, spot.vectors)
    if network is not None:
        alike = with_vectors(alike, _vectors(network, [one.item_id for one in listed]))
    order = marginal_relevance(alike, spot.diversity, before=len(before))
    draft.values.update({fitting[place].item_id: value for place, value in order})
    return [fitting[place] for place, _ in order]


def _tags(facts: Facts) -> frozenset[str]:
    return frozenset([*facts.categories, *([f"brand {facts.brand}"] if facts.brand else [])])


def _vectors(network: store.Loaded, item_ids: Sequence[int]) -> NDArray[np.float64]:
    ids, factors = network.arrays["item_ids"], network.arrays["factors"]
    places = np.minimum(np.searchsorted(ids, item_ids), len(ids) - 1)
    there = ids[places] == item_ids
    return np.where(there[:, None], factors[places], 0.0).astype(np.float64)


def _fallback(fallback: str, draft: Draft, room: int) -> Iterator[Proposal]:
    """What one link of the placement's fallback chain proposes; an unknown name proposes nothing."""
    if fallback == Fallback.POPULAR:
        return draft.proposals.popular()
    if fallback == Fallback.CATEGORY:
        return _of_category(draft, room)
    return iter(())


def _of_category(draft: Draft, room: int) -> Iterator[Proposal]:
    """Best sellers of the wanted category, else of the asked items' categories, in the shop's order."""
    live, totals = draft.selection.live, draft.proposals.candidates.totals
    facts = [live.facts[key] for key in reversed(draft.asked) if key in live.facts]
    named = (category for one in facts for category in one.categories)
    categories = dict.fromkeys(named if draft.ask.category is None else [draft.ask.category])
    for category in islice(categories, CATEGORIES):
        members = set(live.catalogue.members(category, CATEGORY_MEMBERS)).difference(draft.asked)
        sold = serving.best_sellers(sorted(members), generation=totals.generation, limit=2 * OVERFETCH * room)
        for item_id, key, orders in sold:
            yield Proposal(item_id, key, orders, orders / max(totals.orders, 1), Source.CATEGORY)
