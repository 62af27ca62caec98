import numpy as np
import pytest

from recommendations.data.sequences import Recent
from recommendations.ranking.session import because_viewed, session_scores, shares, transition_scores

IDS = np.array([10, 20, 30, 40])


def tiny(**changes):
    """Items 10 -> 20 and 20 -> 30 (half as much 40); no encoder."""
    return {
        "item_ids": IDS,
        "transition_offsets": np.array([0, 1, 3, 3, 3]),
        "transition_targets": np.array([1, 2, 3], dtype=np.int32),
        "transition_values": np.array([1.0, 1.0, 0.5], dtype=np.float32),
        "session_popular": np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32),
        "session_returns": np.zeros(1, dtype=np.float32),
        "session_recency": np.array([0.5], dtype=np.float32),
        "session_blend": np.array([0.0, 1.0, 0.0], dtype=np.float32),
        **changes,
    }


def seen(*item_ids, weights=None):
    kinds = np.zeros(len(item_ids), dtype=np.int8)
    return Recent(
        np.array(item_ids, dtype=np.int64), kinds, np.array(weights or [1.0] * len(item_ids), dtype=np.float32)
    )


def test_the_latest_view_says_most():
    rows = np.array([0, 1])
    assert transition_scores(tiny(), rows, np.ones(2, dtype=np.float32)).tolist() == [0, 0.5, 1, 0.5]
    assert transition_scores(tiny(), rows, np.array([1, -1], dtype=np.float32)).tolist() == [0, 0.5, -1, -0.5]


def test_scores_are_shares_of_the_parts():
    assert session_scores(tiny(), seen(20)).tolist() == pytest.approx([0, 0, 2 / 3, 1 / 3])
    half = tiny(session_blend=np.array([0.0, 0.5, 0.5], dtype=np.float32))
    assert session_scores(half, seen(20)).tolist() == pytest.approx([0.05, 0.1, 0.15 + 1 / 3, 0.2 + 1 / 6])


def test_without_anything_known_the_popular_answer():
    assert session_scores(tiny(), seen()).tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert session_scores(tiny(), seen(99)).tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert session_scores(tiny(), seen(99, 20)).tolist() == session_scores(tiny(), seen(20)).tolist()


def test_what_was_seen_two_events_ago_may_be_looked_at_again_but_not_what_is_on_screen():
    back = tiny(session_returns=np.array([0.25, 0.125], dtype=np.float32))
    plain = session_scores(tiny(), seen(40, 10, 20))
    assert (session_scores(back, seen(40, 10, 20)) - plain).tolist() == pytest.approx([0.25, 0, 0, 0.125])
    assert (
        session_scores(back, seen(20, 10, 20)) - session_scores(tiny(), seen(20, 10, 20))
    ).tolist() == pytest.approx([0.25, 0, 0, 0])


def test_because_viewed_leaves_out_what_was_viewed_bought_or_is_in_the_cart():
    found = because_viewed(tiny(), seen(20), without=np.array([30, 99]))
    assert np.isinf(found).tolist() == [False, True, True, False]
    assert found.argmax() == 3


def test_an_artefact_without_items_says_nothing():
    empty = {name: values[:0] for name, values in tiny().items()}
    assert len(session_scores(empty, seen(10))) == 0


def test_shares_of_nothing_are_nothing():
    assert shares(np.array([-1.0, 0.0], dtype=np.float32)).tolist() == [0, 0]
