"""What a strategy is asked and what it answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommendations.data.candidates import Source
from recommendations.data.facts import Facts
from recommendations.ranking.filters import Removal
from recommendations.ranking.reasons import Code, Habit, Reason


@dataclass(frozen=True, slots=True)
class Question:
    """For whom, about what and when: `asked` item keys, and at most `most` items beside the removed ones.

    Parameters
    ----------
    category : the shop's category that alone is asked about; None: the whole shop.
    facts : the shop's live facts of item keys, for a strategy that ranks by them; each key is asked for once a list.
    """

    shopper: str | None
    asked: tuple[str, ...]
    now: datetime
    most: int
    category: str | None = None
    facts: Callable[[Sequence[str]], Mapping[str, Facts]] = lambda _: {}


@dataclass(frozen=True, slots=True)
class Opinion:
    """A strategy's best items.

    Parameters
    ----------
    versions : ids of the artefacts that it rests on, by kind.
    source, code : which source proposes the items, and what it says of those that were bought before; of offers and of
        what was viewed lately, what it says of all.
    item_ids : int64[m], best first; `scores` float64[m], any range, falling.
    history : item ids that the opinion rests on most, strongest first.
    removed : item ids that must not be shown, and why.
    habits : how the shopper buys what they bought before, by item id.
    viewed : the item id of the view that an item rests on, by item id; these items are the visit's.
    reasons : why an item is proposed, by item id, where the strategy itself holds the counts.
    """

    versions: Mapping[str, int]
    source: Source
    item_ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    code: Code = Code.FOR_YOU
    history: tuple[int, ...] = ()
    removed: Mapping[int, Removal] = field(default_factory=dict)
    habits: Mapping[int, Habit] = field(default_factory=dict)
    viewed: Mapping[int, int] = field(default_factory=dict)
    reasons: Mapping[int, Reason] = field(default_factory=dict)

    @property
    def named(self) -> list[int]:
        """Item ids that its reasons may name beside the history."""
        return sorted(set(self.viewed.values()))
