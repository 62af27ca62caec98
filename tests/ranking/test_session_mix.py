import numpy as np
import pytest

from recommendations.data.sequences import Recent
from recommendations.ranking.session_mix import SESSION_WEIGHT, best_of_session, mixed, views_behind


def arrays(*, encoder=0.0):
    """Items 10, 20, 30, 40: who views 10 views 20 next, seldom 30; who views 30 views 20 as well."""
    return {
        "item_ids": np.array([10, 20, 30, 40]),
        "transition_offsets": np.array([0, 2, 2, 3, 3]),
        "transition_targets": np.array([1, 2, 1], dtype=np.int32),
        "transition_values": np.array([0.8, 0.2, 0.5], dtype=np.float32),
        "session_recency": np.array([0.5], dtype=np.float32),
        "session_blend": np.array([encoder, 0.9 - encoder, 0.1], dtype=np.float32),
    }


def viewed(*item_ids, weights=None):
    weights = [1.0] * len(item_ids) if weights is None else weights
    return Recent(np.array(item_ids), np.zeros(len(item_ids), dtype=np.int8), np.array(weights, dtype=np.float32))


def behind(*item_ids, encoder=0.0, weights=None):
    asked = np.array([10, 20, 30, 40, 99])
    return views_behind(arrays(encoder=encoder), viewed(*item_ids, weights=weights), asked).tolist()


def test_an_item_rests_on_the_view_that_leads_to_it_most_and_a_viewed_one_on_itself():
    assert behind(10) == [10, 10, 10, 0, 0]
    # 20 follows 10 with 0.8 / 2 for it was one view ago, and 30 with 0.5.
    assert behind(10, 30) == [10, 30, 30, 0, 0]
    assert behind(30, 10) == [10, 10, 30, 0, 0]


def test_what_shows_no_interest_is_behind_nothing():
    assert behind(10, 30, weights=[1, -1]) == [10, 10, 10, 0, 0]
    assert behind(10, weights=[0]) == [0, 0, 0, 0, 0]


def test_where_the_encoder_has_a_say_the_latest_view_stands_for_the_rest():
    assert behind(10, encoder=0.5) == [10, 10, 10, 10, 0]


def test_the_best_come_first_and_equals_by_item():
    ids, scores = best_of_session(arrays(), np.array([0.1, 0.5, 0.1, 0.3], dtype=np.float32), most=3)
    assert ids.tolist() == [20, 40, 10]
    assert scores.tolist() == pytest.approx([0.5, 0.3, 0.1])


def test_both_are_standardised_and_the_visit_is_weighed():
    said = np.array([np.e, np.e**3, 1, 1], dtype=np.float32)
    scores, by_visit = mixed(arrays(), said, np.array([10, 20]), np.array([8.0, 2.0]))
    assert scores.tolist() == pytest.approx([1 - SESSION_WEIGHT, -1 + SESSION_WEIGHT])
    assert by_visit.tolist() == [False, True]


def test_what_one_of_both_does_not_know_is_average_to_it():
    said = np.array([np.e, np.e**3, 1, 1], dtype=np.float32)
    scores, _ = mixed(arrays(), said, np.array([10, 20, 99]), np.array([8.0, np.nan, 2.0]))
    assert scores.tolist() == pytest.approx([1 - SESSION_WEIGHT, SESSION_WEIGHT, -1])


def test_scores_that_are_all_equal_change_no_order():
    scores, _ = mixed(arrays(), np.ones(4, dtype=np.float32), np.array([10, 20]), np.array([8.0, 2.0]))
    assert scores.tolist() == pytest.approx([1, -1])
