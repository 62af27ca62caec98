"""Put scores in order, of one strategy or of several, with what staff want: boosts multiply, pins stand where told."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from recommendations.data.candidates import Candidates, Ids

Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]
Entry = TypeVar("Entry")


def boosted(scores: Scores, candidates: Candidates, boosts: Sequence[tuple[int, float]]) -> Scores:
    """float64[c], scores times the factor of each boosted item; a score below 0 is divided, so that it rises too."""
    factors = np.ones(len(scores))
    for item_id, factor in boosts:
        factors[candidates.positions(np.array([item_id], dtype=np.int64))] = factor
    raised: Scores = np.where(scores >= 0, scores * factors, scores / factors)
    return raised


def reciprocal_ranks(scores: Scores, candidates: Candidates, allowed: Mask) -> Scores:
    """float64[c], 1 / rank of each allowed candidate, 0 of the others.

    Scores of different strategies have no scale in common; their order has. On this one a weight is a share of the
    list: of two strategies that propose different items, weights of .9 and .1 give every tenth place to the second.
    """
    ranks = np.zeros(len(scores))
    ranks[best_first(scores, candidates, allowed)] = 1.0 / np.arange(1, int(allowed.sum()) + 1)
    return ranks


def merged(ranked: Sequence[Scores], weights: Sequence[float]) -> tuple[Scores, Ids]:
    """The weighted mean of what several strategies say on one scale, and which of them says most.

    Returns
    -------
    float64[c] in the range of the scores, and int64[c], the strategy whose weighted score is highest, the first of
    equal ones.
    """
    parts = np.array(weights)[:, None] * np.array(ranked) / sum(weights)  # [strategy, candidate]
    return parts.sum(axis=0), np.argmax(parts, axis=0)


def best_first(scores: Scores, candidates: Candidates, allowed: Mask) -> Ids:
    """int64[allowed], positions by score, then by orders, then by item id: the same order on any machine."""
    order = np.lexsort((candidates.item_ids, -candidates.orders, -scores))
    return order[allowed[order]]


def with_pins(pinned: Sequence[tuple[Entry, int | None]], others: Sequence[Entry], limit: int) -> list[Entry]:
    """At most `limit` entries: the pinned ones at their positions (from 1), the others around them in order.

    Pins without a position come first; of two at one position the later moves down; a position behind the
    end of a short list is its end.
    """
    free = [entry for entry, position in pinned if position is None]
    fixed = sorted(((position, entry) for entry, position in pinned if position is not None), key=lambda pin: pin[0])
    shelf = [*free, *others]
    slot = -1
    for position, entry in fixed:
        slot = max(position - 1, slot + 1)
        shelf.insert(slot, entry)
    return shelf[:limit]
