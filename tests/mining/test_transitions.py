import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.sequences import Sequences
from recommendations.mining.transitions import TransitionConfig, learn

PLAIN = TransitionConfig(reach=10, distance=0.5, backward=0.25, shrink=0.0, power=0.0)


def visits(*rows, items=4, at=None, weights=None):
    flat = np.array([item for row in rows for item in row], dtype=np.int32)
    return Sequences(
        offsets=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        items=flat,
        at=np.zeros(len(flat), dtype=np.int64) if at is None else np.array(at, dtype=np.int64),
        kinds=np.zeros(len(flat), dtype=np.int8),
        weights=np.ones(len(flat), dtype=np.float32) if weights is None else np.array(weights, dtype=np.float32),
        item_ids=np.arange(items),
    )


def as_matrix(found, items=4):
    matrix = np.zeros((items, items))
    for row in range(items):
        span = slice(found.offsets[row], found.offsets[row + 1])
        matrix[row, found.targets[span]] = found.values[span]
    return matrix


def test_what_comes_after_counts_by_its_distance_and_what_came_before_less():
    found = as_matrix(learn(visits([0, 1, 2], [3]), PLAIN, now=0))
    assert found.tolist() == [[0, 1, 0.5, 0], [0.25, 0, 1, 0], [0.125, 0.25, 0, 0], [0, 0, 0, 0]]


def test_a_short_look_says_less():
    found = as_matrix(learn(visits([0, 1], [0, 2], weights=[0.75, 1, 0.25, 1]), PLAIN, now=0))
    assert found[0].tolist() == [0, 0.75, 0.25, 0]


def test_what_was_taken_back_is_no_source_and_no_target():
    found = as_matrix(learn(visits([0, 1, 2], weights=[1, -1, 1]), PLAIN, now=0))
    assert found.tolist() == [[0, 0, 0.5, 0], [0, 0, 0, 0], [0.125, 0, 0, 0], [0, 0, 0, 0]]


def test_only_what_is_wanted_is_a_target():
    found = as_matrix(learn(visits([0, 1, 2]), PLAIN, now=0, wanted=np.array([False, False, True])))
    assert found.tolist() == [[0, 0, 0.5, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_old_visits_fade():
    config = TransitionConfig(backward=0, shrink=1, power=0, half_life_days=1)
    found = as_matrix(learn(visits([0, 1], [0, 2], at=[0, 0, 86_400, 86_400]), config, now=86_400))
    assert found[0].tolist() == pytest.approx([0, 0.5 / 2.5, 1 / 2.5, 0])


def test_only_the_strongest_are_kept_best_first():
    config = TransitionConfig(backward=0, shrink=0, power=0, kept=1)
    found = learn(visits([0, 1], [0, 2], [0, 2]), config, now=0)
    assert (found.offsets.tolist(), found.targets.tolist()) == ([0, 1, 1, 1, 1], [2])


@pytest.mark.parametrize("rows", [[], [[0]], [[0], [1]]])
def test_visits_of_one_event_say_nothing(rows):
    assert len(learn(visits(*rows), PLAIN, now=0).values) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("reach", 0), ("distance", 0), ("backward", 2), ("half_life_days", 0), ("shrink", -1), ("power", 2), ("kept", 0)],
)
def test_a_scale_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name} must be"):
        TransitionConfig(**{name: value})


@given(st.lists(st.lists(st.integers(0, 3), max_size=6), max_size=6))
def test_weights_are_those_of_a_plain_count(rows):
    rows = [[item for place, item in enumerate(row) if not place or item != row[place - 1]] for row in rows]
    rows = [row for row in rows if row]
    expected = np.zeros((4, 4))
    for row in rows:
        for i, a in enumerate(row):
            for j, c in enumerate(row):
                if a != c:
                    expected[a, c] += 0.5 ** (abs(i - j) - 1) * (1 if j > i else 0.25)
    seen = np.bincount([item for row in rows for item in row], minlength=4)
    found = as_matrix(learn(visits(*rows), PLAIN, now=0))
    assert found == pytest.approx(expected / np.maximum(seen, 1)[:, None], rel=1e-5)
