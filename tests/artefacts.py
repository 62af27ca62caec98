"""Arrays of artefacts small enough to see what they say."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommendations.data.artefacts import WEIGHTS
from recommendations.ranking.past import PAST_COLUMNS
from recommendations.ranking.slates import COLUMNS
from recommendations.ranking.sources import SOURCES

TIMES_BOUGHT = 1
SOLD = PAST_COLUMNS + 3 * len(SOURCES)


def network_arrays(
    item_ids: Sequence[int],
    *,
    sold: Sequence[float],
    groups: Sequence[tuple[int, int]] | None = None,
    factors: Sequence[tuple[float, float]] | None = None,
) -> dict[str, NDArray[np.generic]]:
    """A network whose ranker counts how often one bought an item, then how much it is `sold`.

    `groups` (category, brand) and `factors` say what is alike; there are no texts.
    """
    n = len(item_ids)
    sales = np.zeros((n, 10), dtype="<f4")
    sales[:, 0] = sold
    sales[:, 6] = 10.0
    skip = np.zeros((1, COLUMNS, 3), dtype="<f4")
    skip[0, TIMES_BOUGHT, 0], skip[0, SOLD, :] = 10.0, 1.0
    rows: dict[str, NDArray[np.generic]] = {}
    for weights in WEIGHTS:
        rows[f"{weights}_offsets"] = np.zeros(n + 1, dtype="<i8")
        rows[f"{weights}_columns"] = np.zeros(0, dtype="<i4")
        rows[f"{weights}_values"] = np.zeros(0, dtype="<f4")
    vectors = np.array(factors or [(0.0, 0.0)] * n, dtype="<f4")
    kinds = groups or [(-1, -1)] * n
    return {
        "item_ids": np.array(item_ids, dtype="<i8"),
        "sales": sales,
        "groups": np.array([(category, -1, brand) for category, brand in kinds], dtype="<i4"),
        "prices": np.zeros(n, dtype="<f4"),
        "texts": np.zeros((n, 0), dtype="<f4"),
        "factors": vectors,
        "gram": (vectors.T @ vectors).astype("<f4"),
        **rows,
        "ranker_mean": np.zeros(COLUMNS, dtype="<f4"),
        "ranker_scale": np.ones(COLUMNS, dtype="<f4"),
        "ranker_weights_1": np.zeros((1, COLUMNS, 1), dtype="<f4"),
        "ranker_bias_1": np.zeros((1, 1), dtype="<f4"),
        "ranker_weights_2": np.zeros((1, 1, 1), dtype="<f4"),
        "ranker_bias_2": np.zeros((1, 1), dtype="<f4"),
        "ranker_weights_3": np.zeros((1, 1, 3), dtype="<f4"),
        "ranker_skip": skip,
        "ranker_bias_3": np.zeros((1, 3), dtype="<f4"),
    }
