"""Decisions with dates, of many rules or of one; categories kept apart; rules by hand; one log entry for each."""

import json
from datetime import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from recommendations.catalogue import Facts
from recommendations.models import CategoryBan, ManualRule, RuleDecision
from recommendations.services.weekend import this_weekend
from tests.admin.conftest import make_rule
from tests.factories import make_item

LIST = "admin:recommendations_rule_changelist"
DECIDE = "admin:recommendations_rule_decide"
APART = "admin:recommendations_rule_apart"
BY_HAND = "admin:recommendations_manualrule_add"


@pytest.fixture
def rules(db, stocked):
    return [make_rule("a", "b"), make_rule("a", "c", orders=20)]


def act(client, action, rules):
    form = {"action": action, "_selected_action": [rule.pk for rule in rules], "index": 0}
    return client.post(reverse(LIST), form, follow=True)


def logged():
    return [json.loads(entry.change_message) for entry in LogEntry.objects.order_by("pk")]


@pytest.mark.parametrize("now", ["2026-11-23T12", "2026-11-27T23", "2026-11-28T00", "2026-11-29T23"])
def test_the_weekend_is_the_one_that_runs_or_comes(settings, now):
    settings.TIME_ZONE = "Asia/Shanghai"
    at = datetime.fromisoformat(f"{now}:30:00+08:00")
    starts, ends = this_weekend(at)
    assert (starts.isoformat(), ends.isoformat()) == ("2026-11-28T00:00:00+08:00", "2026-11-30T00:00:00+08:00")


def test_a_decision_for_many_is_taken_on_a_page_of_its_own(admin_client, rules):
    page = act(admin_client, "decide_with_dates", rules)
    assert "37 of the 210 orders with Product a also had Product b" in page.content.decode()
    form = {**page.context["form"].initial, "decision": "boosted", "strength": "4", "when": "weekend", "note": "fair"}
    answer = admin_client.post(reverse(DECIDE), form, follow=True)
    assert "2 rules are boosted." in answer.content.decode()
    for row in RuleDecision.objects.all():
        assert (row.decision, row.strength, row.note) == ("boosted", 4.0, "fair")
        assert row.ends_at - row.starts_at == this_weekend(row.decided_at)[1] - row.starts_at
    assert [(one["before"], one["after"]["decision"]) for one in logged()] == [(None, "boosted")] * 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"decision": "loved"}, "decision"),
        ({"strength": "11"}, "strength"),
        ({"when": "dates", "starts_at": "2026-03-02T00:00", "ends_at": "2026-03-01T00:00"}, "ends_at"),
        ({"decision": "frozen"}, "decision"),
        ({"rule_keys": "nonsense"}, None),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_beside_its_field(admin_client, rules, wrong, field):
    form = {"rule_keys": rules[0].key, "decision": "boosted", "when": "always", **wrong}
    answer = admin_client.post(reverse(DECIDE), form)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field or "__all__"]
    assert not RuleDecision.objects.exists()


def test_what_is_approved_from_the_list_holds_at_once_and_not_in_the_dates_of_an_earlier_decision(admin_client, rules):
    act(admin_client, "hide_this_weekend", rules[:1])
    RuleDecision.objects.update(starts_at="2026-01-03T00:00Z", ends_at="2026-01-05T00:00Z")
    act(admin_client, "approve", rules[:1])
    row = RuleDecision.objects.in_force(timezone.now()).get()
    assert (row.decision, row.starts_at, row.ends_at) == ("approved", None, None)


def test_two_products_are_hidden_beside_each_other_this_weekend_from_the_list_and_the_rules_page(admin_client, rules):
    act(admin_client, "hide_this_weekend", rules[:1])
    page = admin_client.get(reverse("admin:recommendations_rule_change", args=[rules[1].pk])).content.decode()
    assert "Hide this weekend" in page
    admin_client.post(reverse(DECIDE), {"rule_keys": rules[1].key, "decision": "rejected", "when": "weekend"})
    for row in RuleDecision.objects.all():
        assert (row.decision, row.starts_at.weekday(), row.ends_at.weekday()) == ("rejected", 5, 0)
    assert RuleDecision.objects.count() == 2


def test_a_plan_is_confirmed_once_and_one_too_large_to_come_back_is_refused_beforehand(admin_client, settings, db):
    url = reverse("admin:recommendations_rule_import")
    lines = "rule,decision,from,to,note\n1=>2,approved,,,spring\n1=>3,rejected,,,\n"

    def look():
        return admin_client.post(url, {"file": SimpleUploadedFile("rules.csv", lines.encode())})

    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_100
    refused = look()
    assert (list(refused.context["form"].errors), refused.context["plan"]) == (["file"], None)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
    sealed = look().context["sealed"]
    for _click in range(2):
        answer = admin_client.post(url, {"sealed": sealed}, follow=True)
    assert "Decisions changed since the file was looked at" in answer.content.decode()
    assert (RuleDecision.objects.count(), len(logged())) == (2, 2)


