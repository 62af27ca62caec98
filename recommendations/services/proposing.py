"""Propose items in order: what the strategies say, what staff pinned or promote, what sells best; each with reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommendations.data.candidates import Candidates, Ids, Pair, Source, Spot
from recommendations.models import Fallback, Strategy
from recommendations.ranking import blend
from recommendations.ranking import candidates as scoring
from recommendations.ranking.filters import Removal
from recommendations.ranking.reasons import Code, Evidence, Reason, evidence_of_item, evidence_of_pair
from recommendations.services.bought import bought_before
from recommendations.services.opinion import Opinion
from recommendations.services.opinions import NOT_FILLED, OPINIONS
from recommendations.services.selection import Proposal

Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]

OF_ASKED = (Source.TOGETHER, Source.SIMILAR, Source.VIEWED, Source.SUBSTITUTE)
"""Sources that are asked about items."""

OF_THEMSELVES = (Source.OFFER, Source.RECENTLY_VIEWED)
"""Sources whose items are proposed for what they are, not for any counts."""


@dataclass(frozen=True, slots=True)
class Part:
    """The candidates as one strategy sees them.

    Parameters
    ----------
    scores : float64[c].
    evident : bool[c], what the strategy has evidence for.
    allowed : bool[c], what a list of its own is made of.
    rows : int64[r], rows of the pair counts that it rests on: of the asked items, or of a shopper's history.
    removed : item ids that it must not show, and why.
    opinion : what the strategy's artefact thinks; None where it knows nothing, or none is asked.
    """

    source: Source
    scores: Scores
    evident: Mask
    allowed: Mask
    rows: Ids
    removed: Mapping[int, Removal]
    opinion: Opinion | None = None

    def source_of(self, item_id: int) -> Source:
        """An item that the visit proposed is the session's in any list."""
        return Source.SESSION if self.opinion is not None and item_id in self.opinion.viewed else self.source


