"""Try new items in a list: which ones is drawn, and the probability of every item to be in the list is known.

The draw has two phases. A few candidates are drawn by their shares (inclusion probability p1); the shop is asked for
the facts of these alone; of those that may be shown the list's are drawn (p2). p1 p2 is what an item is logged with:
its inverse weighs the item without bias, whatever the shop hid (Saerndal et al. 1992, two-phase sampling).
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
from recommendations.ranking.exploring import drawn, in_drawn_order, inclusion
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
        return cls(found, share, ask.category, is_whole_list, np.random.default_rng(recommendation.int))

    def whole_list(self, selection: Selection, room: int) -> list[Proposal]:
        """At most `room` new items, the more they promise the higher on average."""
        pool = np.arange(len(self.arrivals)) if self.category is None else self._of(self.category)
        may, first = self._survivors(pool, selection, room)
        number = min(room, len(may))
        second = inclusion(self._shares(may), number)
        taken = drawn(second, self.rng)
        taken = taken[in_drawn_order(self._shares(may)[taken], self.rng)]
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
        by_low, by_high = inclusion(self._shares(may), low), inclusion(self._shares(may), high)
        taken = drawn(by_high if number == high else by_low, self.rng)
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
        probabilities = inclusion(self._shares(pool), OVERFETCH * wanted)
        taken = drawn(probabilities, self.rng)
        offered = {self._proposal(place, 1.0): at for at, place in zip(taken, pool[taken], strict=True)}
        kept = np.array([offered[proposal] for proposal in selection.accept(offered, len(offered))], dtype=np.int64)
        return pool[kept], probabilities[kept]

    def _relevant(self, chosen: Sequence[Proposal], asked: Sequence[str], selection: Selection) -> NDArray[np.int64]:
        """Places of new items in the first categories of what is asked about and of what the list shows, if any."""
        keys = [*asked, *(proposal.key for proposal in chosen)]
        facts = (selection.facts[key] for key in keys if key in selection.facts)
        categories = frozenset(one.categories[0] for one in facts if one.categories)
        return self.arrivals.of(categories) if categories else np.arange(len(self.arrivals))

    def _of(self, category: str) -> NDArray[np.int64]:
        return self.arrivals.of(frozenset({category}))

    def _shares(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        return self.arrivals.shares[places]

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
