"""Train what serves sessions on what shoppers viewed, judge it on the latest visits, publish it if it is good enough.

Imported by the training process alone: it brings torch along.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from recommendations import store
from recommendations.conf import settings
from recommendations.data.sequences import Events, Sequences, sequences_of
from recommendations.desks import Chosen
from recommendations.exceptions import ArtefactRefused, NotEnoughData
from recommendations.models import Artefact, ArtefactKind, BasketTotals, Desk
from recommendations.neural.session_training import SessionTraining
from recommendations.ranking.session import session_scores
from recommendations.ranking.session_choice import gains, questions
from recommendations.selectors.browsing import shopper_events
from recommendations.services import parameters
from recommendations.services.session_arrays import LEAST_QUESTIONS, Arrays, SessionFit, session_arrays

Progress = Callable[[float, str], None]
Ids = NDArray[np.int64]

MOST_EVENTS = 2_000_000
"""Events that are read, the newest ones."""

CUTS = (0.8, 0.9)
"""Shares of the events before what chooses, and before what judges."""

EXAMPLES_PER_EPOCH = 30_000
"""Of a fit, so that the most that there are, with 5,000 items, takes eight seconds of a core an epoch."""

MOST_JUDGED = 2_000
REMEMBERED = 20


def train_sessions(
    *,
    progress: Progress,
    now: datetime,
    seed: int = 0,
    chosen: Chosen | None = None,
    still_ours: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Artefact:
    """Publish an artefact of sessions, trained on the events of the last `VIEW_DAYS`; a refused one stays as a record.

    The latest tenth of the events gives the verdict and chooses nothing: NDCG@20 of what comes next in a visit, among
    all items, must not be below that of what is popular. Then everything is learnt once more with it.

    Raises
    ------
    NotEnoughData : fewer than 20 views follow another one in their visit, in the window that chooses or that judges.
    """
    torch.set_num_threads(1)
    events = shopper_events(since=now - timedelta(days=settings.VIEW_DAYS), most=MOST_EVENTS)
    if not len(events):
        raise NotEnoughData(f"sessions need at least {LEAST_QUESTIONS} later views that follow another; there are none")
    first, second = np.quantile(events.at, CUTS)
    before = events.where(events.at < second)
    wanted = chosen or parameters.chosen(Desk.TRAINING)
    training = SessionTraining(
        epochs=wanted.TRAIN_EPOCHS, seconds=wanted.TRAIN_SECONDS, examples_per_epoch=EXAMPLES_PER_EPOCH
    )
    learn = partial(_learn, training=training, seed=seed, clock=clock)
    fit = learn(before, cut=first, progress=_part(progress, 0.0, 0.5))
    judged = _visits(events.where(events.at >= second), fit.arrays["item_ids"].astype(np.int64))
    ours, popular, asked = _judge(fit.arrays, judged)
    figures = {
        "ndcg_20": ours,
        "ndcg_20_most_popular": popular,
        "questions": asked,
        "events": len(events),
        "seed": seed,
        "parameters": wanted.values,
    }
    progress(0.5, f"NDCG@20 of the next view {ours:.4f}, most popular {popular:.4f}")
    reason = f"NDCG@20 of the next view is {ours:.4f}, below {popular:.4f} of what is popular"
    if ours >= popular:
        whole = learn(events, cut=second, progress=_part(progress, 0.5, 1.0))
        try:
            return store.publish(
                ArtefactKind.SESSION,
                whole.arrays,
                metrics={**figures, **whole.figures, "trained_at": now.isoformat()},
                still_ours=still_ours,
                **_counted(),
            )
        except ArtefactRefused as refusal:
            reason = str(refusal)
    still_ours()
    return store.refuse(ArtefactKind.SESSION, reason=reason, metrics={**figures, **fit.figures}, **_counted())


def _learn(
    events: Events,
    *,
    cut: float,
    training: SessionTraining,
    seed: int,
    clock: Callable[[], float],
    progress: Progress,
) -> SessionFit:
    """Choose on what came after the cut, learn from everything."""
    early = _visits(events.where(events.at < cut))
    later = _visits(events.where(events.at >= cut), early.item_ids)
    return session_arrays(early, later, _visits(events), training=training, seed=seed, clock=clock, progress=progress)


def _visits(events: Events, item_ids: Ids | None = None) -> Sequences:
    return sequences_of(
        events,
        silence=60 * settings.SESSION_MINUTES,
        least_dwell=settings.MIN_DWELL_SECONDS,
        most_a_day=settings.MAX_VIEWS_A_DAY,
        item_ids=item_ids,
    )


def _judge(arrays: Arrays, judged: Sequences) -> tuple[float, float, int]:
    """Mean NDCG@20 of ours and of what is popular on the same questions, and how many there are."""
    found = []
    for before, at in questions(judged, length=REMEMBERED, most=MOST_JUDGED):
        ours = session_scores(arrays, judged.recent(before.start, before.stop))
        both = np.stack([ours, np.asarray(arrays["session_popular"], dtype=np.float32)])
        found.append(gains(both, int(judged.items[before][-1]), int(judged.items[at])))
    if len(found) < LEAST_QUESTIONS:
        raise NotEnoughData(
            f"sessions are judged on at least {LEAST_QUESTIONS} views that follow another; there are {len(found)}"
        )
    ours, popular = np.mean(found, axis=0).tolist()
    return ours, popular, len(found)


def _counted() -> dict[str, int]:
    totals = BasketTotals.objects.live().first()
    sequence, orders = (totals.sequence, totals.orders) if totals else (0, 0)
    return {"data_sequence": sequence, "data_orders": orders}


def _part(progress: Progress, low: float, high: float) -> Progress:
    return lambda fraction, words: progress(low + (high - low) * fraction, words)
