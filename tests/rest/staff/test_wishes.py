"""Rules by hand and category bans by the API, each change with one entry in the log."""

import json

import pytest

from recommendations.models import CategoryBan, ManualRule
from tests.factories import make_item

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

MANUAL, BANS = "/api/v1/manual-rules/", "/api/v1/category-bans/"


def send(client, method, url, body=None):
    return client.generic(method, url, json.dumps(body or {}), content_type="application/json")


def test_a_rule_by_hand_is_made_listed_changed_and_withdrawn(client_with, logged):
    staff = client_with("decide_rule")
    body = {"beside": "a", "product": "b", "position": 2, "note": "launch"}
    made = send(staff, "POST", MANUAL, body)
    assert made.status_code == 201
    assert made.json() == {"id": made.json()["id"], **body, "starts_at": None, "ends_at": None}
    assert send(staff, "POST", MANUAL, {**body, "position": None}).json()["id"] == made.json()["id"]
    assert staff.get(MANUAL).json()["results"][0]["position"] is None
    url = f"{MANUAL}{made.json()['id']}/"
    assert staff.get(url).json()["product"] == "b"
    assert send(staff, "DELETE", url).status_code == 204
    assert staff.get(url).status_code == 404
    assert [(bool(before), bool(after)) for _, before, after in logged()] == [
        (False, True),
        (True, True),
        (True, False),
    ]


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"product": "a"}, "beside"),
        ({"position": 0}, "position"),
        ({"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-01T00:00:00Z"}, "ends_at"),
        ({"strength": 3}, "strength"),
        ({"beside": ""}, "beside"),
    ],
)
def test_a_rule_by_hand_that_makes_no_sense_names_its_field(client_with, wrong, name):
    answer = send(client_with("decide_rule"), "POST", MANUAL, {"beside": "a", "product": "b", **wrong})
    assert answer.status_code == 400
    assert name in json.dumps(answer.json())
    assert not ManualRule.objects.exists()


def test_categories_are_kept_apart_once_and_let_together_again(client_with, logged):
    staff = client_with("view_categoryban", "add_categoryban", "delete_categoryban")
    made = send(staff, "POST", BANS, {"category": "wine", "beside": "baby"})
    assert (made.status_code, made.json()["beside"]) == (201, "baby")
    anew = {"category": "baby", "beside": "wine", "note": "x"}
    assert list(send(staff, "POST", BANS, anew).json()["errors"]) == ["beside"]
    may_change = client_with("view_categoryban", "add_categoryban", "change_categoryban")
    again = send(may_change, "POST", BANS, anew)
    assert again.json()["id"] == made.json()["id"]
    assert [row["note"] for row in staff.get(BANS).json()["results"]] == ["x"]
    assert send(staff, "POST", BANS, {"category": "wine", "beside": "wine"}).status_code == 400
    assert send(staff, "DELETE", f"{BANS}{made.json()['id']}/").status_code == 204
    assert send(staff, "DELETE", f"{BANS}{made.json()['id']}/").status_code == 404
    assert len(logged()) == 3


def test_nothing_is_open_without_its_permission(client_with):
    looker = client_with("view_rule", "view_categoryban")
    rule = ManualRule.objects.create(antecedent=make_item("a"), consequent=make_item("b"))
    ban = CategoryBan.objects.create(category="wine", beside="baby")
    assert looker.get(MANUAL).status_code == 403
    assert send(looker, "POST", MANUAL, {"beside": "a", "product": "b"}).status_code == 403
    assert send(looker, "DELETE", f"{MANUAL}{rule.pk}/").status_code == 403
    assert send(looker, "POST", BANS, {"category": "a", "beside": "b"}).status_code == 403
    assert send(looker, "DELETE", f"{BANS}{ban.pk}/").status_code == 403
