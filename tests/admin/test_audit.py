"""What staff do in the admin leaves exactly one entry each, with before and after; and the page that shows it."""

import json
import logging
import re

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recommendations.catalogue import Facts
from recommendations.models import (
    CampaignPeriod,
    JobKind,
    JobRun,
    JobState,
    Order,
    Pin,
    Placement,
    Rule,
    RuleDecision,
    Shopper,
)
from recommendations.services import audit, counting, curate
from tests.factories import make_item

AUDIT = "/admin/recommendations/ruledecision/audit/"
DAYS = {"starts_on": "2026-11-01", "ends_on": "2026-11-02"}


def of(model, page, *args):
    return reverse(f"admin:recommendations_{model}_{page}", args=args)


def campaign(**values):
    return CampaignPeriod.objects.create(**{"name": "eleven", **DAYS, "mode": "apart", **values})


def add_a_campaign(client):
    client.post(of("campaignperiod", "add"), {"name": "eleven", **DAYS, "mode": "apart"})


def change_a_campaign(client):
    client.post(of("campaignperiod", "change", campaign().pk), {"name": "twelve", **DAYS, "mode": "apart"})


def save_a_campaign_as_it_was(client):
    client.post(of("campaignperiod", "change", campaign().pk), {"name": "eleven", **DAYS, "mode": "apart"})


def delete_a_campaign(client):
    client.post(of("campaignperiod", "delete", campaign().pk), {"post": "yes"})


def delete_selected_campaigns(client):
    form = {"action": "delete_selected", "_selected_action": [campaign().pk, campaign().pk], "post": "yes"}
    client.post(of("campaignperiod", "changelist"), form)


def count_an_order_again(client):
    counting.quarantine(Order.objects.latest("pk").pk, ValueError("unreadable"))
    client.post(of("order", "press", "again"))


def run_a_job(client):
    client.post(of("jobrun", "press", "mine"))


def run_a_job_twice(client):
    run_a_job(client)
    run_a_job(client)


def try_a_job_again(client):
    JobRun.objects.create(kind=JobKind.TRAIN, slot="given-up", state=JobState.FAILED, attempts=3)
    client.post(of("jobrun", "press", "retry"))


def act_on_a_rule(action):
    def act(client):
        client.post(of("rule", "changelist"), {"action": action, "_selected_action": [Rule.objects.get().pk]})

    return act


CASES = {
    add_a_campaign: [(ADDITION, "name", None, "eleven")],
    change_a_campaign: [(CHANGE, "name", "eleven", "twelve")],
    save_a_campaign_as_it_was: [],
    delete_a_campaign: [(DELETION, "name", "eleven", None)],
    delete_selected_campaigns: [(DELETION, "name", "eleven", None)] * 2,
    count_an_order_again: [(CHANGE, "counted", "quarantined", "pending")],
    run_a_job: [(ADDITION, "state", None, "queued")],
    run_a_job_twice: [(ADDITION, "state", None, "queued")],
    try_a_job_again: [(CHANGE, "state", "failed", "queued")],
    act_on_a_rule("reject"): [(CHANGE, "decision", "approved", "rejected")],
    act_on_a_rule("forget"): [(DELETION, "decision", "approved", None)],
}


