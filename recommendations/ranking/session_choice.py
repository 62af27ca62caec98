"""What of a session's scores is chosen on later visits: the blend, and what a return to something seen is worth."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from recommendations.data.sequences import Sequences
from recommendations.ranking.session import (
    Arrays,
    add_returns,
    encoder_scores,
    shares,
    softmax,
    transition_scores,
)

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
Values = NDArray[np.float32]
Gains = NDArray[np.float64]

LIST_LENGTH = 20
STEPS = 10
REMEMBERED = 10
"""Events back to which a return is reckoned with."""

DOUBT = 20.0
"""Events that are added to those which could have been a return, so that a few make none likely."""

BLENDS = np.array(
    [(a, b, STEPS - a - b) for a, b in product(range(STEPS + 1), repeat=2) if a + b <= STEPS], dtype=np.float32
) / np.float32(STEPS)
"""float32[66, 3], shares of encoder, transitions and popularity that sum to 1."""

USUAL_BLEND = np.array([0.3, 0.6, 0.1], dtype=np.float32)
PLAIN_BLEND = np.array([0.0, 0.9, 0.1], dtype=np.float32)
"""What holds until later visits say otherwise, with an encoder and without one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A blend float32[3], whether returns add to it, and NDCG@20; `alone`: of encoder, transitions and popularity."""

    blend: Values
    returns: bool
    ndcg: float
    alone: tuple[float, float, float]


def questions(
    sequences: Sequences, *, length: int, most: int, wanted: Flags | None = None
) -> Iterator[tuple[slice, int]]:
    """What came before an event (positions, at most `length`) and its position; at most `most`, evenly taken."""
    fits = (sequences.places > 0) & (sequences.weights > 0)
    at = np.flatnonzero(fits if wanted is None else fits & wanted)
    chosen = at[np.unique(np.linspace(0, len(at) - 1, min(most, len(at))).astype(np.int64))] if len(at) else at
    begins = np.maximum(sequences.offsets[sequences.visits[chosen]], chosen - length)
    for start, stop in zip(begins.tolist(), chosen.tolist(), strict=True):
        yield slice(start, stop), stop


def learn_returns(sequences: Sequences) -> Values:
    """float32[REMEMBERED], how often the next event is with the item of 2, 3, ... events before it.

    The count over the events that have so many before them in their visit, of which an item is never twice in a row.
    """
    found = np.zeros(REMEMBERED, dtype=np.float32)
    for ago in range(1, REMEMBERED + 1):
        could = np.flatnonzero(sequences.places >= ago + 1)
        back = sequences.items[could] == sequences.items[could - ago - 1]
        found[ago - 1] = back.sum() / (len(could) + DOUBT)
    return found


def transition_gains(arrays: Arrays, later: Sequences, *, recencies: Values, most: int) -> Gains:
    """float64[questions, r], NDCG@20 of the transitions at each recency of float32[r], ties by popularity."""
    asked = list(questions(later, length=REMEMBERED, most=most))
    found = np.zeros((len(asked), len(recencies)))
    for number, (before, at) in enumerate(asked):
        rows, weights = later.items[before].astype(np.int64), later.weights[before]
        scores = np.stack(
            [
                transition_scores({**arrays, "session_recency": recencies[place : place + 1]}, rows, weights)
                for place in range(len(recencies))
            ]
        )
        found[number] = gains(scores + 1e-6 * arrays["session_popular"], rows[-1], int(later.items[at]))
    return found


def choose_blend(arrays: Arrays, later: Sequences, *, most: int, wanted: Flags | None = None) -> Chosen:
    """Which blend, with returns or without, ranks what came next best among all items.

    `USUAL_BLEND` with returns, where no other one is surely better.

    Parameters
    ----------
    arrays : as `ranking.session` has them, `session_blend` apart; without an encoder its share stays 0.
    later : visits that nothing of the arrays has seen, over the same items.
    """
    encoded = "session_vectors" in arrays
    blends = BLENDS if encoded else BLENDS[BLENDS[:, 0] == 0]
    length = len(arrays["session_places"]) if encoded else REMEMBERED
    found = []
    for before, at in questions(later, length=length, most=most, wanted=wanted):
        rows, weights = later.items[before].astype(np.int64), later.weights[before]
        popular: Values = arrays["session_popular"]
        parts = np.stack(
            [
                softmax(encoder_scores(arrays, rows, later.kinds[before], weights)) if encoded else popular,
                shares(transition_scores(arrays, rows, weights)),
                popular,
            ]
        )
        back = add_returns(np.zeros(len(popular), dtype=np.float32), rows, arrays["session_returns"])
        blended = blends @ parts
        found.append(gains(np.concatenate([blended + back, blended]), rows[-1], int(later.items[at])))
    usual = USUAL_BLEND if encoded else PLAIN_BLEND
    measured = np.array(found).reshape(len(found), 2 * len(blends))
    best = surely_better(measured, int(np.abs(blends - usual).sum(axis=1).argmin()))
    means = measured.mean(axis=0) if len(found) else np.zeros(2 * len(blends))
    alone = [means[: len(blends)][(blends == pure).all(axis=1)].sum() for pure in np.eye(3, dtype=np.float32)]
    with_returns, blend = best < len(blends), blends[best % len(blends)]
    return Chosen(blend, with_returns, float(means[best]), (float(alone[0]), float(alone[1]), float(alone[2])))


def surely_better(measured: Gains, usual: int) -> int:
    """The column of gains [questions, ways] with the best mean, or `usual` where its lead is within its standard error.

    A few dozen questions let chance choose among many ways; the standard error is of the paired difference.
    """
    if len(measured) < 2:
        return usual
    best = int(measured.mean(axis=0).argmax())
    lead = measured[:, best] - measured[:, usual]
    return best if lead.mean() > lead.std(ddof=1) / len(lead) ** 0.5 else usual


def gains(scores: NDArray[np.floating], latest: int, target: int) -> NDArray[np.float64]:
    """float64[rankers], NDCG@20 of one target in rankings [rankers, n] without the latest item; ties count against."""
    own = scores[:, target : target + 1]
    rank = (scores >= own).sum(axis=1) - 1 - (scores[:, latest] >= own[:, 0])
    return np.where(rank < LIST_LENGTH, 1 / np.log2(np.maximum(rank, 0) + 2.0), 0.0)
