"""Propose items in order: what the strategy says, what staff pinned, what sells best; each with its reasons."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.candidates import Candidates, Pair, Source, Spot
from recommendations.models import Fallback, Strategy
from recommendations.ranking import blend
from recommendations.ranking import candidates as scoring
from recommendations.ranking.reasons import Code, Evidence, Reason, evidence_of_item, evidence_of_pair
from recommendations.services.opinion import Opinion
from recommendations.services.opinions import NOT_FILLED, OPINIONS
from recommendations.services.selection import Proposal


@dataclass(frozen=True, slots=True)
class Proposals:
    """The candidates of one list as its placement's strategy sees them.

    Parameters
    ----------
    scores : float64[c], boosted.
    evident : bool[c], what the strategy has evidence for.
    allowed : bool[c], what its list is made of.
    opinion : what the strategy's artefact thinks; None where it knows nothing, or none is asked.
    """

    candidates: Candidates
    spot: Spot
    source: Source
    scores: NDArray[np.float64]
    evident: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    opinion: Opinion | None = None

    @property
    def is_filled(self) -> bool:
        """Whether a fallback may fill up a list that the strategy has something for."""
        return self.spot.strategy not in NOT_FILLED

    def main(self) -> Iterator[Proposal]:
        """What the strategy proposes, best first; nothing where it has no evidence."""
        for position in blend.best_first(self.scores, self.candidates, self.allowed & ~self._is_asked()).tolist():
            source = self._source(position) if self.evident[position] else Source.POPULAR
            yield self._proposal(position, source, self.scores)

    def popular(self) -> Iterator[Proposal]:
        """The most popular items, best first."""
        scores = blend.boosted(scoring.popular(self.candidates), self.candidates, self.spot.boosts)
        sold = (self.candidates.orders > 0) & ~self._is_asked()
        for position in blend.best_first(scores, self.candidates, sold).tolist():
            yield self._proposal(position, Source.POPULAR, scores)

    def pinned(self) -> list[tuple[Proposal, int | None]]:
        """What staff pinned here, with the position that it is to have."""
        return [
            (self._proposal(position, Source.STAFF, self.scores), wanted)
            for item_id, wanted in self.spot.pins
            for position in self.candidates.positions(np.array([item_id], dtype=np.int64)).tolist()
        ]

    def named(self) -> list[str]:
        """Keys of the items that reasons may name."""
        viewed = self.candidates.positions(np.array(self.opinion.named if self.opinion else [], dtype=np.int64))
        return [self.candidates.keys[position] for position in [*self.candidates.asked.tolist(), *viewed.tolist()]]

    def reasons(self, proposal: Proposal) -> Iterator[Reason]:
        """Why an item is proposed, with the counts of the candidates' moment."""
        alone = evidence_of_item(proposal.orders, self.candidates.totals.orders)
        if proposal.source == Source.POPULAR:
            yield Reason(Code.POPULAR, alone)
            return
        if proposal.source == Source.CATEGORY or proposal.position is None:
            yield Reason(Code.POPULAR_IN_CATEGORY, alone)
            return
        if self.opinion is not None and proposal.source == Source.SESSION:
            yield Reason(Code.BECAUSE_VIEWED, alone, self._key_of(self.opinion.viewed[proposal.item_id]))
            return
        if self.opinion is not None and proposal.source == Source.NETWORK and proposal.item_id in self.opinion.habits:
            yield Reason(self.opinion.code, alone, proposal.key, self.opinion.habits[proposal.item_id])
            return
        row = scoring.strongest_asked(self.candidates, proposal.position)
        because = "" if row is None else self.candidates.keys[self.candidates.asked[row]]
        evidence = alone if row is None else evidence_of_pair(self.candidates, row, proposal.position)
        if proposal.source == Source.NETWORK:
            yield Reason(Code.FOR_YOU, evidence, because)
        if proposal.source == Source.SIMILAR:
            yield Reason(Code.SIMILAR, *self._likeness(proposal.position, alone))
        if proposal.source == Source.STAFF:
            yield Reason(Code.STAFF_PICK, evidence, because)
        if self.source == Source.TOGETHER and because:
            often = row is not None and self._pair(row, proposal.item_id) in self.candidates.claimed
            yield Reason(Code.OFTEN_BOUGHT_TOGETHER if often else Code.BOUGHT_TOGETHER, evidence, because)

    def _is_asked(self) -> NDArray[np.bool_]:
        """What the list is made for. A shopper's history is no such thing: goods are bought again."""
        mask = np.zeros(len(self.candidates), dtype=np.bool_)
        if self.source in (Source.TOGETHER, Source.SIMILAR):
            mask[self.candidates.asked] = True
        return mask

    def _source(self, position: int) -> Source:
        """An item that the visit proposed is the session's in any list."""
        is_viewed = self.opinion is not None and int(self.candidates.item_ids[position]) in self.opinion.viewed
        return Source.SESSION if is_viewed else self.source

    def _pair(self, row: int, item_id: int) -> Pair:
        """The item of this row of the pair counts, and another one."""
        asked = int(self.candidates.item_ids[self.candidates.asked[row]])
        return min(asked, item_id), max(asked, item_id)

    def _key_of(self, item_id: int) -> str:
        positions = self.candidates.positions(np.array([item_id], dtype=np.int64)).tolist()
        return self.candidates.keys[positions[0]] if positions else ""

    def _likeness(self, position: int, alone: Evidence) -> tuple[Evidence, str]:
        """The counts of the pair with the asked item, which may never have been bought together, and its key."""
        if not len(self.candidates.asked):
            return alone, ""
        return evidence_of_pair(self.candidates, 0, position), self.candidates.keys[self.candidates.asked[0]]

    def _proposal(self, position: int, source: Source, scores: NDArray[np.float64]) -> Proposal:
        return Proposal(
            item_id=int(self.candidates.item_ids[position]),
            key=self.candidates.keys[position],
            orders=int(self.candidates.orders[position]),
            score=float(scores[position]),
            source=source,
            position=position,
        )


