import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommendations.ranking.best import places_of_best


@given(st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 0.5000001, 2.0]), max_size=40), st.integers(1, 50))
def test_the_best_are_those_of_a_stable_sort(scores, most):
    given_scores = np.array(scores, dtype=np.float32)
    expected = np.argsort(-given_scores, kind="stable")[:most]
    assert places_of_best(given_scores, most).tolist() == expected.tolist()


def test_of_many_scores_only_the_best_are_put_in_order():
    scores = np.random.default_rng(1).permutation(100_000).astype(np.float64)
    assert scores[places_of_best(scores, 3)].tolist() == [99_999, 99_998, 99_997]
