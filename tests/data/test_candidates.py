import dataclasses

import numpy as np
import pytest

from tests.ranking.tiny import tiny


def test_positions_are_those_of_the_known_items_in_the_order_given():
    candidates = tiny({2: 1, 5: 1, 9: 1})
    assert candidates.positions(np.array([9, 3, 2, 10])).tolist() == [2, 0]


def test_no_candidates_have_no_positions():
    assert tiny({}).positions(np.array([1, 2])).tolist() == []


def test_pair_counts_of_another_shape_are_refused():
    candidates = tiny({2: 1, 5: 1}, asked=[2])
    with pytest.raises(ValueError, match=r"shape \(1, 2\)"):
        dataclasses.replace(candidates, pair_orders=np.zeros((2, 2), dtype=np.int64))