def propose(candidates: Candidates, spot: Spot, opinion: Opinion | None) -> Proposals:
    """The candidates as the placement's strategy scores them.

    Parameters
    ----------
    opinion : what the strategy's artefact thinks of them; None where it knows nothing, or none is asked.
    """
    if spot.strategy in OPINIONS:
        return _by_opinion(candidates, spot, opinion)
    if spot.strategy == Strategy.RELATED and len(candidates.asked) == 1:
        scores, evident = scoring.product_page(candidates, 0), candidates.pair_weights[0] > 0
        filled = Fallback.POPULAR in spot.fallbacks and evident.any()
        allowed = evident | (candidates.orders > 0) if filled else evident
        return _proposals(candidates, spot, Source.TOGETHER, scores, evident, allowed)
    scores = scoring.cart(candidates)
    return _proposals(candidates, spot, Source.TOGETHER, scores, scores > 0, scores > 0)


def _proposals(
    candidates: Candidates,
    spot: Spot,
    source: Source,
    scores: NDArray[np.float64],
    evident: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
) -> Proposals:
    boosted = blend.boosted(scores, candidates, spot.boosts)
    return Proposals(candidates, spot, source, boosted, evident, allowed)


def _by_opinion(candidates: Candidates, spot: Spot, opinion: Opinion | None) -> Proposals:
    scores = np.zeros(len(candidates))
    known = np.zeros(len(candidates), dtype=np.bool_)
    if opinion is None:
        return Proposals(candidates, spot, Source.NETWORK, scores, known, known)
    there = np.isin(opinion.item_ids, candidates.item_ids)
    positions = candidates.positions(opinion.item_ids)
    scores[positions] = opinion.scores[there]
    known[positions] = True
    boosted = blend.boosted(scores, candidates, spot.boosts)
    return Proposals(candidates, spot, opinion.source, boosted, known, known, opinion)
