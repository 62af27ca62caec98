"""What the live network thinks of a shopper: nothing without a history, and nothing after a refusal."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.models import ArtefactKind
from recommendations.ranking import personal
from recommendations.selectors.histories import shopper_history
from recommendations.services.identify import personal_allowed

JUST_BOUGHT = timedelta(days=7)
"""What a shopper bought in this time is not suggested again."""

MOST_NAMED = 10
"""Items of a history that a suggestion may be said to rest on, the ones that weigh most."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """The network's best items for one shopper.

    Parameters
    ----------
    artefact_id : which version of the network.
    item_ids : int64[m], best first; `scores` float64[m], any range, falling.
    history : item ids that the opinion rests on most, strongest first.
    recent : item ids bought in the last days.
    """

    artefact_id: int
    item_ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    history: tuple[int, ...]
    recent: frozenset[int]


def opinion_of(shopper: str | None, *, now: datetime, most: int) -> Opinion | None:
    """The network's opinion for this shopper, at most `most` items beside the recent ones.

    Returns
    -------
    None where consent was refused, there is no network, no history, or the network knows none of it.
    """
    if shopper is None or not personal_allowed(shopper):
        return None
    network = store.live(ArtefactKind.NETWORK)
    if network is None:
        return None
    history = shopper_history(shopper, now=now)
    scored = personal.score(network.arrays, history.item_ids, history.weights) if len(history.item_ids) else None
    if scored is None:
        return None
    recent = history.item_ids[history.ages < JUST_BOUGHT.total_seconds()]
    item_ids, scores = scored
    best = np.lexsort((item_ids, -scores))[: most + len(recent)]
    strongest = np.argsort(-history.weights, kind="stable")[:MOST_NAMED]
    return Opinion(
        artefact_id=network.artefact_id,
        item_ids=item_ids[best],
        scores=scores[best].astype(np.float64),
        history=tuple(history.item_ids[strongest].tolist()),
        recent=frozenset(recent.tolist()),
    )
