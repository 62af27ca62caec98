"""Which changes of a pair's measures are beyond chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.mining.moves import Counts, moved

counts = st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500)).map(
    lambda one: Counts(one[0], one[0] + one[1], one[0] + one[2], None)
)


@given(counts, counts)
def test_a_move_is_one_in_both_directions_of_time(before, after):
    assert moved(before, after) == moved(after, before)
    assert not moved(before, before)


@pytest.mark.parametrize(
    ("before", "after", "is_one"),
    [
        (Counts(30, 210, 900, None), Counts(80, 210, 900, None), True),
        (Counts(30, 210, 900, None), Counts(45, 210, 900, None), False),  # within chance
        (Counts(3, 21, 90, None), Counts(8, 21, 90, None), False),  # few orders
        (Counts(30_000, 210_000, 900_000, None), Counts(33_000, 210_000, 900_000, None), False),  # less than a quarter
        (Counts(200, 1_000, 9_000, None), Counts(200, 400, 9_000, None), True),  # fewer orders with the first
        (Counts(200, 9_000, 1_000, None), Counts(200, 9_000, 400, None), True),  # of the other direction
        (Counts(500, 1_000, 9_000, 2.0), Counts(500, 1_000, 9_000, 3.0), True),
        (Counts(500, 1_000, 9_000, 2.0), Counts(500, 1_000, 9_000, 2.4), False),
        (Counts(5, 1_000, 9_000, 2.0), Counts(5, 1_000, 9_000, 3.0), False),
        (Counts(0, 0, 0, None), Counts(5, 5, 5, 2.0), False),
    ],
)
def test_a_quarter_and_four_standard_errors_are_a_move(before, after, is_one):
    assert moved(before, after) is is_one


def test_chance_alone_hardly_ever_moves():
    rng = np.random.default_rng(7)
    draws = rng.binomial(1_000, 0.1, size=(5_000, 2))
    assert sum(moved(Counts(a, 1_000, 10**6, None), Counts(b, 1_000, 10**6, None)) for a, b in draws.tolist()) <= 3
