"""Rules as sentences."""

import pytest

from recommendations.models import Rule, RuleKind
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


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("viewed_together", {}, "37 of the 210 visitors who viewed Tea also viewed Milk; chance would give 9"),
        ("viewed_then_bought", {}, "37 of the 210 visitors who viewed Tea also bought Milk; chance would give 9"),
        (
            "substitute",
            {"orders": 2, "expected": 31.4},
            "Tea and Milk are bought in place of each other: 2 orders with both; chance would give 31",
        ),
        (
            "substitute",
            {"orders": 1, "expected": 8.0},
            "Tea and Milk are bought in place of each other: 1 order with both; chance would give 8",
        ),
    ],
)
def test_each_kind_has_its_own_words(kind, changes, words):
    assert sentence(rule(kind=kind, **changes), TITLES) == words


def test_the_key_names_the_kind_unless_it_is_the_first_there_was():
    assert RuleKind.COMPLEMENT.key([3, 8], 12) == "3,8=>12"
    assert RuleKind.SUBSTITUTE.key([3], 12) == "substitute:3=>12"
    largest = 2**63 - 1
    assert max(len(kind.key([largest] * 3, largest)) for kind in RuleKind) <= 100
