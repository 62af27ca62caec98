"""Fill one list: pins, what the strategy proposes, then the placement's fallbacks, all by the shop's live facts."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from recommendations.data.candidates import Source
from recommendations.exceptions import UnknownProduct
from recommendations.models import Fallback
from recommendations.ranking.blend import with_pins
from recommendations.ranking.filters import Removal
from recommendations.selectors import serving
from recommendations.services.asking import Ask
from recommendations.services.opinion import Opinion
from recommendations.services.opinions import OF_ONE_PRODUCT
from recommendations.services.proposing import Proposals
from recommendations.services.selection import OVERFETCH, Proposal, Selection

CATEGORIES = 3
CATEGORY_MEMBERS = 1_000


def fill(ask: Ask, asked: Sequence[str], proposals: Proposals, selection: Selection, limit: int) -> list[Proposal]:
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
            chosen += selection.accept(_fallback(fallback, proposals, selection, asked, room), room)
    return with_pins([(pin, position) for pin, position in pins if pin in kept], chosen, limit)


def removed_ids(proposals: Proposals, opinion: Opinion | None) -> dict[int, Removal]:
    removed = dict(opinion.removed) if opinion else {}
    if proposals.source == Source.TOGETHER:
        pinned = {item_id for item_id, _ in proposals.spot.pins}
        held = (item_id for item_id in proposals.candidates.held.tolist() if item_id not in pinned)
        removed.update(dict.fromkeys(held, Removal.HELD_FOR_REVIEW))
    removed.update(dict.fromkeys(proposals.candidates.unwanted.tolist(), Removal.NOT_INTERESTED))
    removed.update(dict.fromkeys(proposals.spot.hides, Removal.HIDDEN_BY_STAFF))
    return removed


def _fallback(
    fallback: str, proposals: Proposals, selection: Selection, asked: Sequence[str], room: int
) -> Iterator[Proposal]:
    """What one link of the placement's fallback chain proposes; an unknown name proposes nothing."""
    if fallback == Fallback.POPULAR:
        return proposals.popular()
    if fallback == Fallback.CATEGORY:
        return _of_category(proposals, selection, asked, room)
    return iter(())


def _of_category(proposals: Proposals, selection: Selection, asked: Sequence[str], room: int) -> Iterator[Proposal]:
    """Best sellers of the asked items' categories, in the order in which the shop names them."""
    facts = [selection.facts[key] for key in reversed(asked) if key in selection.facts]
    categories = dict.fromkeys(category for one in facts for category in one.categories)
    for category in islice(categories, CATEGORIES):
        members = set(selection.catalogue.members(category, CATEGORY_MEMBERS)).difference(asked)
        sold = serving.best_sellers(
            sorted(members), generation=proposals.candidates.totals.generation, limit=2 * OVERFETCH * room
        )
        total = max(proposals.candidates.totals.orders, 1)
        for item_id, key, orders in sold:
            yield Proposal(item_id, key, orders, orders / total, Source.CATEGORY)
