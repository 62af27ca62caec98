"""Sources: item-to-item weights, each asked with the shopper's past in its own way; a score for every item."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.ranking.folding_in import fold_in
from recommendations.ranking.past import HALF_LIVES, Past

Values = NDArray[np.float32]

FACTOR_ALPHA = 10.0
FACTOR_RIDGE = 0.5
"""What a purchase adds to the confidence, and the ridge: in training and in folding in alike."""


FACTOR_HALF_LIFE = 60.0
NEIGHBOUR_HALF_LIVES = {"neighbours_recent": 30.0, "neighbours": 60.0}
"""Days after which a purchase counts half in the factors and in the co-purchase weights."""

KEPT = 200
"""Most item-to-item weights kept of an item."""


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
class ItemFactors:
    """Item vectors of an implicit matrix factorisation, into which a past is folded.

    Parameters
    ----------
    vectors : float32[n, d].
    gram : float32[d, d], vectors' vectors.
    """

    vectors: Values
    gram: Values

    def scores(self, items: NDArray[np.int64], weights: Values) -> Values:
        """float32[n], the products with the vector of one who bought `items` int64[h], weighed float32[h] above 0."""
        taste = fold_in(self.vectors[items], FACTOR_ALPHA * weights, gram=self.gram, ridge=FACTOR_RIDGE)
        return np.asarray(self.vectors @ taste.astype(np.float32), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Source:
    """Which weights are asked, and with what: purchases halved every `half_life` days (one of HALF_LIVES), the
    logarithm of the counts where that is None, or the items of the latest order alone."""

    weights: str
    half_life: float | None = None
    last_order: bool = False

    def query(self, past: Past) -> Values:
        """float32[h], how much each item of the past counts."""
        if self.last_order:
            return past.in_last_order.astype(np.float32)
        if self.half_life is None:
            return np.log1p(past.counts)
        return past.decayed[:, HALF_LIVES.index(self.half_life)]


SOURCES: Mapping[str, Source] = {
    "neighbours_recent": Source("neighbours_recent", half_life=NEIGHBOUR_HALF_LIVES["neighbours_recent"]),
    "neighbours": Source("neighbours", half_life=NEIGHBOUR_HALF_LIVES["neighbours"]),
    "last_order": Source("neighbours", last_order=True),
    "linear_recent": Source("linear_recent", half_life=60.0),
    "linear": Source("linear", half_life=120.0),
    "linear_all": Source("linear_all"),
    "factors": Source("factors", half_life=FACTOR_HALF_LIFE),
}
"""The sources by name, in the order of the ranker's columns."""

Asked = ItemWeights | ItemFactors


def scores(weights: Mapping[str, Asked], past: Past) -> list[Values]:
    """float32[n] of each source, what it says of every item."""
    return [weights[source.weights].scores(past.items, source.query(past)) for source in SOURCES.values()]
