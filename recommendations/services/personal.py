"""What the live network thinks of a shopper: nothing without a history, and nothing after a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.models import ArtefactKind
from recommendations.ranking.ranker import Head
from recommendations.ranking.served import Recommender
from recommendations.selectors.histories import DAY, shopper_history
from recommendations.services.identify import personal_allowed

JUST_BOUGHT_DAYS = 7.0
"""What a shopper bought in this time, and only once, is not suggested again: one who comes back for it wants it."""

MOST_NAMED = 10
"""Items of a history that a suggestion may be said to rest on, the ones that weigh most."""

NAMED_BY = 3
"""The column of a past's decayed purchases by which they weigh: halved every 60 days."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """The network's best items for one shopper.

    Parameters
    ----------
    artefact_id : which version of the network.
    item_ids : int64[m], best first; `scores` float64[m], any range, falling.
    history : item ids that the opinion rests on most, strongest first.
    recent : item ids bought once, in the last days.
    """

    artefact_id: int
    item_ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    history: tuple[int, ...]
    recent: frozenset[int]


def opinion_of(shopper: str | None, *, now: datetime, most: int, head: Head = Head.NEXT_BASKET) -> Opinion | None:
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
    history = shopper_history(shopper)
    if not len(history):
        return None
    recommender = recommender_of(network)
    today = now.timestamp() / DAY
    suggested = recommender.suggest(history.item_ids, history.days, history.orders, now=today)
    if suggested is None:
        return None
    ids = recommender.item_ids[suggested.past.items]
    recent = ids[(suggested.past.last < JUST_BOUGHT_DAYS) & (suggested.past.counts < 2)]
    scores = suggested.scores[:, head].astype(np.float64)
    best = np.lexsort((suggested.item_ids, -scores))[: most + len(recent)]
    strongest = np.argsort(-suggested.past.decayed[:, NAMED_BY], kind="stable")[:MOST_NAMED]
    return Opinion(
        artefact_id=network.artefact_id,
        item_ids=suggested.item_ids[best],
        scores=scores[best],
        history=tuple(ids[strongest].tolist()),
        recent=frozenset(recent.tolist()),
    )


_ready: dict[int, tuple[Mapping[str, Any], Recommender]] = {}


def recommender_of(network: store.Loaded) -> Recommender:
    """The recommender of a loaded version, made ready once; the last one that was asked for is kept."""
    kept = _ready.get(network.artefact_id)
    if kept is None or kept[0] is not network.arrays:
        kept = (network.arrays, Recommender.of(network.arrays))
        _ready.clear()
        _ready[network.artefact_id] = kept
    return kept[1]
