from recommendations.ranking.reasons import Evidence, evidence_of_item, evidence_of_pair
from tests.ranking.tiny import tiny


def test_the_evidence_of_a_pair_is_its_counts_and_what_is_made_of_them():
    candidates = tiny({1: 20, 2: 10}, {(1, 2): (4, 2.5)}, asked=[1], total=100)
    assert evidence_of_pair(candidates, 0, 1) == Evidence(4, 20, 10, 100, confidence=0.2, lift=2.0)


def test_a_pair_with_an_item_that_nobody_bought_has_no_measures():
    candidates = tiny({1: 0, 2: 10}, {}, asked=[1])
    assert evidence_of_pair(candidates, 0, 1) == Evidence(0, 0, 10, 100, confidence=None, lift=None)


def test_an_item_alone_has_no_first_side():
    assert evidence_of_item(10, 100) == Evidence(None, None, 10, 100, None, None)
