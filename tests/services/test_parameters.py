"""Staff choose parameters within ranges; they go before the settings, and a change of them is news."""

import json

import pytest
from django.contrib.admin.models import LogEntry

from recommendations.conf import OPTIONS
from recommendations.desks import DESKS, Chosen
from recommendations.exceptions import InvalidInput
from recommendations.models import Artefact, ArtefactKind, Desk, JobKind, JobRun, JobState, Parameters, Rule
from recommendations.selectors.live_rules import live_pairs
from recommendations.selectors.serving import candidates
from recommendations.services import changes, command, due, jobs, parameters, preview_rules
from recommendations.services.mine import mine
from recommendations.services.perform import perform
from tests.factories import NOW, fold_all, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def quietly(*_):
    pass


@pytest.fixture
def few(stocked):
    """Four shoppers bought `a` with `b`, six bought `c` with `d`; three orders hold `e` alone."""
    for first, second, shoppers in (("a", "b", 4), ("c", "d", 6)):
        for number in range(shoppers):
            make_order(first, second, shopper=f"user:{number}")
    for _ in range(3):
        make_order("e")
    fold_all()


@pytest.mark.parametrize("desk", DESKS)
def test_what_staff_may_choose_holds_what_the_settings_say_unless_changed(desk):
    for name, allowed in DESKS[desk].items():
        assert allowed.problem(OPTIONS[name].default) is None
        if hasattr(allowed, "low"):
            assert all(OPTIONS[name].problem(value) is None for value in (allowed.low, allowed.high))


