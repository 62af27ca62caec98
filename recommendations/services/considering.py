"""For staff: every candidate of a list with its scores, its place, or why it has none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommendations.ranking import blend
from recommendations.ranking.filters import Removal
from recommendations.services.filling import Draft
from recommendations.services.selection import Proposal


@dataclass(frozen=True, slots=True)
class Considered:
    """A candidate of one list.

    Parameters
    ----------
    item : item key; `title` is empty for what the shop does not know.
    raw, score : what the strategies say, without and with the boosts.
    diversity : the marginal relevance by which a diverse list placed it; None where it did not.
    propensity : the probability with which it is shown, in (0, 1]; None where it is not.
    rank : its place from 1; None where it is not shown.
    removed : what removed it; None where it is shown, or there was no room, or no strategy proposes it.
    proposed : whether a strategy proposes it.
    """

    item: str
    title: str
    source: str
    raw: float
    score: float
    diversity: float | None
    propensity: float | None
    rank: int | None
    removed: Removal | None
    proposed: bool


def considered(draft: Draft, shelf: Sequence[Proposal]) -> tuple[Considered, ...]:
    """Every candidate, those shown first, then by score. The shop is asked for the facts of all of them."""
    proposals, live = draft.proposals, draft.selection.live
    everything = np.ones(len(proposals.candidates), dtype=np.bool_)
    shown = {proposal.item_id for proposal in shelf}
    order = blend.best_first(proposals.scores, proposals.candidates, everything).tolist()
    others = [one for one in map(proposals.of, order) if one.item_id not in shown]
    live.load(one.key for one in others)
    ranked = [_considered(draft, proposal, rank) for rank, proposal in enumerate(shelf, start=1)]
    return (*ranked, *(_considered(draft, proposal, None) for proposal in others))


def _considered(draft: Draft, proposal: Proposal, rank: int | None) -> Considered:
    proposals, selection, position = draft.proposals, draft.selection, proposal.position
    facts = selection.live.facts.get(proposal.key)
    removed = None
    if rank is None:
        by_id = selection.removed_ids.get(proposal.item_id)
        removed = by_id or selection.removed.get(proposal.key) or selection.removal(proposal)
    return Considered(
        item=proposal.key,
        title=facts.title if facts else "",
        source=proposal.source.value,
        raw=proposal.score if position is None else float(proposals.raw[position]),
        score=proposal.score,
        diversity=draft.values.get(proposal.item_id),
        propensity=None if rank is None else proposal.propensity,
        rank=rank,
        removed=removed,
        proposed=position is None or bool(proposals.allowed[position]),
    )
