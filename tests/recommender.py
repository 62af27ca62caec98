"""A recommender whose mind is known: who bought an item likes what the given weights say of it."""

from dataclasses import replace

import numpy as np

from recommendations.data.artefacts import WEIGHTS
from recommendations.data.histories import Histories
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.past import PAST_COLUMNS
from recommendations.ranking.sales import sales_at
from recommendations.ranking.served import market_arrays
from recommendations.ranking.slates import COLUMNS, Market
from recommendations.ranking.sources import SOURCES, ItemFactors, ItemWeights

TIMES_BOUGHT = 1
SOLD = PAST_COLUMNS + 3 * len(SOURCES)
"""The columns of how often the shopper bought an item, and of how much it sold this week."""

SAID = PAST_COLUMNS + 3 * list(SOURCES).index("neighbours")
"""The column of what the neighbours say, as a share of their best score."""


def rows(dense):
    """A dense matrix as item-to-item weights."""
    found, columns = np.nonzero(dense)
    return ItemWeights(
        np.searchsorted(found, np.arange(len(dense) + 1)).astype(np.int64),
        columns.astype(np.int32),
        np.asarray(dense, dtype=np.float32)[found, columns],
    )


def market_of(dense, *, histories=None, kinds=None, vectors=None):
    """A market whose weights all say the same; nothing was ever sold in it but what histories hold."""
    n = len(dense)
    nothing = Histories(
        np.zeros(1, dtype=np.int64),
        np.zeros(0, dtype=np.int32),
        np.zeros(0),
        np.zeros(0, dtype=np.int64),
        np.arange(n),
    )
    vectors = np.zeros((n, 2), dtype=np.float32) if vectors is None else np.asarray(vectors, dtype=np.float32)
    weights = {name: rows(dense) for name in WEIGHTS} | {"factors": ItemFactors(vectors, vectors.T @ vectors)}
    return Market(sales_at(histories or nothing, 100.0), weights, kinds or Kinds.unknown(n))


def ranker_of(columns):
    """A ranker that adds up columns with the weights that are told, one for all heads or one for each."""
    skip = np.zeros((1, COLUMNS, 3), dtype="<f4")
    for column, weight in columns.items():
        skip[0, column] = weight
    return {
        "ranker_mean": np.zeros(COLUMNS, dtype="<f4"),
        "ranker_scale": np.ones(COLUMNS, dtype="<f4"),
        "ranker_weights_1": np.zeros((1, COLUMNS, 2), dtype="<f4"),
        "ranker_bias_1": np.zeros((1, 2), dtype="<f4"),
        "ranker_weights_2": np.zeros((1, 2, 2), dtype="<f4"),
        "ranker_bias_2": np.zeros((1, 2), dtype="<f4"),
        "ranker_weights_3": np.zeros((1, 2, 3), dtype="<f4"),
        "ranker_skip": skip,
        "ranker_bias_3": np.zeros((1, 3), dtype="<f4"),
    }


def recommender_arrays(item_ids, dense=None, *, repeats=0.0):
    """The arrays of such a recommender; what was bought before is worth `repeats`, the neighbours' best 1."""
    dense = np.zeros((len(item_ids),) * 2) if dense is None else np.asarray(dense)
    ids = {"item_ids": np.array(item_ids, dtype="<i8")}
    return ids | market_arrays(market_of(dense)) | ranker_of({SAID: 1.0, 0: repeats})


def network_arrays(item_ids, *, sold, groups=None, factors=None):
    """A network whose ranker counts how often one bought an item, then how much it is `sold`.

    `groups` (category, brand) and `factors` say what is alike; there are no texts.
    """
    n = len(item_ids)
    codes = [(category, -1, brand) for category, brand in groups or [(-1, -1)] * n]
    kinds = replace(Kinds.unknown(n), groups=np.array(codes, dtype=np.int32))
    arrays = market_arrays(market_of(np.zeros((n, n)), kinds=kinds, vectors=factors or np.zeros((n, 2))))
    arrays["sales"][:, 0] = sold
    ranker = ranker_of({TIMES_BOUGHT: (10.0, 0.0, 0.0), SOLD: 1.0})
    return {"item_ids": np.array(item_ids, dtype="<i8")} | arrays | ranker
