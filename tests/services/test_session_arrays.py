import numpy as np
import pytest

from recommendations.data.sequences import Recent
from recommendations.exceptions import NotEnoughData
from recommendations.neural.session_training import SessionTraining
from recommendations.neural.training import use_threads
from recommendations.ranking.session import because_viewed, session_scores
from recommendations.services.session_arrays import session_arrays
from tests.mining.test_transitions import visits

TRAINING = SessionTraining(width=8, length=5, epochs=2)


def chains(rng, count):
    """Visits along a ring of 8 items."""
    starts = rng.integers(0, 8, count)
    return visits(*[[int(start + step) % 8 for step in range(3)] for start in starts], items=8)


def fitted(**changes):
    use_threads(1)
    rng = np.random.default_rng(1)
    parts = chains(rng, 60), chains(rng, 30), chains(rng, 90)
    return session_arrays(*parts, training=TRAINING, seed=1, clock=lambda: 0.0, **changes)


def test_what_is_learnt_serves():
    fit = fitted(always=True)
    events = Recent(np.array([2, 3]), np.zeros(2, dtype=np.int8), np.ones(2, dtype=np.float32))
    assert session_scores(fit.arrays, events).argmax() == 4
    assert because_viewed(fit.arrays, events, without=np.array([4])).argmax() == 5
    assert fit.figures["session_ndcg_20"] > 0.9
    assert fit.arrays["session_blend"].sum() == pytest.approx(1)


def test_arrays_hold_items_and_no_shopper():
    fit = fitted(always=True)
    assert {len(values) for name, values in fit.arrays.items() if name in ("item_ids", "session_vectors")} == {8}
    small = {"session_blend", "session_recency", "session_returns", "transition_offsets"}
    assert all(values.size <= max(8 * 200, 8 * 32) for name, values in fit.arrays.items() if name not in small)
    assert {values.dtype.kind for values in fit.arrays.values()} == {"i", "f"}


def test_progress_is_told_and_never_falls():
    told = []
    fitted(progress=lambda share, words: told.append(share))
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] <= 1


def test_too_few_later_views_are_named():
    few = visits([0, 1], items=8)
    with pytest.raises(NotEnoughData, match="at least 20 later views that follow another; there are 1"):
        session_arrays(few, few, few, training=TRAINING, seed=1, clock=lambda: 0.0)
