"""The recommender as an artefact keeps it: a market and a ranker as named arrays, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.ranking.kinds import Kinds
from recommendations.ranking.sales import Sales
from recommendations.ranking.slates import Market
from recommendations.ranking.sources import WEIGHTS, Asked, ItemFactors, ItemWeights

Arrays = Mapping[str, NDArray[Any]]


def market_arrays(market: Market) -> dict[str, NDArray[Any]]:
    """`sales` [items, 10], `groups` [items, 3], `prices` [items], `texts` [items, text]; of each weights W
    `W_offsets` [items + 1], `W_columns` and `W_values` [W]; `factors` [items, factors] and `gram` [factors, factors]."""
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
