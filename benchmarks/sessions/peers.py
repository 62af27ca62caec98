"""What others answer: session neighbours (V-SKNN, S-KNN), what followed the last view, what is popular."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.sessions.judged import Scorer
from recommendations.data.sequences import Recent, Sequences

Values = NDArray[np.float64]

DAY = 86_400.0

FADING = {
    "same": lambda step: step**0.0,
    "div": lambda step: 1 / step,
    "linear": lambda step: max(1 - 0.1 * (step - 1), 0.0),
    "quadratic": lambda step: 1 / step**2,
    "log": lambda step: 1 / np.log10(step + 1.7),
}
"""Weight of the event of so many steps ago, 1 being the latest."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Scales of V-SKNN (Ludewig and Jannach 2018, "Evaluation of session-based recommendation algorithms").

    Parameters
    ----------
    k, sample : neighbours that vote, and the most recent sessions with a common item among which they are sought.
    fading : how events of the session weigh by their age when sessions are compared.
    matching : how a neighbour weighs by the age of the latest event whose item it has.
    rare : what the log of an item's rarity adds to its votes; 0: nothing.
    """

    k: int
    sample: int
    fading: str = "div"
    matching: str = "div"
    rare: float = 0.0


USUAL = Neighbours(k=500, sample=1_000)


def drawn(rng: np.random.Generator) -> Neighbours:
    """Scales at random, over the ranges that its authors searched."""
    return Neighbours(
        k=int(rng.choice([50, 100, 200, 500, 1_000, 1_500])),
        sample=int(rng.choice([500, 1_000, 2_500, 5_000, 10_000])),
        fading=str(rng.choice(list(FADING))),
        matching=str(rng.choice(list(FADING))),
        rare=float(rng.choice([0.0, 1.0, 2.0, 5.0, 10.0])),
    )


class SessionNeighbours:
    """Sessions as sets of items, with the sessions of each item, the most recent first."""

    def __init__(self, train: Sequences) -> None:
        pairs = np.unique(train.visits << 32 | train.items)
        visits, self._items = pairs >> 32, pairs & 0xFFFFFFFF
        self._offsets = np.searchsorted(visits, np.arange(len(train) + 1))
        ends = train.at[train.offsets[1:] - 1] if len(train) else train.at
        self._age = np.empty(len(train), dtype=np.int64)
        self._age[np.argsort(-ends, kind="stable")] = np.arange(len(train))
        order = np.lexsort((self._age[visits], self._items))
        self._visits_of = visits[order]
        self._item_offsets = np.searchsorted(self._items[order], np.arange(len(train.item_ids) + 1))
        self._item_ids = train.item_ids
        with np.errstate(divide="ignore"):
            self._rarity = np.log(len(train) / np.maximum(np.diff(self._item_offsets), 1))

    def vsknn(self, scales: Neighbours) -> Scorer:
        """score(i) = sum over the k nearest sessions n with i of sim(s, n) * matching(latest common) * rarity(i).

        sim(s, n) is the sum of the fading weights of the items in common, over the length of s.
        """
        return lambda events: self._voted(self._steps(events), scales, cosine=False)

    def sknn(self, scales: Neighbours) -> Scorer:
        """The same with the cosine of the two sets of items, and nothing else."""
        return lambda events: self._voted(self._steps(events), scales, cosine=True)

    def _steps(self, events: Recent) -> dict[int, int]:
        """How many steps ago each item was last, 1 being the latest."""
        rows = np.searchsorted(self._item_ids, events.item_ids).tolist()
        return {row: len(rows) - place for place, row in enumerate(rows)}

    def _voted(self, steps: dict[int, int], scales: Neighbours, *, cosine: bool) -> Values:
        found = [
            self._visits_of[self._item_offsets[row] : self._item_offsets[row + 1]][: scales.sample] for row in steps
        ]
        counts = [len(one) for one in found]
        sessions, at = np.unique(np.concatenate(found), return_inverse=True)
        if len(sessions) > scales.sample:
            recent = np.argpartition(self._age[sessions], scales.sample)[: scales.sample]
            kept = np.zeros(len(sessions), dtype=bool)
            kept[recent] = True
        else:
            kept = np.ones(len(sessions), dtype=bool)
        ago = np.array(list(steps.values()))
        fading = np.array([1.0 if cosine else FADING[scales.fading](step) for step in ago])
        near = np.bincount(at, weights=np.repeat(fading, counts), minlength=len(sessions))
        latest = np.full(len(sessions), ago.max())
        np.minimum.at(latest, at, np.repeat(ago, counts))
        sizes = np.diff(self._offsets)[sessions]
        near = near / np.sqrt(sizes * len(steps)) if cosine else near / len(steps)
        near[~kept] = 0
        best = np.argsort(-near, kind="stable")[: scales.k]
        best = best[near[best] > 0]
        votes = (
            near[best] if cosine else near[best] * np.array([FADING[scales.matching](step) for step in latest[best]])
        )
        spans = [self._items[self._offsets[one] : self._offsets[one + 1]] for one in sessions[best]]
        if not spans:
            return np.zeros(len(self._item_ids))
        scores = np.bincount(
            np.concatenate(spans), weights=np.repeat(votes, sizes[best]), minlength=len(self._item_ids)
        )
        return scores if cosine or not scales.rare else scores * (1 + scales.rare * self._rarity)


def last_view(train: Sequences) -> Scorer:
    """How often an item was in one visit with the latest one (item-to-item association rules)."""
    counts: dict[int, Values] = {}
    visits = train.visits

    def scorer(events: Recent) -> Values:
        row = int(np.searchsorted(train.item_ids, events.item_ids[-1]))
        if row not in counts:
            with_it = np.isin(visits, visits[train.items == row])
            pairs = np.unique(visits[with_it] << 32 | train.items[with_it]) & 0xFFFFFFFF
            counts[row] = np.bincount(pairs, minlength=len(train.item_ids)).astype(np.float64)
        return counts[row]

    return scorer


def popular(train: Sequences, *, days: float) -> Scorer:
    """Views in so many days before the cut; inf: all."""
    since = train.at.max(initial=0) - days * DAY
    scores = np.bincount(train.items[train.at >= since], minlength=len(train.item_ids)).astype(np.float64)
    return lambda _: scores
