"""Put scores in order, with what staff want: boosts multiply, pins stand where staff put them."""

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
