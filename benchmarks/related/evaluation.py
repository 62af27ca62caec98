"""Where the hidden item stands among all items, and what that is worth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.related.queries import MISSING, Queries, Rows

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Ranker = Callable[[Rows], Values]
"""Scores float64[queries, items] of the rows asked, 0 where there is no evidence; equals go by popularity."""

AT_ONCE = 50
LENGTH = 10
RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ranker did.

    Parameters
    ----------
    ranks : int64[queries], of the hidden item, from 0; a large number where it could not be found.
    shown : distinct items in all the lists of 10, over the catalogue, in [0, 1].
    silent : share of the questions to which the ranker had no answer of its own, in [0, 1].
    """

    ranks: Ids
    shown: float
    silent: float

    @property
    def ndcg(self) -> Values:
        """float64[queries], NDCG@10: 1 / log2(rank + 2) with ranks from 0."""
        return np.where(self.ranks < LENGTH, 1 / np.log2(self.ranks + 2.0), 0.0)

    def figures(self) -> dict[str, float]:
        return {
            "hit_10": float((self.ranks < LENGTH).mean()),
            "ndcg_10": float(self.ndcg.mean()),
            "mrr": float((1 / (self.ranks + 1.0)).mean()),
            "coverage_10": self.shown,
            "no_answer": self.silent,
        }


def judge(ranker: Ranker, asked: Queries) -> Outcome:
    """Rank the whole catalogue for every question, without the items that are asked with."""
    ranks, silent = [], 0
    shown = np.zeros(asked.asked.shape[1], dtype=np.bool_)
    for rows, hidden in parts(asked):
        scores = masked(ranker(rows), rows)
        ranks.append(ranks_of(scores, hidden))
        silent += int((scores.max(axis=1, initial=-np.inf) <= 0).sum())
        for row in scores:
            shown[top(row)] = True
    return Outcome(np.concatenate(ranks), float(shown.mean()), silent / max(len(asked), 1))


def parts(asked: Queries) -> Iterator[tuple[Rows, Ids]]:
    """The questions and their answers, so many at once that scores of the whole catalogue fit into memory."""
    for start in range(0, len(asked), AT_ONCE):
        yield asked.asked[start : start + AT_ONCE], asked.hidden[start : start + AT_ONCE]


def masked(scores: Values, rows: Rows) -> Values:
    """The scores with what is asked with out of the way."""
    scores[rows.nonzero()] = -np.inf
    return scores


def ranks_of(scores: Values, hidden: Ids) -> Ids:
    """int64[queries]: how many items stand before the hidden one; equals go by popularity, which is their number."""
    ranks = np.full(len(hidden), np.iinfo(np.int64).max // 2)
    for place in np.flatnonzero(hidden != MISSING).tolist():
        row, number = scores[place], hidden[place]
        ranks[place] = np.count_nonzero(row > row[number]) + np.count_nonzero(row[:number] == row[number])
    return ranks


def top(scores: Values) -> Ids:
    """The numbers of the ten best items, in no order."""
    evident = np.flatnonzero(scores > 0)
    if len(evident) > LENGTH:
        # Many equal zeros make a partition of the whole row slow.
        return evident[np.argpartition(-scores[evident], LENGTH)[:LENGTH]]
    rest = np.flatnonzero(np.isfinite(scores) & (scores <= 0))
    return np.concatenate([evident, rest[np.argsort(-scores[rest], kind="stable")][: LENGTH - len(evident)]])


def ratio(ours: Values, theirs: Values, *, seed: int = 0) -> tuple[float, float, float]:
    """How many times our mean theirs is, with a 95 % interval: paired bootstrap over the questions."""
    chance = np.random.default_rng(seed)
    found = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        drawn = chance.integers(0, len(ours), len(ours))
        found[number] = ours[drawn].sum() / max(theirs[drawn].sum(), 1e-12)
    low, high = np.quantile(found, [0.025, 0.975])
    return float(ours.mean() / max(theirs.mean(), 1e-12)), float(low), float(high)