@dataclass(frozen=True, slots=True)
class Proposals:
    """The candidates of one list as its placement's strategy sees them, or the strategies that it blends.

    Parameters
    ----------
    parts : one for each strategy; `part_of` int64[c], which of them put a candidate where it is.
    raw : float64[c], scores; `scores` float64[c], boosted.
    evident : bool[c], what a strategy has evidence for.
    allowed : bool[c], what the list is made of.
    """

    candidates: Candidates
    spot: Spot
    parts: tuple[Part, ...]
    part_of: Ids
    raw: Scores
    scores: Scores
    evident: Mask
    allowed: Mask

    @property
    def is_filled(self) -> bool:
        """Whether a fallback may fill up a list that the strategy has something for."""
        return self.spot.strategy not in NOT_FILLED

    @property
    def versions(self) -> dict[str, int]:
        """Ids of the artefacts that the list rests on, by kind."""
        return {kind: pk for part in self.parts if part.opinion for kind, pk in part.opinion.versions.items()}

    def main(self) -> Iterator[Proposal]:
        """What the strategies propose, best first; nothing where they have no evidence."""
        for position in blend.best_first(self.scores, self.candidates, self.allowed & ~self._is_asked()).tolist():
            yield self.of(position)

    def of(self, position: int) -> Proposal:
        """The candidate at this position, as the strategies propose it."""
        item_id = int(self.candidates.item_ids[position])
        source = self._part(position).source_of(item_id) if self.evident[position] else Source.POPULAR
        return self._proposal(position, source, self.scores)

    def popular(self) -> Iterator[Proposal]:
        """The most popular items, best first."""
        scores = blend.boosted(scoring.popular(self.candidates), self.candidates, self.spot.boosts)
        sold = (self.candidates.orders > 0) & ~self._is_asked()
        for position in blend.best_first(scores, self.candidates, sold).tolist():
            yield self._proposal(position, Source.POPULAR, scores)

    def pinned(self) -> list[tuple[Proposal, int | None]]:
        """What staff pinned here and chose beside the asked items, with the position that it is to have; each once."""
        wishes = dict(self._at(self.spot.pins))
        for _, place, wanted in self.candidates.manual:
            wishes.setdefault(place, wanted)
        return [(self._proposal(place, Source.STAFF, self.scores), wanted) for place, wanted in wishes.items()]

    def promoted(self) -> list[tuple[Proposal, float]]:
        """What staff promote here, with its weight."""
        places = self._at(self.spot.promoted)
        return [(self._proposal(place, Source.PROMOTED, self.scores), weight) for place, weight in places]

    def named(self) -> list[str]:
        """Keys of the items that reasons may name."""
        viewed = [item_id for part in self.parts if part.opinion for item_id in part.opinion.named]
        positions = [*self.candidates.asked.tolist(), *self.candidates.positions(np.array(viewed, dtype=np.int64))]
        return [self.candidates.keys[position] for position in positions]

    def removed_ids(self) -> dict[int, Removal]:
        """Item ids that must not be shown, and why: what a strategy removes that no other proposes, what staff decided,
        and what the shopper does not want.
        """
        removed = {item_id: why for part in self.parts for item_id, why in part.removed.items()}
        if len(self.parts) > 1:
            for item_id in self.candidates.item_ids[self.evident].tolist():
                removed.pop(item_id, None)
        removed |= dict.fromkeys(self.candidates.unwanted.tolist(), Removal.NOT_INTERESTED)
        return removed | dict.fromkeys(self.spot.hides, Removal.HIDDEN_BY_STAFF)

    def reasons(self, proposal: Proposal) -> Iterator[Reason]:
        """Why an item is proposed, with the counts of the candidates' moment."""
        alone = evidence_of_item(proposal.orders, self.candidates.totals.orders)
        if proposal.source == Source.POPULAR:
            yield Reason(Code.POPULAR, alone)
            return
        if proposal.source == Source.EXPLORE:
            yield Reason(Code.NEW, alone)
            return
        if proposal.source == Source.CATEGORY or proposal.position is None:
            yield Reason(Code.POPULAR_IN_CATEGORY, alone)
            return
        part = self._part(proposal.position)
        told = None if part.opinion is None else self._told(part.opinion, proposal, alone)
        if told is not None:
            yield told
            return
        row = self._strongest(proposal.position)
        because = "" if row is None else self.candidates.keys[self.candidates.asked[row]]
        evidence = alone if row is None else evidence_of_pair(self.candidates, row, proposal.position)
        if proposal.source == Source.NETWORK:
            yield Reason(Code.FOR_YOU, evidence, because)
        if proposal.source == Source.SIMILAR:
            yield Reason(Code.SIMILAR, *self._likeness(part, proposal.position, alone))
        if proposal.source == Source.STAFF:
            yield self._wished(proposal, Reason(Code.STAFF_PICK, evidence, because))
        if proposal.source == Source.PROMOTED:
            yield Reason(Code.SPONSORED, evidence, because)
        if part.source == Source.TOGETHER and row is not None:
            often = self._pair(row, proposal.item_id) in self.candidates.claimed
            yield Reason(Code.OFTEN_BOUGHT_TOGETHER if often else Code.BOUGHT_TOGETHER, evidence, because)

    def _wished(self, proposal: Proposal, otherwise: Reason) -> Reason:
        """Beside which item staff want it; it has no counts of its own beyond how it sells."""
        beside = next((row for row, place, _ in self.candidates.manual if place == proposal.position), None)
        if beside is None or any(item_id == proposal.item_id for item_id, _ in self.spot.pins):
            return otherwise
        alone = evidence_of_item(proposal.orders, self.candidates.totals.orders)
        return Reason(Code.CHOSEN_BESIDE, alone, self.candidates.keys[self.candidates.asked[beside]])

    def _told(self, opinion: Opinion, proposal: Proposal, alone: Evidence) -> Reason | None:
        """What the strategy itself says of an item that it proposes; None where the pair counts say it."""
        item_id = proposal.item_id
        if proposal.source == opinion.source and item_id in opinion.reasons:
            return opinion.reasons[item_id]
        if proposal.source in OF_THEMSELVES:
            return Reason(opinion.code, alone)
        if proposal.source == Source.SESSION:
            return Reason(Code.BECAUSE_VIEWED, alone, self._key_of(opinion.viewed[item_id]))
        if proposal.source == Source.NETWORK and item_id in opinion.habits:
            return Reason(opinion.code, alone, proposal.key, opinion.habits[item_id])
        return None

    def _part(self, position: int) -> Part:
        return self.parts[int(self.part_of[position])]

    def _strongest(self, position: int) -> int | None:
        return scoring.strongest_asked(self.candidates, position, self._part(position).rows)

    def _is_asked(self) -> Mask:
        """What the list is made for. A shopper's history is no such thing: goods are bought again."""
        mask = np.zeros(len(self.candidates), dtype=np.bool_)
        for part in self.parts:
            if part.source in OF_ASKED:
                mask[self.candidates.asked[part.rows]] = True
        return mask

    def _pair(self, row: int, item_id: int) -> Pair:
        """The item of this row of the pair counts, and another one."""
        asked = int(self.candidates.item_ids[self.candidates.asked[row]])
        return min(asked, item_id), max(asked, item_id)

    def _key_of(self, item_id: int) -> str:
        positions = self.candidates.positions(np.array([item_id], dtype=np.int64)).tolist()
        return self.candidates.keys[positions[0]] if positions else ""

    def _likeness(self, part: Part, position: int, alone: Evidence) -> tuple[Evidence, str]:
        """The counts of the pair with the asked item, which may never have been bought together, and its key."""
        if not len(part.rows):
            return alone, ""
        row = int(part.rows[0])
        return evidence_of_pair(self.candidates, row, position), self.candidates.keys[self.candidates.asked[row]]

    def _at(self, wishes: Sequence[tuple[int, blend.Entry]]) -> Iterator[tuple[int, blend.Entry]]:
        """Where those of the items stand that are candidates, each with what is wanted of it."""
        for item_id, wanted in wishes:
            for position in self.candidates.positions(np.array([item_id], dtype=np.int64)).tolist():
                yield position, wanted

    def _proposal(self, position: int, source: Source, scores: Scores) -> Proposal:
        return Proposal(
            item_id=int(self.candidates.item_ids[position]),
            key=self.candidates.keys[position],
            orders=int(self.candidates.orders[position]),
            score=float(scores[position]),
            source=source,
            position=position,
        )


