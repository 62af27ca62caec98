"""Rules by the API: filtered by known names alone, decided with one entry in the log."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, RuleDecision
from tests.admin.conftest import make_rule

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

RULES = "/api/v1/rules/"
DECIDE = ("decide_rule",)


@pytest.fixture
def rules(stocked):
    return [make_rule("a", "b"), make_rule("a", "c", orders=20), make_rule("c", "d", orders=30, kind="substitute")]


@pytest.fixture
def reader(client_with):
    return client_with("view_rule")


def keys(answer):
    assert answer.status_code == 200, answer.content
    return [(row["antecedents"][0], row["consequent"]) for row in answer.json()["results"]]


def test_a_rule_is_told_with_its_counts_measures_and_sentence(reader, rules):
    row = reader.get(f"{RULES}{rules[0].pk}/").json()
    assert (row["key"], row["antecedents"], row["consequent"]) == (rules[0].key, ["a"], "b")
    assert row["claim"] == "37 of the 210 orders with Product a also had Product b; chance would give 9"
    assert (row["orders"], row["antecedent_orders"], row["conviction"], row["decision"]) == (37, 210, None, None)


def test_pages_follow_each_other_largest_first(reader, rules):
    first = reader.get(RULES, {"limit": 2})
    assert keys(first) == [("a", "b"), ("c", "d")]
    second = reader.get(RULES, {"limit": 2, "after": first.json()["next"]})
    assert (keys(second), second.json()["next"]) == ([("a", "c")], None)


def test_no_rule_is_lost_or_told_twice_where_many_have_the_same_measure(reader, rules):
    for other in "efgh":
        make_rule("a", other, orders=30)
    found, after = [], {}
    for _ in range(7):
        answer = reader.get(RULES, {"limit": 1, **after})
        found += keys(answer)
        after = {"after": answer.json()["next"]}
    assert found == [("a", "b"), ("a", "h"), ("a", "g"), ("a", "f"), ("a", "e"), ("c", "d"), ("a", "c")]
    assert after == {"after": None}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "substitute"}, [("c", "d")]),
        ({"min_orders": 25}, [("a", "b"), ("c", "d")]),
        ({"min_lift": 1e9}, []),
        ({"antecedent": "c"}, [("c", "d")]),
        ({"consequent": "c"}, [("a", "c")]),
        ({"product": "c"}, [("c", "d"), ("a", "c")]),
        ({"decision": "approved"}, [("a", "c")]),
        ({"decision": "none"}, [("a", "b"), ("c", "d")]),
        ({"review": "held"}, []),
        ({"version": 2**62}, []),
    ],
)
def test_each_filter_chooses(reader, rules, query, found):
    RuleDecision.objects.create(rule_key=rules[1].key, decision="approved")
    assert keys(reader.get(RULES, query)) == found


def test_another_version_is_shown_when_asked_for(reader, rules):
    earlier = Artefact.objects.create(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
    make_rule("x", "y", artefact=earlier)
    assert keys(reader.get(RULES, {"version": earlier.pk})) == [("x", "y")]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("_connector=OR", "_connector"),
        ("antecedent__key=a", "antecedent__key"),
        ("decided_by__password__startswith=a", "decided_by__password__startswith"),
        ("order_by=-id", "order_by"),
        ("by=password", "by"),
        ("kind=made-up", "kind"),
        ("min_lift=nan", "min_lift"),
        ("min_lift=inf", "min_lift"),
        ("min_orders=" + "9" * 900, "min_orders"),
        ("after=0", "after"),
        ("after=12345678", "after"),
        ("after=a%00", "after"),
        ("product=%00", "product"),
        ("limit=101", "limit"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_what_is_no_filter_is_named(reader, rules, query, name):
    answer = reader.get(f"{RULES}?{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


def test_a_page_costs_as_many_queries_however_long_it_is(reader, rules):
    reader.get(RULES)
    costs = []
    for limit in (1, 100):
        with CaptureQueriesContext(connection) as queries:
            assert len(keys(reader.get(RULES, {"limit": limit}))) == min(limit, 3)
        costs.append(len(queries))
        assert not any("COUNT(*)" in query["sql"] for query in queries)
    assert costs[0] == costs[1]


def test_a_decision_holds_for_its_period_and_leaves_one_entry(client_with, rules, logged):
    client, url = client_with("view_rule", *DECIDE), f"{RULES}{rules[0].pk}/decision/"
    ends = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    body = {"decision": "boosted", "ends_at": ends.isoformat(), "note": "spring"}
    answer = client.post(url, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    row = RuleDecision.objects.select_related("decided_by").get()
    assert (row.rule_key, row.decision, row.ends_at, row.note) == (rules[0].key, "boosted", ends, "spring")
    assert row.decided_by.username.startswith("server-")
    ((name, before, after),) = logged()
    assert (name, before, after["decision"]) == (f"{rules[0].key}: boosted", None, "boosted")
    client.post(url, {"decision": "rejected"}, content_type="application/json")
    row.refresh_from_db()
    assert (row.decision, row.note, row.ends_at) == ("rejected", "spring", None)
    assert [(before["decision"], after["decision"]) for _, before, after in logged()[1:]] == [("boosted", "rejected")]
    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 404
    assert [after for _, _, after in logged()[2:]] == [None]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "decision"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": "\ud800"}, "decision"),
        ({"decision": ["approved"]}, "decision"),
        ({"decision": "approved", "starts_at": "yesterday"}, "starts_at"),
        ({"decision": "approved", "ends_at": "0001-01-01T00:00:00+14:00"}, "ends_at"),
        ({"decision": "approved", "starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, "ends_at"),
        ({"decision": "approved", "note": "a\x00"}, "note"),
        ({"decision": "approved", "note": "x" * 1_001}, "note"),
        ({"decision": "approved", "decided_by": 1}, "decided_by"),
        (["approved"], "body"),
    ],
)
def test_a_bad_decision_is_named_and_nothing_is_decided(client_with, rules, logged, body, name):
    answer = client_with(*DECIDE).post(f"{RULES}{rules[0].pk}/decision/", body, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])
    assert not RuleDecision.objects.exists()
    assert logged() == []


@pytest.mark.parametrize("rule_id", [999_999, 2**63, 10**400])
def test_a_rule_that_is_not_there_is_not_found(reader, rules, rule_id):
    assert reader.get(f"{RULES}{rule_id}/").status_code == 404
