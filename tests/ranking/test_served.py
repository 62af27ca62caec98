import numpy as np

from recommendations.data.artefacts import SCHEMAS, validate
from recommendations.ranking.served import Recommender, market_arrays, market_from
from tests.recommender import market_of, recommender_arrays

SAYS = np.array([[0, 1.0, 0.5], [0, 0, 0], [0, 0, 0]])


def suggest(*item_ids, repeats=0.0):
    """Of a recommender of 10, 20 and 30, for which who bought 10 likes 20, and 30 half as much."""
    recommender = Recommender.of(recommender_arrays([10, 20, 30], SAYS, repeats=repeats))
    count = len(item_ids)
    ids = np.array(item_ids, dtype=np.int64)
    return recommender.suggest(ids, 90.0 + np.arange(count), np.arange(count), now=100.0)


def test_candidates_are_told_by_id_with_their_scores():
    found = suggest(10)
    assert found.item_ids.tolist() == [10, 20, 30]
    assert np.allclose(found.scores, np.array([[0.0], [1.0], [0.5]]) * np.ones(3))
    assert found.bought.tolist() == [True, False, False]


def test_unknown_items_are_passed_over():
    found, alone = suggest(5, 10, 99), suggest(10)
    assert (found.item_ids == alone.item_ids).all()
    assert len(found.past) == 1


def test_where_nothing_is_known_there_is_no_suggestion():
    assert suggest(5, 99) is None
    assert suggest() is None
    nothing = Recommender.of(recommender_arrays([10], repeats=0.0))
    assert nothing.suggest(np.array([11]), np.array([1.0]), np.array([1]), now=2.0) is None


def test_arrays_keep_a_market_and_are_what_an_artefact_may_hold():
    market = market_of(SAYS, vectors=np.eye(3, 2))
    arrays = market_arrays(market)
    again = market_arrays(market_from(arrays))
    assert all((again[name] == array).all() for name, array in arrays.items())
    assert set(again) == set(arrays)
    validate(SCHEMAS["network"], recommender_arrays([10, 20, 30], SAYS))


def test_what_is_on_many_lists_already_gives_way():
    arrays = recommender_arrays([10, 20, 30], SAYS)
    discount = np.array([[0, 0, 0], [0.75, 0, 0], [0, 0, 0]], dtype="<f4")
    validate(SCHEMAS["network"], {**arrays, "discount": discount})
    found = Recommender.of({**arrays, "discount": discount}).suggest(
        np.array([10]), np.array([90.0]), np.array([0]), now=100.0
    )
    assert found.scores[1:].tolist() == [[0.25, 1.0, 1.0], [0.5, 0.5, 0.5]]
