"""Versions of rules are compared in the database as sets would be."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommendations.models import Artefact, Rule
from recommendations.selectors.compared_rules import compared_rules, counted_changes
from tests.factories import make_item

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

CLAIMS = st.dictionaries(st.integers(1, 6), st.tuples(st.integers(1, 9), st.sampled_from([0.1, 0.2, 0.5])), max_size=6)


@pytest.fixture
def write():
    """Writes a version of claims, each by its number with its orders and confidence; odd ones are of views."""
    item = make_item("a")

    def of(claims):
        version = Artefact.objects.create(kind="rules", status="published")
        Rule.objects.bulk_create(
            Rule(
                artefact=version,
                kind="viewed_together" if number % 2 else "complement",
                key=f"{number}=>9",
                antecedent=item,
                consequent=item,
                orders=orders,
                antecedent_orders=9,
                consequent_orders=9,
                total_orders=99,
                shoppers=5,
                support=0.1,
                confidence=confidence,
                lift=1.0,
                leverage=0.0,
                weighted_lift=None if number == 1 else confidence * 10,
            )
            for number, (orders, confidence) in claims.items()
        )
        return version.pk

    return of


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=CLAIMS, second=CLAIMS)
def test_what_came_went_and_moved_is_what_sets_say(write, first, second):
    before, after = write(first), write(second)
    write({7: (5, 0.5)})
    counts, changes = compared_rules(before, after, most=3)

    expected = {}
    for number in first.keys() | second.keys():
        of_kind = expected.setdefault("viewed_together" if number % 2 else "complement", [0, 0, 0])
        of_kind[0 if number not in first else 1 if number not in second else 2] += 1
    assert {one.kind: [one.came, one.went, one.stayed] for one in counts} == expected
    assert counted_changes(before, after) == counts

    keys = dict(Rule.objects.values_list("pk", "key"))
    named = {part: [] for part in ("came", "went", "confidence", "weighted_lift")}
    for one in changes:
        sides = {int(keys[pk].split("=")[0]) for pk in (one.before_id, one.after_id) if pk is not None}
        assert len(sides) == 1
        named[one.part].append(sides.pop())
    came, went = second.keys() - first.keys(), first.keys() - second.keys()
    assert_best(named["came"], {number: second[number][0] for number in came})
    assert_best(named["went"], {number: first[number][0] for number in went})
    moved = {number: abs(second[number][1] - first[number][1]) for number in first.keys() & second.keys()}
    moved = {number: distance for number, distance in moved.items() if distance}
    assert_best(named["confidence"], moved)
    assert_best(named["weighted_lift"], {number: distance for number, distance in moved.items() if number != 1})


def assert_best(named, values):
    """At most three are named, none of them twice, and none of the others is larger."""
    assert len(set(named)) == len(named) == min(3, len(values))
    assert sorted(values[number] for number in named) == pytest.approx(sorted(values.values())[-3:])