@pytest.mark.sql
@pytest.mark.parametrize(("act", "entries"), CASES.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_each_action_leaves_one_entry_with_before_and_after(admin_client, admin_user, furnish, act, entries):
    furnish(1)
    act(admin_client)
    told = []
    for entry, (_flag, name, *_values) in zip(LogEntry.objects.order_by("id"), entries, strict=True):
        change = json.loads(entry.change_message)
        assert entry.user == admin_user
        told.append((entry.action_flag, name, *((change[when] or {}).get(name) for when in ("before", "after"))))
    assert told == entries


def test_a_command_leaves_one_line_with_who_ran_it_how_it_ended(db, stocked, caplog, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "olga")
    with caplog.at_level(logging.INFO, logger=audit.__name__):
        call_command("prune")
        with pytest.raises(CommandError):
            call_command("mine")
    told = [record.getMessage() for record in caplog.records if record.name == audit.__name__]
    assert [line.partition(" {")[0] for line in told] == ["olga ran prune", "olga ran mine"]
    assert [line.rpartition(": ")[2] for line in told] == ["done", "failed"]


@pytest.fixture
def changed(db, admin_user):
    """A placement's limit went from 8 to 5, and a pin's item was named."""
    placement = Placement.objects.get(slug="product-related")
    curate.keep(placement, {"limit": 8}, user_id=admin_user.pk)
    curate.keep(placement, {"limit": 5, "in_stock_only": False}, user_id=admin_user.pk)
    return placement


def test_the_page_says_in_words_what_was_before_and_after(admin_client, changed):
    page = admin_client.get(AUDIT).content.decode()
    assert re.search("<li>[^<]+: 8 → 5</li>", page)
    assert "yes → no" in page


def test_entries_are_found_by_whom_what_and_when(admin_client, admin_user, changed):
    def found(**asked):
        return [str(row["kind"]) for row in admin_client.get(AUDIT, asked).context["rows"]]

    add_a_campaign(admin_client)
    assert found() == ["campaign period", "placement", "placement"]
    assert found(who="admin", done=ADDITION) == ["campaign period"]
    assert found(who="nobody") == []
    model = admin_client.get(AUDIT).context["form"].fields["model"]
    pk = next(key for key, name in model.choices if name == "placement")
    assert found(model=pk) == ["placement"] * 2
    assert found(since="2020-01-01", until="2020-02-01") == []
    assert len(found(since="2020-01-01")) == 3


@pytest.mark.parametrize(
    "asked", [{"model": "x"}, {"since": "never"}, {"before": "-1"}, {"before": 10**30}, {"who": "\x00"}, {"done": "9"}]
)
def test_a_bad_filter_is_told_and_shows_nothing(admin_client, changed, asked):
    answer = admin_client.get(AUDIT, asked)
    assert (answer.status_code, answer.context["rows"]) == (200, [])
    assert list(answer.context["form"].errors) == list(asked)


def test_pages_go_on_where_the_last_one_ended_and_cost_the_same(admin_client, admin_user, monkeypatch, changed):
    monkeypatch.setattr("recommendations.admin.audit.PER_PAGE", 3)
    for limit in range(1, 6):
        curate.keep(changed, {"limit": limit + 10}, user_id=admin_user.pk)
    with CaptureQueriesContext(connection) as few:
        first = admin_client.get(AUDIT)
    second = admin_client.get(AUDIT + first.context["older"])
    third = admin_client.get(AUDIT + second.context["older"])
    rows = [row for page in (first, second, third) for row in page.context["rows"]]
    assert ([len(page.context["rows"]) for page in (first, second, third)], third.context["older"]) == ([3, 3, 1], "")
    assert len({tuple(map(str, row["changes"])) for row in rows}) == 7
    assert len(few) <= 8
    assert not [query for query in few.captured_queries if re.search(r"\bcount\(", query["sql"], re.I)]


def test_items_are_told_by_title_and_hostile_names_as_text(admin_client, admin_user, changed, stocked):
    hostile = "</script><img src=x onerror=alert(1)>"
    item = make_item("a")
    stocked.shelf["a"] = Facts(key="a", title=hostile, url="/")
    curate.keep(Pin(), {"placement": changed, "item": item, "kind": "pin", "position": 1}, user_id=admin_user.pk)
    page = admin_client.get(AUDIT).content.decode()
    assert "&lt;/script&gt;&lt;img" in page
    assert hostile not in page


def test_who_looked_at_a_shopper_is_told_to_those_alone_who_may_see_persons(staff_client, admin_user, furnish):
    furnish(1)
    audit.note(Shopper.objects.get(), user_id=admin_user.pk, before={}, after={})
    client = staff_client("view_logentry")
    assert "user:0" not in client.get(AUDIT).content.decode()
    assert RuleDecision.objects.count() == 1
