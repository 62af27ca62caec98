import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.ranking.diversity import kinship, marginal_relevance, with_vectors

TAGS = st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=4), max_size=8)


def order(alike, diversity, **more):
    return [place for place, _ in marginal_relevance(np.array(alike, dtype=float), diversity, **more)]


def test_kinship_is_the_share_of_tags_that_both_have():
    assert kinship([frozenset("ab"), frozenset("bc"), frozenset("ab"), frozenset()]) == pytest.approx(
        np.array([[1, 1 / 3, 1, 0], [1 / 3, 1, 1 / 3, 0], [1, 1 / 3, 1, 0], [0, 0, 0, 0]])
    )


@given(TAGS)
def test_kinship_is_mutual_and_between_0_and_1(tags):
    shares = kinship(tags)
    assert (shares == shares.T).all()
    assert ((shares >= 0) & (shares <= 1)).all()


def test_vectors_count_half_where_both_items_have_one():
    shares = np.full((3, 3), 0.5)
    vectors = np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    assert with_vectors(shares, vectors)[0].tolist() == [0.75, 0.75, 0.5]
    assert with_vectors(shares, np.array([[1.0, 0], [-1.0, 0], [0, 1.0]]))[0].tolist() == [0.75, 0.25, 0.25]


def test_of_two_that_are_alike_the_second_makes_way_for_another():
    alike = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert order(alike, 0.5) == [0, 2, 1]
    assert order(alike, 0.1) == [0, 1, 2]


def test_what_stands_before_the_list_counts_too():
    alike = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert order(alike, 0.6, before=1) == [1, 0]


@given(TAGS)
def test_without_diversity_the_order_stays(tags):
    assert order(kinship(tags), 0.0) == list(range(len(tags)))


@given(TAGS, st.floats(0, 1), st.data())
def test_every_item_is_listed_once_and_values_never_leave_their_range(tags, diversity, data):
    before = data.draw(st.integers(0, len(tags)))
    found = marginal_relevance(kinship(tags), diversity, before=before)
    assert sorted(place for place, _ in found) == list(range(len(tags) - before))
    assert all(-1 <= value <= 1 for _, value in found)
    if not before and tags and diversity < 1:
        assert found[0][0] == 0, "nothing is nearer to an empty list than the best"
