"""Where what was looked at next stands among all items, and what that is worth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.sequences import Recent, Sequences

Values = NDArray[np.float64]
Scorer = Callable[[Recent], NDArray[np.floating]]
"""Scores [items] of the whole catalogue after these events, higher is better; equals go by popularity."""

RESAMPLES = 1_000
LONGEST = 20
NOWHERE = np.iinfo(np.int64).max // 2


@dataclass(frozen=True, slots=True)
class Questions:
    """What was done in a visit, and what came next.

    Parameters
    ----------
    before : the events so far, of items of the catalogue.
    targets : int64[q], dense indexes.
    new : bool[q], whether the target was not seen before in the visit.
    popular : float64[items], views before the cut.
    item_ids : int64[items].
    """

    before: tuple[Recent, ...]
    targets: NDArray[np.int64]
    new: NDArray[np.bool_]
    popular: Values
    item_ids: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.targets)


def questions(test: Sequences, popular: Values, *, most: int, seed: int) -> Questions:
    """Each view that follows another event of its visit, at most `most` drawn at random."""
    at = np.flatnonzero((test.places > 0) & (test.weights > 0))
    if len(at) > most:
        at = np.sort(np.random.default_rng(seed).choice(at, most, replace=False))
    begins = test.offsets[test.visits[at]]
    before = tuple(
        test.recent(max(start, stop - LONGEST), stop) for start, stop in zip(begins.tolist(), at.tolist(), strict=True)
    )
    targets = test.items[at].astype(np.int64)
    new = np.array(
        [test.item_ids[target] not in seen.item_ids for target, seen in zip(targets, before, strict=True)], dtype=bool
    )
    return Questions(before, targets, new, popular, test.item_ids)


def ranks(scorer: Scorer, asked: Questions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """int64[q] twice: the target's rank from 0 among all but the item on screen, and among what was not seen yet."""
    order = np.lexsort((np.arange(len(asked.popular)), -asked.popular))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    found, fresh = np.empty(len(asked), dtype=np.int64), np.full(len(asked), NOWHERE)
    for number, (events, target) in enumerate(zip(asked.before, asked.targets.tolist(), strict=True)):
        scores = scorer(events)
        ahead = (scores > scores[target]) | ((scores == scores[target]) & (place < place[target]))
        seen = np.searchsorted(asked.item_ids, events.item_ids)
        found[number] = ahead.sum() - ahead[seen[-1]]
        if asked.new[number]:
            fresh[number] = ahead.sum() - ahead[np.unique(seen)].sum()
    return found, fresh


def ndcg(found: NDArray[np.int64], length: int) -> Values:
    """float64[q], 1 / log2(rank + 2) within the list, else 0."""
    return np.where(found < length, 1 / np.log2(np.minimum(found, length) + 2.0), 0.0)


def measures(found: NDArray[np.int64]) -> dict[str, Values]:
    """float64[q] each, of ranks int64[q]."""
    listed = found < 20
    return {
        "ndcg_10": ndcg(found, 10),
        "ndcg_20": ndcg(found, 20),
        "mrr_20": np.where(listed, 1 / (np.minimum(found, 20) + 1.0), 0.0),
        "hr_20": listed.astype(np.float64),
    }


def figures(measured: Mapping[str, Values]) -> dict[str, float]:
    """The means over the questions, and the 95 % bootstrap interval of NDCG@20."""
    low, high = interval(measured["ndcg_20"])
    return {name: float(values.mean()) for name, values in measured.items()} | {
        "ndcg_20_low": low,
        "ndcg_20_high": high,
    }


def interval(values: Values, *, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def ratio(ours: Values, theirs: Values, *, seed: int = 0) -> tuple[float, float, float]:
    """How many times theirs our mean is, with the 95 % interval of a bootstrap over the same questions."""
    rng = np.random.default_rng(seed)
    found = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        drawn = rng.integers(0, len(ours), len(ours))
        found[number] = ours[drawn].sum() / max(theirs[drawn].sum(), 1e-12)
    low, high = np.quantile(found, [0.025, 0.975])
    return float(ours.mean() / max(theirs.mean(), 1e-12)), float(low), float(high)
