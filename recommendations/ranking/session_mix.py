"""What a visit changes of a list that was ranked by purchases, and which view stands behind a suggestion."""

import numpy as np
from numpy.typing import NDArray

from recommendations.data.sequences import Recent
from recommendations.ranking.best import places_of_best
from recommendations.ranking.session import Arrays, known

Ids = NDArray[np.int64]
Scores = NDArray[np.float64]
Values = NDArray[np.float32]

SESSION_WEIGHT = 0.5
"""What a standard deviation of the visit's scores weighs beside one of the ranker's. Not measured."""

BEST_OF_SESSION = 50
"""Items that the visit itself proposes."""


def best_of_session(arrays: Arrays, scores: Values, most: int = BEST_OF_SESSION) -> tuple[Ids, Scores]:
    """int64[m] item ids and float64[m] scores of what suits the visit best, best first, ties by item id.

    Parameters
    ----------
    scores : float32[n], of `session_scores`.
    """
    best = places_of_best(scores, most)
    ids: Ids = arrays["item_ids"][best].astype(np.int64)
    return ids, scores[best].astype(np.float64)


def mixed(arrays: Arrays, scores: Values, item_ids: Ids, ranked: Scores) -> tuple[Scores, NDArray[np.bool_]]:
    """Candidates scored by purchases and by the visit.

    The ranker's scores, standardised, + `SESSION_WEIGHT` * the logarithms of the visit's, standardised; what only one
    of both knows is average to the other.

    Parameters
    ----------
    scores : float32[n], of `session_scores`.
    item_ids : int64[c], the candidates.
    ranked : float64[c], the ranker's scores, nan where it knows nothing of an item.

    Returns
    -------
    float64[c], higher is better; bool[c], where the visit says more for the item than the ranker does.
    """
    rows, there = known(arrays, item_ids)
    said = np.full(len(item_ids), np.nan)
    said[there] = np.log(np.maximum(scores[rows], 1e-9))
    by_purchases, by_visit = _standardised(ranked), SESSION_WEIGHT * _standardised(said)
    return by_purchases + by_visit, (by_visit > 0) & (by_visit > by_purchases)


def views_behind(arrays: Arrays, events: Recent, item_ids: Ids) -> Ids:
    """int64[c], the item id of the view that each item rests on most, the latest of equals; 0 where it rests on none.
    See `rows_behind`.
    """
    behind = rows_behind(arrays, events)
    rows, there = known(arrays, item_ids)
    found = np.zeros(len(item_ids), dtype=np.int64)
    found[there] = np.where(behind[rows] >= 0, arrays["item_ids"][behind[rows]], 0)
    return found


def rows_behind(arrays: Arrays, events: Recent) -> Ids:
    """int64[n], the row of the view that each item of the artefact rests on most, the latest of equals; -1 where it
    rests on none.

    An item that was viewed rests on itself. Where the encoder has a say, what no item-to-item weight explains rests on
    the latest view that showed interest.
    """
    seen, kept = known(arrays, events.item_ids)
    weights = events.weights[kept]
    n, offsets = len(arrays["item_ids"]), arrays["transition_offsets"]
    best, behind = np.zeros(n), np.full(n, -1, dtype=np.int64)
    liked = np.flatnonzero(weights > 0)
    if arrays["session_blend"][0] and len(liked):
        behind[:] = seen[liked[-1]]
    for place in liked.tolist():
        span = slice(offsets[seen[place]], offsets[seen[place] + 1])
        targets = arrays["transition_targets"][span]
        age = len(seen) - 1 - place
        strength = arrays["transition_values"][span] * weights[place] * arrays["session_recency"][0] ** age
        more = (strength > 0) & (strength >= best[targets])
        best[targets[more]], behind[targets[more]] = strength[more], seen[place]
    behind[seen[liked]] = seen[liked]
    return behind


def _standardised(scores: Scores) -> Scores:
    """Mean 0 and standard deviation 1 over what is known; 0 where nothing is, or where all are equal."""
    told = ~np.isnan(scores)
    if not told.any():
        return np.zeros(len(scores))
    spread = float(scores[told].std())
    centred = np.where(told, scores - scores[told].mean(), 0.0)
    return np.asarray(centred / spread if spread > 0 else np.zeros(len(scores)), dtype=np.float64)