def test_the_categories_of_a_rule_are_kept_apart_with_one_entry(admin_client, staff_client, rules, stocked):
    stocked.shelf["a"] = Facts(key="a", title="A", url="/", categories=("wine", "food"))
    stocked.shelf["b"] = Facts(key="b", title="B", url="/", categories=("wine", "baby"))
    page = act(admin_client, "keep_apart", rules[:1])
    assert page.context["form"]["category"].initial == "wine"
    assert page.context["form"]["beside"].initial == "baby"
    url = f"{reverse(APART)}?rule={rules[0].pk}"
    same = admin_client.post(url, {"category": "wine", "beside": "wine"})
    assert list(same.context["form"].errors) == ["beside"]
    foreign = admin_client.post(url, {"category": "toys", "beside": "baby"})
    assert list(foreign.context["form"].errors) == ["category"]
    assert not CategoryBan.objects.exists()
    admin_client.post(url, {"category": "wine", "beside": "baby"})
    ban = CategoryBan.objects.get()
    assert (ban.category, ban.beside, ban.decided_by.username) == ("wine", "baby", "admin")
    assert len(logged()) == 1
    adder = staff_client("view_categoryban", "add_categoryban")
    again = adder.post(url, {"category": "wine", "beside": "baby", "note": "mine"})
    assert list(again.context["form"].errors) == ["beside"]
    assert (CategoryBan.objects.get().note, len(logged())) == ("", 1)
    change = reverse("admin:recommendations_categoryban_change", args=[ban.pk])
    admin_client.post(change, {"category": "wine", "beside": "toys", "note": ""})
    admin_client.post(reverse("admin:recommendations_categoryban_delete", args=[ban.pk]), {"post": "yes"})
    assert [
        (one["before"] and one["before"]["beside"], one["after"] and one["after"]["beside"]) for one in logged()
    ] == [(None, "baby"), ("baby", "toys"), ("toys", None)]


def test_one_rule_is_to_be_selected_to_keep_its_categories_apart(admin_client, rules):
    assert "Select one rule" in act(admin_client, "keep_apart", rules).content.decode()
    assert admin_client.get(f"{reverse(APART)}?rule=0").status_code == 404


def test_a_rule_by_hand_is_made_changed_and_withdrawn_with_one_entry_each(admin_client, rules, stocked):
    stocked.shelf["new"] = Facts(key="new", title="New", url="/")
    form = {"product": "new", "beside": ["a", "b"], "position": "1", "note": "launch"}
    answer = admin_client.post(reverse(BY_HAND), form, follow=True)
    assert "2 rules by hand are kept." in answer.content.decode()
    first, second = ManualRule.objects.order_by("antecedent_id")
    assert (first.antecedent.key, first.consequent.key, first.position, first.note) == ("a", "new", 1, "launch")
    change = reverse("admin:recommendations_manualrule_change", args=[first.pk])
    assert admin_client.get(change).status_code == 200
    admin_client.post(change, {"position": "3", "note": "launch"})
    admin_client.post(
        reverse("admin:recommendations_manualrule_changelist"),
        {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"},
    )
    assert ManualRule.objects.get().position == 3
    entries = [(bool(one["before"]), bool(one["after"])) for one in logged()]
    assert entries == [(False, True), (False, True), (True, True), (True, False)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"product": "nothing-like-it"}, "product"),
        ({"beside": ["b"]}, "beside"),
        ({"beside": []}, "beside"),
        ({"position": "101"}, "position"),
        ({"starts_at": "2026-03-02T00:00", "ends_at": "2026-03-01T00:00"}, "ends_at"),
    ],
)
def test_a_rule_by_hand_that_makes_no_sense_is_refused(admin_client, rules, stocked, wrong, field):
    stocked.shelf.pop("nothing-like-it", None)
    answer = admin_client.post(reverse(BY_HAND), {"product": "b", "beside": ["a"], **wrong})
    assert list(answer.context["form"].errors) == [field]
    assert not ManualRule.objects.exists()


def test_products_are_found_by_words_as_options(admin_client, stocked, db):
    stocked.shelf["tea"] = Facts(key="tea", title="Green tea <b>", url="/")
    answer = admin_client.get(reverse("admin:recommendations_manualrule_products"), {"term": "tea"}).json()
    assert {"id": "tea", "text": "Green tea <b> (tea)"} in answer["results"]
    assert answer["pagination"] == {"more": False}


def test_a_decision_by_hand_leaves_one_entry_each(admin_client, rules):
    form = {"rule_key": rules[0].key, "decision": "rejected", "note": "x"}
    admin_client.post(reverse("admin:recommendations_ruledecision_add"), form)
    row = RuleDecision.objects.get()
    change = reverse("admin:recommendations_ruledecision_change", args=[row.pk])
    admin_client.post(change, {"decision": "approved", "note": "", "strength": "2"})
    row.refresh_from_db()
    assert (row.decision, row.note) == ("approved", "")
    admin_client.post(reverse("admin:recommendations_ruledecision_delete", args=[row.pk]), {"post": "yes"})
    assert not RuleDecision.objects.exists()
    entries = [(bool(one["before"]), bool(one["after"])) for one in logged()]
    assert entries == [(False, True), (True, True), (True, False)]


def test_who_may_not_decide_decides_nothing(staff_client, rules):
    client = staff_client("view_rule", "view_ruledecision", "view_manualrule", "view_categoryban")
    make_item("b")
    form = {"rule_keys": rules[0].key, "decision": "rejected", "when": "always"}
    assert client.post(reverse(DECIDE), form).status_code == 403
    assert client.get(f"{reverse(APART)}?rule={rules[0].pk}").status_code == 403
    assert client.post(reverse(BY_HAND), {"product": "b", "beside": ["a"]}).status_code == 403
    assert client.get(reverse("admin:recommendations_manualrule_products"), {"term": "b"}).status_code == 403
    act(client, "hide_this_weekend", rules)
    page = client.get(reverse("admin:recommendations_rule_change", args=[rules[0].pk])).content.decode()
    assert "Hide this weekend" not in page
    assert not RuleDecision.objects.exists()
    assert not ManualRule.objects.exists()
