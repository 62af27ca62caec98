"""What becomes of items that the asking shopper bought before: left out where shoppers do not buy them again."""

from collections.abc import Mapping

import numpy as np

from recommendations import store
from recommendations.data.candidates import Candidates, Spot
from recommendations.models import ArtefactKind, BoughtBefore, Strategy
from recommendations.ranking.filters import Removal
from recommendations.services.opinion import Opinion
from recommendations.services.selling import statistics_of

OF_THE_PAST = frozenset({Strategy.BUY_AGAIN, Strategy.RECENTLY_VIEWED})
"""Lists of what the shopper bought or looked at: what was bought before belongs there."""


def is_asked_for(spot: Spot, shopper: str | None) -> bool:
    """Whether a list in this placement depends on what its shopper bought before."""
    return shopper is not None and spot.strategy not in OF_THE_PAST and _rule(spot) != BoughtBefore.SHOW


def bought_before(spot: Spot, candidates: Candidates, opinion: Opinion | None) -> Mapping[int, Removal]:
    """Item ids that must not be shown for having been bought.

    What the shopper bought twice is their own habit and stays. Of the rest goes what few of all its buyers bought
    again, as the live statistics of items have it; without them nothing does.
    """
    times = candidates.bought
    if opinion is not None and opinion.habits:
        times = {item: habit.times for item, habit in opinion.habits.items()}
    if not times or spot.strategy in OF_THE_PAST or _rule(spot) == BoughtBefore.SHOW:
        return {}
    if _rule(spot) == BoughtBefore.HIDE:
        return dict.fromkeys(times, Removal.BOUGHT_BEFORE)
    loaded = store.pointed(ArtefactKind.ITEMS, candidates.statistics)
    if loaded is None:
        return {}
    once = np.array([item for item, number in times.items() if number < 2], dtype=np.int64)
    return dict.fromkeys(statistics_of(loaded).once_only(once).tolist(), Removal.BOUGHT_BEFORE)


def _rule(spot: Spot) -> str:
    return BoughtBefore.HIDE if spot.strategy == Strategy.NEW_FOR_YOU else spot.bought_before
