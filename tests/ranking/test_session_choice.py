import numpy as np
import pytest

from recommendations.ranking.session_choice import choose_blend, gains, learn_returns, surely_better
from tests.mining.test_transitions import visits
from tests.ranking.test_session import tiny


def test_ties_count_against_a_ranking():
    scores = np.array([[0.0, 3, 2, 1], [0, 1, 1, 1]])
    assert gains(scores, latest=0, target=2).tolist() == pytest.approx([1 / np.log2(3), 1 / np.log2(4)])
    assert gains(scores, latest=1, target=2).tolist() == pytest.approx([1, 1 / np.log2(3)])


def test_a_lead_by_chance_changes_nothing():
    assert surely_better(np.array([[0.0, 1], [0, 1], [0, 1]]), usual=0) == 1
    assert surely_better(np.array([[0.0, 1], [1, 0], [0, 0.1]]), usual=0) == 0
    assert surely_better(np.zeros((0, 2)), usual=1) == 1


def test_where_transitions_know_better_they_have_the_say():
    """After item 0 comes 1, which is least popular."""
    arrays = tiny(session_popular=np.array([0.1, 0.1, 0.3, 0.5], dtype=np.float32))
    chosen = choose_blend(arrays, visits(*[[0, 1]] * 30), most=100)
    assert chosen.blend[1] > 0.5
    assert chosen.ndcg == chosen.alone[1] == 1
    assert chosen.alone[0] == 0, "there is no encoder"


def test_where_transitions_are_wrong_the_popular_have_the_say():
    arrays = tiny(session_popular=np.array([0.1, 0.1, 0.3, 0.5], dtype=np.float32))
    chosen = choose_blend(arrays, visits(*[[0, 3]] * 30), most=100)
    assert (chosen.blend[2], chosen.ndcg) == (pytest.approx(0.7, abs=0.31), 1)


def test_returns_are_counted_by_how_long_ago():
    found = learn_returns(visits(*[[0, 1, 0, 1]] * 30))
    assert found[0] == pytest.approx(60 / 80)
    assert found[1:].tolist() == [0] * 9
