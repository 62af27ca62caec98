"""Try new items in a list: which ones is drawn, and the probability of every item to be in the list is known.

The draw has two phases. A few candidates are drawn by their shares (inclusion probability p1); the shop is asked for
the facts of these alone; of those that may be shown the list's are drawn (p2). p1 p2 is what an item is logged with:
its inverse weighs the item without bias, whatever the shop hid (Saerndal et al. 1992, two-phase sampling). Caps on
categories and brands are not held against new items.
"""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from recommendations.conf import settings
from recommendations.data.arrivals import Arrivals
from recommendations.data.candidates import Source, Spot
from recommendations.models import Strategy
from recommendations.ranking.exploring import in_drawn_order
from recommendations.ranking.promotion import chances, draw
from recommendations.selectors import arrivals
from recommendations.services.asking import Ask
from recommendations.services.selection import OVERFETCH, Proposal, Selection


@dataclass(frozen=True, slots=True)
class Explorer:
    """The new items that one list may try, and its randomness.

    Parameters
    ----------
    share : of the list's places that try them, in (0, 1].
    category : items of this category alone; None: of any, and in a mixed list of the categories that it shows.
    is_whole_list : whether the list is made of them alone.
    """

    arrivals: Arrivals
    share: float
    category: str | None
    is_whole_list: bool
    rng: np.random.Generator

    @classmethod
    def of(cls, recommendation: uuid.UUID, ask: Ask, spot: Spot, generation: int) -> "Explorer | None":
        """For the list of this id, which decides every draw; None where the placement tries nothing. One query."""
        is_whole_list = spot.strategy == Strategy.NEW_ARRIVALS
        share = 1.0 if is_whole_list else spot.explore
        if share <= 0:
            return None
        since = ask.now - timedelta(days=settings.NEW_ITEM_DAYS)
        found = arrivals.arrivals(since=since, generation=generation)
        return cls(found, share, ask.category, is_whole_list, np.random.default_rng([recommendation.int, 1]))

    def whole_list(self, selection: Selection, room: int) -> list[Proposal]:
        """At most `room` new items, the more they promise the higher on average."""
        may, first = self._survivors(self._of(frozenset()), selection, room)
        second = self._chances(may, room)
        taken = np.array(draw(second, self.rng), dtype=np.int64)
        taken = taken[in_drawn_order(self.arrivals.shares[may[taken]], self.rng)]
        return [self._proposal(place, first[at] * second[at]) for at, place in zip(taken, may[taken], strict=True)]

    def mixed(
        self, chosen: Sequence[Proposal], asked: Sequence[str], selection: Selection, room: int
    ) -> list[Proposal]:
        """The list with new items in its share of `room` places; what gives way is the end of `chosen`.

        A share that is no whole number of places is drawn too: the entry that only the lower number leaves in the list
        has the probability of that.
        """
        wanted = round(self.share * room, 6)
        low, part = math.floor(wanted), wanted - math.floor(wanted)
        may, first = self._survivors(self._relevant(chosen, asked, selection), selection, math.ceil(wanted))
        low, high = min(low, len(may)), min(math.ceil(wanted), len(may))
        number = high if self.rng.random() < part else low
        by_low, by_high = self._chances(may, low), self._chances(may, high)
        taken = draw(by_high if number == high else by_low, self.rng)
        probabilities = first * ((1 - part) * by_low + part * by_high)
        tried = [self._proposal(place, probability) for place, probability in zip(may, probabilities, strict=True)]
        kept = [
            replace(proposal, propensity=1 - part) if room - high <= at < room - low else proposal
            for at, proposal in enumerate(chosen[: room - number])
        ]
        for at, place in zip(self._places(len(kept) + number, number), taken, strict=True):
            kept.insert(at, tried[place])
        return kept

    def _survivors(
        self, pool: NDArray[np.int64], selection: Selection, wanted: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Places of the candidates that may be shown, and with what probability each became a candidate."""
        probabilities = self._chances(pool, OVERFETCH * wanted)
        taken = draw(probabilities, self.rng)
        offered = {self._proposal(place, 1.0): at for at, place in zip(taken, pool[taken], strict=True)}
        selection.live.load(proposal.key for proposal in offered)
        kept = np.array([offered[proposal] for proposal in selection.fitting(offered)], dtype=np.int64)
        return pool[kept], probabilities[kept]

    def _relevant(self, chosen: Sequence[Proposal], asked: Sequence[str], selection: Selection) -> NDArray[np.int64]:
        """Places of new items in the first categories of what is asked about and of what the list shows, if any."""
        known, keys = selection.live.facts, [*asked, *(proposal.key for proposal in chosen)]
        facts = (known[key] for key in keys if key in known)
        categories = frozenset(one.categories[0] for one in facts if one.categories)
        return self._of(categories)

    def _of(self, categories: frozenset[str]) -> NDArray[np.int64]:
        """Places of those in the wanted category, else in one of these, else of all."""
        wanted = categories if self.category is None else frozenset({self.category})
        return self.arrivals.of(wanted) if wanted else np.arange(len(self.arrivals))

    def _chances(self, places: NDArray[np.int64], most: int) -> NDArray[np.float64]:
        return chances(self.arrivals.shares[places].tolist(), most)

    def _places(self, entries: int, number: int) -> list[int]:
        """Where the tried items stand, any place being as likely as any other."""
        return sorted(self.rng.choice(entries, number, replace=False).tolist())

    def _proposal(self, place: int, propensity: float) -> Proposal:
        return Proposal(
            item_id=int(self.arrivals.item_ids[place]),
            key=self.arrivals.keys[place],
            orders=int(self.arrivals.orders[place]),
            score=float(self.arrivals.shares[place]),
            source=Source.EXPLORE,
            propensity=float(propensity),
        )
