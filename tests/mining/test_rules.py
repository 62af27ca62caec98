import numpy as np
import pytest

from recommendations.mining.measures import measure
from recommendations.mining.rules import rules_of_pairs


def arrays(*values):
    return np.array(values, dtype=np.int64)


def test_measures_by_hand():
    measured = measure(arrays(30), arrays(40), arrays(50), 100)
    assert measured.support == pytest.approx([0.3])
    assert measured.confidence == pytest.approx([0.75])
    assert measured.lift == pytest.approx([1.5])
    assert measured.leverage == pytest.approx([0.3 - 0.2])
    assert measured.conviction == pytest.approx([0.5 / 0.25])


def test_conviction_of_a_certain_rule_is_infinite():
    assert np.isinf(measure(arrays(4), arrays(4), arrays(6), 10).conviction).all()


def rules(**changes):
    given = {
        "low": arrays(1, 1, 2),
        "high": arrays(2, 3, 3),
        "orders": arrays(30, 5, 2),
        "low_orders": arrays(40, 40, 50),
        "high_orders": arrays(50, 10, 10),
        "shoppers": arrays(9, 5, 2),
        "total_orders": 100,
        "p": np.array([0.01, 0.02, 0.03]),
        "weighted_lift": np.array([3.0, 2.0, 1.6]),
        "most_per_antecedent": 10,
    }
    found = rules_of_pairs(**{**given, **changes})
    return list(zip(found.antecedent.tolist(), found.consequent.tolist(), found.orders.tolist(), strict=True))


def test_both_directions_of_pairs_more_often_than_chance_become_rules():
    assert rules() == [(1, 2, 30), (1, 3, 5), (2, 1, 30), (3, 1, 5)]


def test_a_pair_no_more_often_than_chance_is_no_rule():
    assert rules(orders=arrays(20, 4, 5), shoppers=arrays(9, 9, 9)) == []


def test_an_antecedent_keeps_its_rules_of_largest_leverage():
    assert rules(most_per_antecedent=1) == [(1, 2, 30), (2, 1, 30), (3, 1, 5)]


def test_no_pairs_give_no_rules():
    empty = arrays()
    assert (
        rules(
            low=empty,
            high=empty,
            orders=empty,
            low_orders=empty,
            high_orders=empty,
            shoppers=empty,
            p=empty / 1.0,
            weighted_lift=empty / 1.0,
            total_orders=0,
        )
        == []
    )