def test_the_choice_goes_before_the_settings_and_the_settings_before_the_default(settings, admin_user):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MIN_RULE_ORDERS": 9}
    parameters.change(Desk.MINING, {"FALSE_RULES": 0.1, "RULES_PER_ITEM": None}, user=admin_user)
    found = parameters.chosen(Desk.MINING)
    assert (found.FALSE_RULES, found.MIN_RULE_ORDERS, found.RULES_PER_ITEM) == (0.1, 9, 20)
    assert found.chosen == {"FALSE_RULES": 0.1}
    with pytest.raises(AttributeError):
        found.TRAIN_EPOCHS  # noqa: B018


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"MIN_RULE_ORDERS": 1}, "must be a whole number from 2 to 1000, not 1"),
        ({"MIN_RULE_ORDERS": 2.5}, "must be a whole number from 2 to 1000, not 2.5"),
        ({"FALSE_RULES": 0.5}, "must be a number from 0.001 to 0.2, not 0.5"),
        ({"MINE_VIEWS": 1}, "must be True or False, not 1"),
        ({"WINDOW_DAYS": 30}, "is no parameter of mining"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_name_and_nothing_changes(admin_user, values, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        parameters.change(Desk.MINING, {"MIN_RULE_SHOPPERS": 3, **values}, user=admin_user)
    assert refused.value.field == next(iter(values))
    assert not Parameters.objects.exists()
    assert not LogEntry.objects.exists()


def test_each_change_is_one_entry_with_before_and_after_and_no_change_is_none(admin_user):
    for values in ({"MIN_RULE_ORDERS": 3}, {"MIN_RULE_ORDERS": 3}, {"MIN_RULE_ORDERS": 4, "FALSE_RULES": 0.1}, {}):
        parameters.change(Desk.MINING, values, user=admin_user)
    told = [json.loads(entry.change_message) for entry in LogEntry.objects.order_by("id")]
    assert [(one["before"], one["after"]) for one in told] == [
        ({}, {"MIN_RULE_ORDERS": 3}),
        ({"MIN_RULE_ORDERS": 3}, {"MIN_RULE_ORDERS": 4, "FALSE_RULES": 0.1}),
        ({"MIN_RULE_ORDERS": 4, "FALSE_RULES": 0.1}, {}),
    ]
    row = Parameters.objects.get()
    assert (row.version, row.changed_by) == (3, "admin")


def test_a_stored_choice_that_is_not_allowed_any_more_is_left_out():
    assert Chosen("mining", {"MIN_RULE_ORDERS": 0, "UNHEARD_OF": 1, "FALSE_RULES": 0.1}).chosen == {"FALSE_RULES": 0.1}


def test_a_run_mines_by_the_choice_and_keeps_it_with_itself_and_the_version(few, admin_user):
    parameters.change(Desk.MINING, {"MIN_RULE_ORDERS": 4, "MIN_RULE_SHOPPERS": 4, "MINE_VIEWS": False}, user=admin_user)
    run, _ = command.run_now(JobKind.MINE, user=admin_user)
    perform(jobs.claim(run.pk, now=NOW))
    run.refresh_from_db()
    artefact = Artefact.objects.get(kind=ArtefactKind.RULES)
    assert run.state == JobState.DONE
    assert run.parameters == artefact.metrics["parameters"]
    assert (run.parameters["MIN_RULE_ORDERS"], run.parameters["MINE_VIEWS"]) == (4, False)
    assert Rule.objects.filter(antecedent__key="a").exists()
    assert artefact.metrics["viewed_together_rules"] == 0


def test_live_claims_are_held_against_what_the_version_was_mined_with(few, admin_user):
    """The settings ask for five orders of five shoppers; staff chose four."""
    parameters.change(Desk.MINING, {"MIN_RULE_ORDERS": 4, "MIN_RULE_SHOPPERS": 4}, user=admin_user)
    mine(progress=quietly, now=NOW)
    Rule.objects.update(status="published")
    pair = tuple(sorted(make_item(key).pk for key in "ab"))
    assert live_pairs([pair], now=NOW)[pair].claimed
    assert pair in candidates(asked_keys=["a"], partners=10, popular=10, now=NOW).claimed
    Artefact.objects.filter(kind=ArtefactKind.RULES).update(
        metrics={**Artefact.objects.get(kind=ArtefactKind.RULES).metrics, "min_orders": 5}
    )
    assert not live_pairs([pair], now=NOW)[pair].claimed
    assert pair not in candidates(asked_keys=["a"], partners=10, popular=10, now=NOW).claimed


def test_a_change_is_news_for_mining_and_for_training(few, admin_user, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MINE_EVERY_SECONDS": 10}
    first, _ = command.run_now(JobKind.MINE, user=admin_user)
    perform(jobs.claim(first.pk, now=NOW))
    Artefact.objects.update(created_at=NOW)
    later = NOW + jobs.timedelta(minutes=1)
    learnt = changes.learnt_from()
    assert JobKind.MINE not in dict(due.due(now=later))
    assert command.run_now(JobKind.MINE, user=admin_user) == (first, False)
    parameters.change(Desk.MINING, {"MIN_RULE_ORDERS": 4}, user=admin_user)
    parameters.change(Desk.TRAINING, {"TRAIN_EPOCHS": 3}, user=admin_user)
    assert dict(due.due(now=later))[JobKind.MINE] == "sequence-1-parameters-1"
    again, brought_about = command.run_now(JobKind.MINE, user=admin_user)
    assert brought_about
    perform(jobs.claim(again.pk, now=NOW))
    Artefact.objects.update(created_at=NOW)
    assert JobKind.MINE not in dict(due.due(now=later))
    assert changes.learnt_from() != learnt


def test_a_preview_tells_what_would_come_and_go_and_publishes_nothing(few, admin_user):
    mine(progress=quietly, now=NOW)
    Rule.objects.update(status="published")
    assert Rule.objects.live().count() == 2
    wanted = {"MIN_RULE_ORDERS": 4, "MIN_RULE_SHOPPERS": 4}
    run, brought_about = command.ask_preview(wanted, user=admin_user)
    assert brought_about
    perform(jobs.claim(run.pk, now=NOW))
    run.refresh_from_db()
    assert run.state == JobState.DONE, run.error
    told = run.result
    assert told["rules"] + told["held"] == 4
    assert (told["rules_now"], told["held_now"]) == (2, 0)
    assert told["come"] - told["go"] == told["rules"] - 2
    assert (told["orders_sampled"], told["orders_touched_now"]) == (13, 6)
    assert Artefact.objects.filter(kind=ArtefactKind.RULES).count() == 1
    assert command.ask_preview(wanted, user=admin_user) == (run, False)
    assert LogEntry.objects.count() == 1


def test_a_newer_preview_takes_the_place_of_one_that_waits_and_goes_before_other_jobs(few, admin_user):
    mining, _ = command.run_now(JobKind.MINE, user=admin_user)
    old, _ = command.ask_preview({"MIN_RULE_ORDERS": 4}, user=admin_user)
    new, _ = command.ask_preview({"MIN_RULE_ORDERS": 3}, user=admin_user)
    old.refresh_from_db()
    assert (old.state, new.state) == (JobState.SKIPPED, JobState.QUEUED)
    assert jobs.next_to_run(now=NOW) == new.pk
    with pytest.raises(InvalidInput):
        command.ask_preview({"MIN_RULE_ORDERS": 0}, user=admin_user)
    assert JobRun.objects.filter(kind=JobKind.PREVIEW).count() == 2
    assert jobs.cancel(new, reason="enough")
    assert jobs.next_to_run(now=NOW) == mining.pk


def test_an_order_is_touched_where_it_holds_a_whole_left_side():
    baskets = [frozenset({1, 2, 3}), frozenset({2}), frozenset({3, 9}), frozenset()]
    assert preview_rules.touched(baskets, []) == 0
    assert preview_rules.touched(baskets, [(2, None, None)]) == 2
    assert preview_rules.touched(baskets, [(1, 3, None), (2, 9, None)]) == 1
    assert preview_rules.touched(baskets, [(3, None, None), (3, 9, None), (1, 2, 3)]) == 2
