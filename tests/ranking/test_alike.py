import numpy as np
import pytest

from recommendations.ranking.alike import Alike

ARRAYS = {
    "item_ids": np.array([10, 20, 30, 40, 50]),
    "texts": np.array([[1, 0], [0.6, 0.8], [0, 0], [0, 1], [-1, 0]], dtype=np.float32),
    "groups": np.array([[1, 2, 7], [2, 3, 7], [1, -1, 8], [4, -1, 9], [-1, -1, -1]], dtype=np.int32),
    "factors": np.zeros((5, 2), dtype=np.float32),
}


def told(arrays, item_id, most=9):
    ids, scores = Alike.of(arrays).most_alike(item_id, most)
    return dict(zip(ids.tolist(), scores.tolist(), strict=True))


def test_texts_count_half_and_shared_categories_and_brand_half():
    """20 shares a category and the brand, two of three groups; 30 has no text and shares one; 40 and 50 nothing."""
    assert told(ARRAYS, 10) == pytest.approx({20: (0.6 + 2 / 3) / 2, 30: 1 / 6})


def test_the_order_of_two_categories_does_not_matter():
    arrays = {**ARRAYS, "groups": np.array([[1, 2, -1], [2, 1, -1], [1, 3, -1], [4, 5, -1], [-1] * 3])}
    arrays["texts"] = np.zeros((5, 0), dtype=np.float32)
    assert told(arrays, 10) == pytest.approx({20: 1.0, 30: 0.5})


def test_who_buys_them_counts_half_where_both_are_bought():
    """10 and 40 are bought by the same: half of 1. 20 is bought by others, half of its likeness is left; 30 by none."""
    arrays = {**ARRAYS, "factors": np.array([[2, 0], [0, 1], [0, 0], [3, 0], [0, 0]], dtype=np.float32)}
    assert told(arrays, 10) == pytest.approx({40: 0.5, 20: (0.6 + 2 / 3) / 4, 30: 1 / 6})


def test_an_item_that_is_not_there_is_like_nothing():
    assert told(ARRAYS, 15) == told(ARRAYS, 99) == {}


def test_at_most_so_many_the_most_alike_first():
    assert list(told(ARRAYS, 10, most=1)) == [20]
