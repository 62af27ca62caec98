"""The ranker as it serves: small networks side by side, scored with numpy; torch trains it (`neural.ranker`)."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

LIMIT = 6.0
"""Columns are cut off at so many standard deviations: a shop grows, and what was never seen says no more than that."""


class Head(IntEnum):
    """What a score is for: the next basket, the weeks to come, or what is new to the shopper."""

    NEXT_BASKET = 0
    WINDOW = 1
    NEW_ITEMS = 2


def ranker_scores(arrays: Mapping[str, NDArray[Any]], values: Values) -> Values:
    """float32[c, 3], a score of each candidate for each `Head`, any range, higher is better.

    Parameters
    ----------
    arrays : `ranker_mean`, `ranker_scale` [f]; `ranker_weights_1` [m, f, h], `ranker_bias_1` [m, h];
        `ranker_weights_2` [m, h, g], `ranker_bias_2` [m, g]; `ranker_weights_3` [m, g, 3]; `ranker_skip` [m, f, 3],
        `ranker_bias_3` [m, 3]; float32. The mean of the m networks is the score.
    values : float32[c, f], as slates hold them.
    """
    x = np.clip((values - arrays["ranker_mean"]) / arrays["ranker_scale"], -LIMIT, LIMIT)  # [c, f]
    hidden = np.maximum(x @ arrays["ranker_weights_1"] + arrays["ranker_bias_1"][:, None], 0.0)  # [m, c, h]
    hidden = np.maximum(hidden @ arrays["ranker_weights_2"] + arrays["ranker_bias_2"][:, None], 0.0)  # [m, c, g]
    scores = hidden @ arrays["ranker_weights_3"] + x @ arrays["ranker_skip"] + arrays["ranker_bias_3"][:, None]
    return np.asarray(scores.mean(axis=0), dtype=np.float32)
