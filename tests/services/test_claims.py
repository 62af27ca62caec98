"""Rules as sentences."""

import pytest

from recommendations.models import Rule
from recommendations.services.claims import antecedents, sentence

TITLES = {1: "Tea", 2: "Milk", 3: "Cups"}


def rule(**changes):
    counts = {"orders": 37, "antecedent_orders": 210, "consequent_orders": 90, "total_orders": 2_100}
    return Rule(antecedent_id=1, consequent_id=2, **(counts | changes))


def test_the_counts_and_what_chance_would_give():
    assert sentence(rule(), TITLES) == "37 of the 210 orders with Tea also had Milk; chance would give 9"


@pytest.mark.parametrize(("total", "expected"), [(18_900, "1"), (21_000, "0.9"), (1_000_000, "0.019")])
def test_small_expectations_keep_their_digits(total, expected):
    assert sentence(rule(total_orders=total), TITLES).endswith(f"chance would give {expected}")


def test_all_antecedents_are_named():
    several = rule(antecedent_2_id=3)

    assert antecedents(several) == [1, 3]
    assert "orders with Tea and Cups also had Milk" in sentence(several, TITLES)
