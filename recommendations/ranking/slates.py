"""Slates: the candidates for one shopper, from all sources, with the columns that the ranker reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommendations.ranking import sources
from recommendations.ranking.best import places_of_best
from recommendations.ranking.kinds import KIND_COLUMNS, MEMORY, Kinds
from recommendations.ranking.past import ABSENT, PAST_COLUMNS, Past
from recommendations.ranking.sales import Sales
from recommendations.ranking.sources import SOURCES, Asked

Values = NDArray[np.float32]

MOST_OWN = 150
EACH_SOURCE = 60
MOST_POPULAR = 40
SALES_POWER = 0.4
"""A source's score is multiplied by (orders of the last 28 days + 1) to this power where it proposes candidates."""

COLUMNS = PAST_COLUMNS + 3 * len(SOURCES) + 11 + 7 + KIND_COLUMNS


@dataclass(frozen=True, slots=True)
class Slate:
    """c candidates for one shopper.

    Parameters
    ----------
    items : int64[c], item positions, ascending.
    values : float32[c, COLUMNS], what the ranker reads.
    bought : bool[c], whether the shopper bought it before.
    """

    items: NDArray[np.int64]
    values: Values
    bought: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Market:
    """All that candidates are made of and judged by beside the shopper's own past; n items at one moment."""

    sales: Sales
    weights: Mapping[str, Asked]
    kinds: Kinds
    item_columns: Values = field(init=False)
    group_sales: Values = field(init=False)
    popular: NDArray[np.int64] = field(init=False)
    boost: Values = field(init=False)

    def __post_init__(self) -> None:
        recent = self.sales.orders
        best = np.lexsort((np.arange(len(recent)), -recent[:, 4], -recent[:, 2], -recent[:, 1]))[:MOST_POPULAR]
        object.__setattr__(self, "item_columns", self.sales.columns())
        object.__setattr__(self, "group_sales", self.kinds.group_sales(self.sales))
        object.__setattr__(self, "popular", best)
        object.__setattr__(self, "boost", (recent[:, 2] + 1.0) ** np.float32(SALES_POWER))

    def slate(self, past: Past, *, also: NDArray[np.int64] | None = None) -> Slate:
        """The candidates for a shopper with this past, about 250.

        Parameters
        ----------
        also : int64[a], positions of items that are candidates in any case.
        """
        said = sources.scores(self.weights, past)
        items = self._candidates(past, said)
        if also is not None:
            items = np.union1d(items, also)
        place = np.minimum(np.searchsorted(past.items, items), len(past) - 1)
        bought = past.items[place] == items
        own = np.where(bought, place, -1)
        repeats = np.tile(ABSENT, (len(items), 1))
        repeats[bought] = past.columns(self.sales.gap[past.items])[place[bought]]
        values = np.concatenate(
            [
                repeats,
                _source_columns(said, items),
                self.item_columns[items],
                np.tile(past.shopper_columns(), (len(items), 1)),
                self.kinds.columns(past, items, own, self.group_sales),
            ],
            axis=1,
        )
        return Slate(items, values.astype(np.float32, copy=False), bought)

    def _candidates(self, past: Past, said: Sequence[Values]) -> NDArray[np.int64]:
        own = past.items
        if len(own) > MOST_OWN:
            own = own[np.argpartition(-past.decayed[:, MEMORY], MOST_OWN)[:MOST_OWN]]
        best = [self._proposed(scores, past.items) for scores in said]
        return np.unique(np.concatenate([own, self.popular, *best]))

    def _proposed(self, said: Values, own: NDArray[np.int64]) -> NDArray[np.int64]:
        """What a source proposes of all that the shopper never bought: the best of what it says anything for."""
        worth = said * self.boost
        worth[own] = 0.0
        there = np.flatnonzero(worth > 0)
        return there[places_of_best(worth[there], EACH_SOURCE)]


def _source_columns(said: Sequence[Values], items: NDArray[np.int64]) -> Values:
    """float32[c, 3 * sources]: share of a source's best score, its logarithm, and how high it ranks among the
    candidates."""
    scores = np.stack([of_one[items] for of_one in said])  # [sources, c]
    best = np.array([[of_one.max(initial=0.0)] for of_one in said]) + np.float32(1e-9)
    share = np.maximum(scores, 0.0) / best
    rank = np.empty_like(scores)
    order = np.argsort(-scores, axis=1, kind="stable")
    np.put_along_axis(rank, order, np.arange(len(items), dtype=np.float32)[None], axis=1)
    columns = np.stack([share, np.log(share + np.float32(1e-3)), 5.0 / (rank + 5.0)])  # [3, sources, c]
    return columns.transpose(2, 1, 0).reshape(len(items), -1)
