"""The recommender as an artefact keeps it: a market and a ranker as named arrays, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.data.artefacts import WEIGHTS
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.past import Past, past_of
from recommendations.ranking.ranker import ranker_scores
from recommendations.ranking.sales import Sales
from recommendations.ranking.slates import Market
from recommendations.ranking.sources import Asked, ItemFactors, ItemWeights

Arrays = Mapping[str, NDArray[Any]]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a recommender thinks of its candidates for one shopper.

    Parameters
    ----------
    item_ids : int64[c], ascending.
    scores : float32[c, 3], one for each `Head`, higher is better.
    bought : bool[c], whether the shopper bought it before.
    past : what they bought, by item position of the recommender.
    """

    item_ids: Ids
    scores: NDArray[np.float32]
    bought: NDArray[np.bool_]
    past: Past


@dataclass(frozen=True, slots=True)
class Recommender:
    """An artefact's arrays, ready to be asked; safe to share between threads."""

    item_ids: Ids
    market: Market
    ranker: Arrays
    discount: NDArray[np.float32] | None = None
    """float32[n, 3], taken off each item's scores, because it is on many lists already."""

    @classmethod
    def of(cls, arrays: Arrays) -> "Recommender":
        """From the arrays of an artefact: `item_ids`, those of `market_arrays` and `ranker_scores`, any `discount`."""
        ranker = {name: value for name, value in arrays.items() if name.startswith("ranker_")}
        return cls(arrays["item_ids"], market_from(arrays), ranker, arrays.get("discount"))

    def suggest(
        self, item_ids: Ids, days: NDArray[np.float64], orders: Ids, *, now: float, also: Ids | None = None
    ) -> Suggested | None:
        """Candidates for a shopper and their scores; None where it knows nothing of what they bought.

        Parameters
        ----------
        item_ids, days, orders : of each purchase, oldest first; days since the epoch, up to `now`.
        also : item ids that are candidates in any case; unknown ones are passed over.
        """
        places, known = self._places(item_ids)
        if not known.any():
            return None
        past = past_of(places[known].astype(np.int32), days[known], orders[known], now)
        more, there = self._places(np.zeros(0, dtype=np.int64) if also is None else also)
        slate = self.market.slate(past, also=more[there])
        scores = ranker_scores(self.ranker, slate.values)
        if self.discount is not None:
            scores = scores - self.discount[slate.items]
        return Suggested(self.item_ids[slate.items], scores, slate.bought, past)

    def _places(self, item_ids: Ids) -> tuple[Ids, NDArray[np.bool_]]:
        """int64[m] positions, and bool[m] which of the items are known: the others' positions mean nothing."""
        places = np.minimum(np.searchsorted(self.item_ids, item_ids), max(len(self.item_ids) - 1, 0))
        known = self.item_ids[places] == item_ids if len(self.item_ids) else np.zeros(len(item_ids), dtype=np.bool_)
        return places, known


def market_arrays(market: Market) -> dict[str, NDArray[Any]]:
    """The arrays of a market.

    `sales` [items, 10], `groups` [items, 3], `prices` [items], `texts` [items, text], `factors` [items, factors] and
    `gram` [factors, factors]; of each weights W `W_offsets` [items + 1], `W_columns` and `W_values` [W].
    """
    arrays: dict[str, NDArray[Any]] = {
        "sales": market.sales.table().astype("<f4"),
        "groups": market.kinds.groups.astype("<i4"),
        "prices": market.kinds.prices.astype("<f4"),
        "texts": market.kinds.texts.astype("<f4"),
    }
    for name, weights in market.weights.items():
        if isinstance(weights, ItemFactors):
            arrays |= {"factors": weights.vectors.astype("<f4"), "gram": weights.gram.astype("<f4")}
            continue
        arrays[f"{name}_offsets"] = weights.offsets.astype("<i8")
        arrays[f"{name}_columns"] = weights.columns.astype("<i4")
        arrays[f"{name}_values"] = weights.values.astype("<f4")
    return arrays


def market_from(arrays: Arrays) -> Market:
    """The market that `market_arrays` was given; arrays are not copied."""
    weights: dict[str, Asked] = {
        name: ItemWeights(arrays[f"{name}_offsets"], arrays[f"{name}_columns"], arrays[f"{name}_values"])
        for name in WEIGHTS
    }
    weights["factors"] = ItemFactors(arrays["factors"], arrays["gram"])
    return Market(
        Sales.from_table(np.asarray(arrays["sales"])),
        weights,
        Kinds(arrays["groups"], arrays["prices"], arrays["texts"]),
    )
