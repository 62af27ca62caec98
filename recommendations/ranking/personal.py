"""What a shopper may want next, from what they bought: the network's opinion and what they buy again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPINION = 0.2
"""Weight of the network's opinion, in standard deviations, beside the shopper's own decayed purchases.

Settled on a year of groceries and on a gift shop, before the windows that are reported: anything from .1 to .5 is
better than purchases alone on both.
"""

BOUGHT = 0.5
"""What an item of the history is worth before its purchases: most of what is bought was bought before."""

Arrays = Mapping[str, NDArray[Any]]
Values = NDArray[np.float32]


def score(
    arrays: Arrays, history_item_ids: NDArray[np.int64], weights: NDArray[np.float32]
) -> tuple[NDArray[np.int64], Values] | None:
    """Score every item that the network knows for one shopper.

    Parameters
    ----------
    arrays : a network artefact, as `network_scores` wants it.
    history_item_ids, weights : int64[h] distinct items, float32[h] decayed purchases of each.

    Returns
    -------
    int64[n] item ids and float32[n] scores, any range, higher is better; None when the network knows none of
    the history.
    """
    item_ids: NDArray[np.int64] = arrays["item_ids"]
    at = np.searchsorted(item_ids, history_item_ids)
    at[at == len(item_ids)] = 0
    known = item_ids[at] == history_item_ids if len(item_ids) else np.zeros(len(at), dtype=bool)
    if not known.any():
        return None
    opinion = network_scores(arrays, at[known], weights[known])
    return item_ids, served_scores(opinion, at[known], weights[known])


def network_scores(arrays: Arrays, history: NDArray[np.int64], weights: NDArray[np.float32]) -> Values:
    """float32[n], outputs . normalised(sum of weighted inputs) + bias.

    Parameters
    ----------
    arrays : `inputs` and `outputs` float32[n, d], `bias` float32[n]; outputs are of length temperature.
    history : int64[h], rows of the shopper's items.
    """
    taste = weights @ arrays["inputs"][history]
    taste /= max(float(np.linalg.norm(taste)), 1e-9)
    return np.asarray(arrays["outputs"] @ taste + arrays["bias"], dtype=np.float32)


def served_scores(opinion: Values, history: NDArray[np.int64], weights: NDArray[np.float32]) -> Values:
    """float32[n], OPINION times the opinion in standard deviations, plus BOUGHT and the decayed purchases."""
    scores: Values = OPINION * (opinion - opinion.mean()) / max(float(opinion.std()), 1e-9)
    scores[history] += BOUGHT + weights
    return scores