def strategies_of(spot: Spot) -> tuple[tuple[str, float], ...]:
    """The strategies that make a placement's list, each with its weight: its own, or those that it blends."""
    return spot.sources if spot.strategy == Strategy.BLEND else ((spot.strategy, 1.0),)


def propose(candidates: Candidates, spot: Spot, opinions: Mapping[str, Opinion]) -> Proposals:
    """The candidates as the placement's strategy scores them, or as a blend of several does.

    A blend brings its strategies to one scale by `blend.reciprocal_ranks` of what each has evidence for.

    Parameters
    ----------
    opinions : what the strategies' artefacts think, by strategy; without those that know nothing.
    """
    weighted = strategies_of(spot)
    parts = tuple(_part(candidates, spot, strategy, opinions.get(strategy)) for strategy, _ in weighted)
    if len(parts) == 1:
        (only,) = parts
        raw, part_of = only.scores, np.zeros(len(candidates), dtype=np.int64)
        evident, allowed = only.evident, only.allowed
    else:
        meant = [part.evident & ~np.isin(candidates.item_ids, list(part.removed)) for part in parts]
        ranked = [blend.reciprocal_ranks(part.scores, candidates, own) for part, own in zip(parts, meant, strict=True)]
        raw, part_of = blend.merged(ranked, [weight for _, weight in weighted])
        evident = allowed = np.any(meant, axis=0)
    boosted = blend.boosted(raw, candidates, spot.boosts)
    return Proposals(candidates, spot, parts, part_of, raw, boosted, evident, allowed)


def _part(candidates: Candidates, spot: Spot, strategy: str, opinion: Opinion | None) -> Part:
    bought = bought_before(replace(spot, strategy=strategy), candidates, opinion)
    if strategy in OPINIONS or strategy == Strategy.NEW_ARRIVALS:
        return _by_opinion(candidates, opinion, bought)
    removed = {**bought, **_decided(candidates, spot)}
    own = np.arange(candidates.own)
    if strategy == Strategy.RELATED and candidates.own == 1:
        scores, evident = scoring.product_page(candidates, 0), candidates.pair_weights[0] > 0
        filled = Fallback.POPULAR in spot.fallbacks and evident.any()
        allowed = evident | (candidates.orders > 0) if filled else evident
        return Part(Source.TOGETHER, scores, evident, allowed, own, removed)
    scores = scoring.cart(candidates)
    return Part(Source.TOGETHER, scores, scores > 0, scores > 0, own, removed)


def _by_opinion(candidates: Candidates, opinion: Opinion | None, bought: Mapping[int, Removal]) -> Part:
    scores = np.zeros(len(candidates))
    known = np.zeros(len(candidates), dtype=np.bool_)
    if opinion is None:
        return Part(Source.NETWORK, scores, known, known, np.zeros(0, dtype=np.int64), bought)
    there = np.isin(opinion.item_ids, candidates.item_ids)
    positions = candidates.positions(opinion.item_ids)
    scores[positions] = opinion.scores[there]
    known[positions] = True
    history = candidates.positions(np.array(opinion.history, dtype=np.int64))
    rows = np.flatnonzero(np.isin(candidates.asked, history))
    return Part(opinion.source, scores, known, known, rows, {**bought, **opinion.removed}, opinion)


def _decided(candidates: Candidates, spot: Spot) -> dict[int, Removal]:
    """What staff keep from standing beside the asked items, or have yet to see; what they pinned they want."""
    pinned = {item_id for item_id, _ in spot.pins}
    pinned |= {int(candidates.item_ids[place]) for _, place, _ in candidates.manual}
    held = dict.fromkeys(candidates.held.tolist(), Removal.HELD_FOR_REVIEW)
    rejected = dict.fromkeys(candidates.rejected.tolist(), Removal.REJECTED_BY_STAFF)
    return {item_id: why for item_id, why in (held | rejected).items() if item_id not in pinned}
