"""Everything of an artefact that concerns sessions, from visits: weights, encoder and blend, chosen on later visits.

Imported by the training process alone: it brings torch along.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommendations.data.sequences import Sequences
from recommendations.exceptions import NotEnoughData
from recommendations.mining.transitions import TransitionConfig, Transitions, learn
from recommendations.neural.session import as_session_arrays
from recommendations.neural.session_training import SessionTraining, train_session
from recommendations.ranking.session_choice import choose_blend, learn_returns, surely_better, transition_gains

Arrays = dict[str, NDArray[np.generic]]
Progress = Callable[[float, str], None]

LEAST_QUESTIONS = 20
"""Later events of visits with several, below which nothing can be chosen."""

JUDGED_WEIGHTS, JUDGED_BLEND = 600, 2_000
POPULAR_DAYS = 14.0
"""What was looked at counts half after this time, where popularity answers."""

DAY = 86_400.0
RECENCIES = np.array([0.3, 0.5, 0.7, 0.85, 1.0], dtype=np.float32)
USUAL_RECENCY = 2
"""Which of them holds until later visits say otherwise."""

TRIALS = 24
"""Ways to count transitions that are tried."""

TRIED_EVENTS = 200_000
"""About so many events, of visits drawn at random, are counted in each way, which takes seconds."""


@dataclass(frozen=True, slots=True)
class SessionFit:
    """The arrays of `ranking.session`, and figures for the artefact's row."""

    arrays: Arrays
    figures: dict[str, object]


def session_arrays(
    early: Sequences,
    later: Sequences,
    whole: Sequences,
    *,
    training: SessionTraining,
    seed: int,
    clock: Callable[[], float],
    progress: Progress = lambda *_: None,
    least: int = LEAST_QUESTIONS,
    always: bool = False,
) -> SessionFit:
    """Choose on `later` what is learnt from `early`, then learn it from `whole`.

    Parameters
    ----------
    early, later : visits before and after a cut in time, over the items of `early`.
    whole : all visits, over their own items.
    least : events of `later` that must follow another one of their visit, from 1.
    always : keep the encoder where it has no share in the blend too.

    Raises
    ------
    NotEnoughData : `later` has fewer than `least` such events.
    """
    asked = int(((later.places > 0) & (later.weights > 0)).sum())
    if asked < max(least, 1) or not len(early.item_ids):
        raise NotEnoughData(f"sessions need at least {least} later views that follow another; there are {asked}")
    config, recency, reached = _choose_weights(early, later, seed=seed)
    progress(0.2, f"item-to-item weights chosen: NDCG@20 {reached:.4f}")
    arrays = _counted(early, config, recency)
    fitted = train_session(early, training, seed=seed, clock=clock, later=later, progress=_part(progress, 0.2, 0.6))
    arrays |= as_session_arrays(fitted.encoder)
    chosen = choose_blend(arrays, later, most=JUDGED_BLEND)
    progress(0.65, f"blend {chosen.blend.tolist()}: NDCG@20 {chosen.ndcg:.4f}")
    final = _counted(whole, config, recency)
    if chosen.blend[0] or always:
        again = replace(training, epochs=max(fitted.epochs, 1), patience=training.epochs)
        final |= as_session_arrays(
            train_session(whole, again, seed=seed, clock=clock, progress=_part(progress, 0.65, 1.0)).encoder
        )
    final["session_blend"] = chosen.blend.astype("<f4")
    if not chosen.returns:
        final["session_returns"] = np.zeros_like(final["session_returns"])
    figures: dict[str, object] = {
        "session_ndcg_20": chosen.ndcg,
        "session_ndcg_20_encoder": chosen.alone[0],
        "session_ndcg_20_transitions": chosen.alone[1],
        "session_ndcg_20_popular": chosen.alone[2],
        "session_blend": [round(float(share), 2) for share in chosen.blend],
        "session_with_returns": chosen.returns,
        "session_epochs": fitted.epochs,
        "session_losses": [round(loss, 5) for loss in fitted.losses],
        "session_validations": [round(value, 5) for value in fitted.validations],
        "session_questions": asked,
    }
    return SessionFit(final, figures)


def _choose_weights(early: Sequences, later: Sequences, *, seed: int) -> tuple[TransitionConfig, float, float]:
    rng = np.random.default_rng(seed)
    some = early.where(rng.spawn(1)[0].random(len(early)) < TRIED_EVENTS / max(len(early.items), 1))
    tried = [TransitionConfig(), *(_drawn(rng) for _ in range(TRIALS - 1))]
    measured = np.concatenate(
        [
            transition_gains(_counted(some, config, 1.0), later, recencies=RECENCIES, most=JUDGED_WEIGHTS)
            for config in tried
        ],
        axis=1,
    )
    best = surely_better(measured, USUAL_RECENCY)
    config, recency = tried[best // len(RECENCIES)], float(RECENCIES[best % len(RECENCIES)])
    return config, recency, float(measured[:, best].mean())


def _drawn(rng: np.random.Generator) -> TransitionConfig:
    return TransitionConfig(
        reach=int(rng.choice([3, 10, 20])),
        distance=float(rng.choice([0.5, 0.7, 0.85, 1.0])),
        backward=float(rng.choice([0.0, 0.3, 0.6, 1.0])),
        half_life_days=float(rng.choice([7.0, 30.0, 90.0, np.inf])),
        shrink=float(rng.choice([0.0, 1.0, 5.0])),
        power=float(rng.choice([0.0, 0.2, 0.4, 0.6])),
    )


def _counted(sequences: Sequences, config: TransitionConfig, recency: float) -> Arrays:
    now = float(sequences.at.max(initial=0))
    found: Transitions = learn(sequences, config, now=now)
    liked = (sequences.weights > 0) * np.exp2(-(now - sequences.at) / DAY / POPULAR_DAYS)
    popular = np.bincount(sequences.items, weights=liked, minlength=len(sequences.item_ids)) + 1e-6
    return {
        "item_ids": sequences.item_ids.astype("<i8"),
        "transition_offsets": found.offsets.astype("<i8"),
        "transition_targets": found.targets.astype("<i4"),
        "transition_values": found.values.astype("<f4"),
        "session_popular": (popular / popular.sum()).astype("<f4"),
        "session_returns": learn_returns(sequences).astype("<f4"),
        "session_recency": np.array([recency], dtype="<f4"),
    }


def _part(progress: Progress, low: float, high: float) -> Progress:
    return lambda fraction, words: progress(low + (high - low) * fraction, words)
