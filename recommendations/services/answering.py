"""The answers: each entry with its facts and reasons in words, and the signed id of its list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import translation

from recommendations.data.candidates import Source
from recommendations.data.facts import Facts
from recommendations.models import Strategy
from recommendations.ranking.filters import Removal
from recommendations.services import tokens
from recommendations.services.considering import Considered, considered
from recommendations.services.explain import Explained, explain
from recommendations.services.filling import Draft
from recommendations.services.selection import WISHED, Proposal


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
    changed; `removed` says of each item that was proposed and left out why; `considered` holds every candidate where
    that was asked for.
    """

    recommendation_id: str
    placement: str
    title: str
    as_of: datetime | None
    fallback: bool
    items: tuple[Suggestion, ...]
    removed: Mapping[str, Removal]
    considered: tuple[Considered, ...] = ()


def recommendations_of(drafts: Sequence[Draft], shelves: Sequence[Sequence[Proposal]]) -> list[Recommendation]:
    """The filled lists as answers."""
    return [_recommendation(draft, shelf) for draft, shelf in zip(drafts, shelves, strict=True)]


def _recommendation(draft: Draft, shelf: Sequence[Proposal]) -> Recommendation:
    ask, totals = draft.ask, draft.proposals.candidates.totals
    sources = {proposal.source for proposal in shelf} - WISHED
    if draft.proposals.spot.strategy != Strategy.NEW_ARRIVALS:
        sources -= {Source.EXPLORE}
    fallback = not sources - {Source.CATEGORY, Source.POPULAR} if sources or not shelf else False
    shown = tokens.Shown(
        id=draft.id,
        placement=ask.placement,
        at=ask.now,
        versions={"generation": totals.generation, "sequence": totals.sequence, **draft.proposals.versions},
        fallback=fallback,
        asker=tokens.asker_of(ask.shopper),
        strategy=str(draft.proposals.spot.strategy),
        items=tuple(
            (proposal.item_id, rank, proposal.source.value, round(proposal.propensity, 6))
            for rank, proposal in enumerate(shelf, start=1)
        ),
    )
    with translation.override(ask.context.language or translation.get_language()):
        items = tuple(_suggestion(draft, proposal, rank) for rank, proposal in enumerate(shelf, start=1))
    return Recommendation(
        recommendation_id=tokens.sign(shown),
        placement=ask.placement,
        title=draft.proposals.spot.title,
        as_of=totals.folded_at,
        fallback=fallback,
        items=items,
        removed=draft.selection.removed,
        considered=considered(draft, shelf) if ask.explained else (),
    )


def _suggestion(draft: Draft, proposal: Proposal, rank: int) -> Suggestion:
    known = draft.selection.live.facts
    facts = known[proposal.key]
    reasons = draft.proposals.reasons(proposal)
    return Suggestion(
        item=facts.buy_key or facts.key,
        title=facts.title,
        url=facts.url,
        price=facts.price_at(draft.ask.now),
        currency=facts.currency,
        score=proposal.score,
        rank=rank,
        source=proposal.source.value,
        reasons=tuple(explain(reason, facts, known) for reason in reasons),
        facts=facts,
    )
