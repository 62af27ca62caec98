"""Sources: item-to-item weights, each asked with the shopper's past in its own way; a score for every item."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.ranking.past import HALF_LIVES, Past

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ItemWeights:
    """What each item of a past says for others, as CSR: row i holds the items it speaks for.

    Parameters
    ----------
    offsets : int64[n + 1].
    columns : int32[k], item positions.
    values : float32[k], any sign.
    """

    offsets: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: Values

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def scores(self, items: NDArray[np.int64], weights: Values) -> Values:
        """float32[n], the sum over `items` int64[h] of their row times their weight float32[h]."""
        starts = self.offsets[items]
        lengths = self.offsets[items + 1] - starts
        ends = np.cumsum(lengths)
        if not len(items) or not ends[-1]:
            return np.zeros(len(self), dtype=np.float32)
        places = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
        said = self.values[places] * np.repeat(weights, lengths)
        return np.bincount(self.columns[places], said, minlength=len(self)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Query:
    """How a past asks a source: purchases halved every `half_life` days (one of HALF_LIVES), the logarithm of the
    counts where that is None, or the items of the latest order alone."""

    half_life: float | None = None
    last_order: bool = False

    def weights(self, past: Past) -> Values:
        """float32[h], how much each item of the past counts."""
        if self.last_order:
            return past.in_last_order.astype(np.float32)
        if self.half_life is None:
            return np.log1p(past.counts)
        return past.decayed[:, HALF_LIVES.index(self.half_life)]


SOURCES: dict[str, Query] = {
    "neighbours_recent": Query(half_life=30.0),
    "neighbours": Query(half_life=60.0),
    "linear_recent": Query(half_life=60.0),
    "linear": Query(half_life=120.0),
    "linear_all": Query(),
    "last_order": Query(last_order=True),
}
"""The sources by name, in the order of the ranker's columns."""


def scores(weights: dict[str, ItemWeights], past: Past) -> Values:
    """float32[sources, n], what each source says of every item."""
    return np.stack([weights[name].scores(past.items, query.weights(past)) for name, query in SOURCES.items()])
