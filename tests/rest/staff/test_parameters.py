"""Parameters of mining and training by the API."""

import pytest

from recommendations.desks import DESKS
from recommendations.models import Parameters

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

URL = "/api/v1/parameters/mining/"


@pytest.fixture
def staff(client_with):
    return client_with("run_jobrun")


def patch(client, values, url=URL):
    return client.patch(url, {"values": values}, content_type="application/json")


def rows(answer):
    return {row["name"]: row for row in answer.json()["parameters"]}


def test_each_parameter_is_told_with_its_range_and_whose_it_is(staff):
    answer = staff.get(URL)
    found = rows(answer)
    assert list(found) == list(DESKS["mining"])
    assert answer.json()["version"] == 0
    assert found["MIN_RULE_ORDERS"] == {
        "name": "MIN_RULE_ORDERS",
        "value": 5,
        "is_chosen": False,
        "low": 2.0,
        "high": 1000.0,
        "kind": "whole",
    }
    assert (found["MINE_VIEWS"]["kind"], found["MINE_VIEWS"]["low"]) == ("switch", None)


def test_what_is_named_changes_what_is_null_is_given_back_and_each_is_one_entry(staff, logged):
    assert patch(staff, {"MIN_RULE_ORDERS": 7, "MINE_VIEWS": False}).status_code == 200
    answer = patch(staff, {"MIN_RULE_ORDERS": None, "FALSE_RULES": 0.1})
    found = rows(answer)
    assert [found[name]["value"] for name in ("MIN_RULE_ORDERS", "MINE_VIEWS", "FALSE_RULES")] == [5, False, 0.1]
    assert not found["MIN_RULE_ORDERS"]["is_chosen"]
    assert answer.json()["version"] == 2
    assert [(before, after) for _, before, after in logged()] == [
        ({}, {"MIN_RULE_ORDERS": 7, "MINE_VIEWS": False}),
        ({"MIN_RULE_ORDERS": 7, "MINE_VIEWS": False}, {"MINE_VIEWS": False, "FALSE_RULES": 0.1}),
    ]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"MIN_RULE_ORDERS": 1}, "MIN_RULE_ORDERS", "must be a whole number from 2 to 1000, not 1"),
        ({"MIN_RULE_ORDERS": []}, "MIN_RULE_ORDERS", "must be a whole number from 2 to 1000, not []"),
        ({"WINDOW_DAYS": None}, "WINDOW_DAYS", "is no parameter of mining"),
        ("x", "values", "dictionary"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(staff, logged, values, field, words):
    answer = patch(staff, values)
    assert answer.status_code == 400
    assert words in answer.json()["errors"][field][0]
    assert not Parameters.objects.exists()
    assert logged() == []


def test_another_desk_is_not_there(staff):
    assert staff.get(URL.replace("mining", "gardening")).status_code == 404
    assert staff.get(URL.replace("mining", "training")).status_code == 200
