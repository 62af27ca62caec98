"""Item-to-item weights of visits: from what was done with one item to what is viewed, or bought, next.

They hold no shopper and no session, and they are what session neighbours come to: with all sessions as neighbours, the
sum over sessions that share an item with the visitor's is a sum of pairs over the visitor's items.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.sequences import Sequences

Ids = NDArray[np.int64]
Values = NDArray[np.float64]

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class TransitionConfig:
    """How pairs are counted; the ranges are checked.

    Parameters
    ----------
    reach : how many events later a target may follow, from 1.
    distance : what each event between them leaves of a pair's weight, in (0, 1].
    backward : weight of the opposite direction, in [0, 1]; 1 is plain co-occurrence.
    half_life_days : a pair counts half after this time, above 0; inf: all count alike.
    shrink : events that are added to an item's own, from 0, so that a single one is no certainty.
    power : how much of a target's popularity is taken off, in [0, 1].
    kept : the strongest targets of an item that are kept, from 1.

    Raises
    ------
    ValueError : a parameter is out of its range; the message names it.
    """

    reach: int = 10
    distance: float = 0.7
    backward: float = 0.5
    half_life_days: float = np.inf
    shrink: float = 1.0
    power: float = 0.3
    kept: int = 200

    def __post_init__(self) -> None:
        for name, fits, allowed in (
            ("reach", self.reach >= 1, "at least 1"),
            ("distance", 0 < self.distance <= 1, "above 0 and at most 1"),
            ("backward", 0 <= self.backward <= 1, "from 0 to 1"),
            ("half_life_days", self.half_life_days > 0, "above 0"),
            ("shrink", self.shrink >= 0, "at least 0"),
            ("power", 0 <= self.power <= 1, "from 0 to 1"),
            ("kept", self.kept >= 1, "at least 1"),
        ):
            if not fits:
                raise ValueError(f"{name} must be {allowed}, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Transitions:
    """The strongest targets of each item, as CSR over dense item indexes.

    Parameters
    ----------
    offsets : int64[n + 1].
    targets : int32[k], dense item indexes; of one item by falling weight.
    values : float32[k], above 0; what one event of weight 1 with the item says for the target.
    """

    offsets: Ids
    targets: NDArray[np.int32]
    values: NDArray[np.float32]


def learn(
    sequences: Sequences, config: TransitionConfig, *, now: float, wanted: NDArray[np.bool_] | None = None
) -> Transitions:
    """value(a -> c) = W_ac / (n_a + shrink) / (n_c + shrink)^power.

    W_ac adds up, over the pairs of an event with a and a wanted one with another item c of the same visit, the weight
    of the first times `distance` per event between them, times `backward` if c came before a; n are an item's events.
    Events of a weight below 0 are no source and no target.

    Parameters
    ----------
    now : seconds since the epoch, from which the half-life is reckoned.
    wanted : bool[events], what may be a target; None: all.
    """
    n = len(sequences.item_ids)
    age = np.maximum(now - sequences.at, 0) / DAY
    fresh = np.exp2(-age / config.half_life_days)
    liked = sequences.weights > 0
    target = liked if wanted is None else liked & wanted
    strength = np.where(liked, sequences.weights, 0.0) * fresh
    visits = sequences.visits
    total = sparse.csr_matrix((n, n), dtype=np.float64)
    for apart in range(1, min(config.reach, int(np.diff(sequences.offsets).max(initial=1)) - 1) + 1):
        first = np.flatnonzero(visits[apart:] == visits[:-apart])
        total = total + _pairs(sequences, first, first + apart, strength, target, config.distance ** (apart - 1))
        if config.backward:
            less = config.backward * config.distance ** (apart - 1)
            total = total + _pairs(sequences, first + apart, first, strength, target, less)
    seen = np.bincount(sequences.items, weights=strength, minlength=n)
    reached = np.bincount(sequences.items, weights=np.where(target, fresh, 0.0), minlength=n)
    own = 1 / np.maximum(seen + config.shrink, 1e-9)
    other = np.maximum(reached + config.shrink, 1e-9) ** -config.power
    return _strongest((sparse.diags_array(own) @ total @ sparse.diags_array(other)).tocsr(), config.kept)


def _pairs(
    sequences: Sequences, first: Ids, second: Ids, strength: Values, target: NDArray[np.bool_], weight: float
) -> sparse.csr_matrix:
    a, c = sequences.items[first], sequences.items[second]
    held = (a != c) & target[second] & (strength[first] > 0)
    n = len(sequences.item_ids)
    return sparse.csr_matrix((weight * strength[first[held]], (a[held], c[held])), shape=(n, n))


def _strongest(matrix: sparse.csr_matrix, kept: int) -> Transitions:
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    rank = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], np.diff(matrix.indptr))
    held = order[rank < kept]
    sizes = np.bincount(rows[held], minlength=matrix.shape[0])
    return Transitions(
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        targets=matrix.indices[held].astype(np.int32),
        values=matrix.data[held].astype(np.float32),
    )
