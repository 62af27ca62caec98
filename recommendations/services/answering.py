"""The answer: each entry with its facts and reasons in words, and the signed id of the list."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import translation

from recommendations.data.candidates import Source
from recommendations.data.facts import Facts
from recommendations.ranking.filters import Removal
from recommendations.ranking.reasons import Reason
from recommendations.selectors import live_rules
from recommendations.services import tokens
from recommendations.services.asking import Ask
from recommendations.services.explain import Explained, explain
from recommendations.services.opinion import Opinion
from recommendations.services.proposing import Proposals
from recommendations.services.selection import Proposal, Selection


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


def recommendation_of(
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
