"""Staff narrow a list to rows whose numbers lie between two bounds."""

import pytest
from django.urls import reverse

from recommendations.models import Rule
from tests.admin.conftest import make_rule

LIST = "admin:recommendations_rule_changelist"


@pytest.fixture
def lifts(db, stocked):
    """Rules to `b`, `c` and `d` with lift 1, 2 and 3; the last one's conviction is infinite."""
    for number, key in enumerate("bcd", start=1):
        rule = make_rule("a", key)
        Rule.objects.filter(pk=rule.pk).update(lift=number, conviction=None if key == "d" else number)


def found(client, **query):
    rows = client.get(reverse(LIST), query).context["cl"].result_list
    return sorted(rule.consequent.key for rule in rows)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"lift__gte": "2"}, ["c", "d"]),
        ({"lift__lte": "2"}, ["b", "c"]),
        ({"lift__gte": "1.5", "lift__lte": "2.5"}, ["c"]),
        ({"lift__gte": "", "lift__lte": ""}, ["b", "c", "d"]),
        ({"lift__gte": " 3 "}, ["d"]),
        ({"lift__gte": "2", "conviction__lte": "2"}, ["c"]),
        ({"orders__gte": "1e300"}, []),
        ({"orders__gte": "36.5"}, ["b", "c", "d"]),
    ],
)
def test_both_bounds_are_inclusive_and_optional(admin_client, lifts, query, expected):
    assert found(admin_client, **query) == expected


def test_an_infinite_number_is_above_every_lower_bound_and_below_no_upper_one(admin_client, lifts):
    assert found(admin_client, conviction__gte="2") == ["c", "d"]
    assert found(admin_client, conviction__lte="1000") == ["b", "c"]


@pytest.mark.parametrize("wrong", ["abc", "nan", "inf", "\x00", "1,5"])
def test_what_is_no_number_is_said_to_be_wrong(admin_client, lifts, wrong):
    answer = admin_client.get(reverse(LIST), {"lift__gte": wrong})

    assert (answer.status_code, answer.url) == (302, f"{reverse(LIST)}?e=1")


def test_the_form_keeps_what_else_was_asked_for_and_shows_the_bounds(admin_client, lifts):
    query = {"lift__gte": '2"><b>', "decision": "none"}
    assert admin_client.get(reverse(LIST), query).status_code == 302

    page = admin_client.get(reverse(LIST), {"lift__gte": "2", "decision": "none", "q": "d", "p": "1"}).content.decode()

    assert 'name="lift__gte" value="2"' in page
    assert '<input type="hidden" name="decision" value="none">' in page
    assert '<input type="hidden" name="q" value="d">' in page
    assert '<input type="hidden" name="p"' not in page
    assert page.count('name="lift__gte"') == 1 + 6 + 1  # its own form, the six other ranges, the search box
