"""Likeness of items, and scores of a shopper, by eye."""

import numpy as np
import pytest

from recommendations.ranking.content import content_scores, item_vectors, similar

# the last number is popularity
VECTORS = np.array([[1, 0, 9], [2, 0, 0], [1, 1, 0], [0, 1, 5], [0, 0, 7]], dtype=np.float32)


def test_the_most_alike_come_first_and_never_the_item_itself():
    places, scores = similar(VECTORS, 0, 10)
    assert places.tolist() == [1, 2, 3, 4]
    assert np.allclose(scores, [1, 0.5**0.5, 0, 0])


def test_only_candidates_are_given_and_as_many_as_asked_for():
    assert similar(VECTORS, 0, 1, among=np.array([0, 3, 2]))[0].tolist() == [2]
    assert similar(VECTORS, 0, 0)[0].tolist() == []


def test_being_bought_by_the_same_shoppers_counts_where_both_are_known():
    bought = np.array([[1, 0], [0, 1], [0, 0], [1, 0], [0, 0]], dtype=np.float32)
    places, scores = similar(VECTORS, 0, 3, bought=bought, share=0.6)
    assert places.tolist() == [2, 3, 1]
    assert np.allclose(scores, [0.5**0.5, 0.6, 0.4])


def test_a_new_item_is_compared_by_what_it_is_alone():
    bought = np.array([[1, 0], [0, 1], [0, 0], [1, 0], [0, 0]], dtype=np.float32)
    assert np.allclose(similar(VECTORS, 2, 2, bought=bought)[1], [0.5**0.5] * 2)


def test_a_new_shopper_gets_what_is_popular_and_a_known_one_what_fits():
    nothing = np.zeros((0, 2), dtype=np.float32)
    assert content_scores(VECTORS, nothing, np.zeros(0, dtype=np.float32)).tolist() == [9, 0, 0, 5, 7]
    known = content_scores(VECTORS, np.array([[0, 2.0]], dtype=np.float32), np.ones(1, dtype=np.float32))
    assert known.tolist() == [9, 0, 1, 6, 7]


def test_parameters_out_of_range_are_refused():
    with pytest.raises(ValueError, match="item must be from 0 to 4"):
        similar(VECTORS, 5, 1)
    with pytest.raises(ValueError, match="attributes must be"):
        item_vectors({"straight": np.zeros((3, 2))}, np.zeros((1, 2), dtype=np.float32))
