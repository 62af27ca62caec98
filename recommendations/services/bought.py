"""What becomes of items that the asking shopper bought before: left out where shoppers do not buy them again."""

from collections.abc import Mapping, Sequence

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


def bought_before(spot: Spot, candidates: Candidates, opinions: Mapping[str, Opinion]) -> Mapping[int, Removal]:
    """Item ids that must not be shown for having been bought; what a list of the past proposes in a blend stays.

    What the shopper bought twice is their own habit and stays. Of the rest goes what few of all its buyers bought
    again, as the live statistics of items have it; without them nothing does.
    """
    habits = {item: habit.times for opinion in opinions.values() for item, habit in opinion.habits.items()}
    times = habits or candidates.bought
    rule = _rule(spot)
    if not times or spot.strategy in OF_THE_PAST or rule == BoughtBefore.SHOW:
        return {}
    left_out = list(times) if rule == BoughtBefore.HIDE else _once_only(times, candidates)
    of_the_past = {item for name in OF_THE_PAST & opinions.keys() for item in opinions[name].item_ids.tolist()}
    return {item: Removal.BOUGHT_BEFORE for item in left_out if item not in of_the_past}


def _once_only(times: Mapping[int, int], candidates: Candidates) -> Sequence[int]:
    """What the shopper bought once and few buyers buy again; nothing without statistics."""
    loaded = store.pointed(ArtefactKind.ITEMS, candidates.statistics)
    if loaded is None:
        return []
    once = np.array([item for item, number in times.items() if number < 2], dtype=np.int64)
    found: list[int] = statistics_of(loaded).once_only(once).tolist()
    return found


def _rule(spot: Spot) -> str:
    return BoughtBefore.HIDE if spot.strategy == Strategy.NEW_FOR_YOU else spot.bought_before
