"""Rules beside what is bought together: substitutes, and what is viewed together or bought after a view."""

import uuid
from datetime import timedelta
from io import StringIO
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from recommendations.catalogue import Facts
from recommendations.models import BrowseLog, Consent, Rule, RuleKind, Shopper
from recommendations.selectors import browsing
from recommendations.services.claims import sentence
from recommendations.services.mine import mine
from recommendations.testing import FakeCatalogue
from tests.factories import NOW, fold_all, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

EARLIER = NOW - timedelta(days=2)
"""On some day before a mine."""


def mined():
    return mine(progress=lambda *_: None, now=NOW)


def rules(kind):
    found = Rule.objects.live().filter(kind=kind).select_related("antecedent", "consequent")
    return {(rule.antecedent.key, rule.consequent.key): rule for rule in found}


def view(shopper, *keys, at=EARLIER, dwell=10.0, apart=timedelta(minutes=1), **fields):
    person = Shopper.objects.get_or_create(key=shopper)[0]
    BrowseLog.objects.bulk_create(
        BrowseLog(
            event_id=uuid.uuid4(),
            shopper=person,
            item=make_item(key),
            kind="view",
            at=at + number * apart,
            dwell_seconds=dwell,
            body_digest="",
            **fields,
        )
        for number, key in enumerate(keys)
    )


def titles(rule):
    return {rule.antecedent_id: rule.antecedent.key, rule.consequent_id: rule.consequent.key}


@pytest.fixture
def rivals(stocked):
    """Milk a or milk b is in every basket, never both; ten people buy now the one, now the other."""
    stocked.shelf["c"] = Facts(key="c", title="Bread", url="/", categories=("bread", "things"))
    for number in range(60):
        make_order("ab"[number % 2], "c", shopper=f"user:{number // 2 % 10}")
    fold_all()


def test_items_of_one_category_that_are_bought_in_place_of_each_other_are_substitutes(rivals):
    artefact = mined()
    found = rules(RuleKind.SUBSTITUTE)
    assert set(found) == {("a", "b"), ("b", "a")}
    rule = found["a", "b"]
    assert (rule.orders, rule.antecedent_orders, rule.consequent_orders, rule.total_orders) == (0, 30, 30, 60)
    assert (rule.shoppers, rule.weighted_lift, rule.expected) == (10, 0.0, pytest.approx(15))
    assert rule.p == pytest.approx(2.718281828**-7.5)
    assert rule.key == f"substitute:{rule.antecedent_id}=>{rule.consequent_id}"
    assert (
        sentence(rule, titles(rule))
        == "a and b are bought in place of each other: 0 orders with both; chance would give 15"
    )
    metrics = artefact.metrics
    assert (metrics["substitute_rules"], metrics["substitute_pairs_considered"]) == (2, 1)
    assert metrics["rules"] == Rule.objects.live().count()


@pytest.mark.parametrize(
    "changed", [{"MIN_SUBSTITUTE_EXPECTED": 15.5}, {"MIN_RULE_SHOPPERS": 11}, {"FALSE_RULES": 1e-5}]
)
def test_a_substitute_must_be_earned(rivals, settings, changed):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **changed}
    mined()
    assert rules(RuleKind.SUBSTITUTE) == {}


def test_items_of_two_categories_are_no_substitutes(rivals, stocked):
    stocked.shelf["b"] = Facts(key="b", title="Candles", url="/", categories=("candles", "things"))
    mined()
    assert rules(RuleKind.SUBSTITUTE) == {}


def test_a_catalogue_that_does_not_answer_stops_no_mine(rivals):
    with mock.patch.object(FakeCatalogue, "facts", side_effect=RuntimeError("out of order")):
        artefact = mined()
    assert rules(RuleKind.SUBSTITUTE) == {}
    assert "RuntimeError: out of order" in artefact.metrics["substitute_refused"]


@pytest.fixture
def visitors():
    """Four groups of eight: who views a views b and buys p afterwards, and so on with c, d, q and others."""
    for group, (one, other, bought) in enumerate(("abp", "cdq", "efr", "ghs")):
        for number in range(8):
            view(f"anon:{group}-{number}", one, other)
            make_order(bought, shopper=f"anon:{group}-{number}", at=EARLIER + timedelta(hours=3))
    fold_all()


def test_what_is_viewed_in_one_session_is_a_rule_with_its_visitors(visitors):
    view("anon:0-0", "a", "b", at=EARLIER + timedelta(hours=2))
    view("anon:0-0", "a", at=EARLIER + timedelta(days=1))
    artefact = mined()
    found = rules(RuleKind.VIEWED_TOGETHER)
    assert set(found) == {tuple(pair) for pair in ("ab", "ba", "cd", "dc", "ef", "fe", "gh", "hg")}
    rule = found["a", "b"]
    assert (rule.orders, rule.antecedent_orders, rule.consequent_orders, rule.total_orders) == (8, 8, 8, 32)
    assert rule.shoppers == 8
    # On 8 days together, on 9 days a, on 8 days b; 65 views of an item on a day, 64 of them in pairs.
    assert rule.weighted_lift == pytest.approx(8 / (9 * 8 * 64 / 65**2))
    assert rule.key == f"viewed_together:{rule.antecedent_id}=>{rule.consequent_id}"
    assert sentence(rule, titles(rule)) == "8 of the 8 visitors who viewed a also viewed b; chance would give 2"
    assert artefact.metrics["viewed_together_rules"] == 8
    assert artefact.metrics["viewed_together_sessions"] == 34


def test_what_is_bought_after_a_view_is_a_rule_in_that_direction_alone(visitors):
    artefact = mined()
    found = rules(RuleKind.VIEWED_THEN_BOUGHT)
    assert set(found) == {tuple(pair) for pair in ("ap", "bp", "cq", "dq", "er", "fr", "gs", "hs")}
    rule = found["a", "p"]
    assert (rule.orders, rule.antecedent_orders, rule.consequent_orders, rule.total_orders) == (8, 8, 8, 32)
    assert rule.weighted_lift == pytest.approx(8 / (8 * 16 / 64))
    assert rule.key == f"viewed_then_bought:{rule.antecedent_id}=>{rule.consequent_id}"
    assert sentence(rule, titles(rule)) == "8 of the 8 visitors who viewed a also bought p; chance would give 2"
    assert artefact.metrics["viewed_then_bought_rules"] == 8


@pytest.mark.parametrize(
    "changed",
    [
        {"MIN_RULE_ORDERS": 9},
        {"MIN_RULE_SHOPPERS": 9},
        {"MIN_WEIGHTED_LIFT": 9},
        {"FALSE_RULES": 1e-6},
        {"VIEW_DAYS": 1},
        {"MIN_DWELL_SECONDS": 11},
        {"MAX_VIEWS_A_DAY": 1},
    ],
)
def test_what_is_viewed_must_be_earned_too(visitors, settings, changed):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **changed}
    mined()
    assert rules(RuleKind.VIEWED_TOGETHER) == rules(RuleKind.VIEWED_THEN_BOUGHT) == {}


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (RuleKind.VIEWED_TOGETHER, {"SESSION_MINUTES": 1, "BOUGHT_WITHIN_HOURS": 4}),
        (RuleKind.VIEWED_THEN_BOUGHT, {"BOUGHT_WITHIN_HOURS": 2}),
    ],
)
def test_sessions_and_what_follows_them_end_by_the_settings(visitors, settings, kind, changed):
    BrowseLog.objects.filter(item__key__in="bdfh").update(at=EARLIER + timedelta(seconds=61))
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **changed}
    mined()
    other = {RuleKind.VIEWED_TOGETHER, RuleKind.VIEWED_THEN_BOUGHT} - {kind}
    assert (rules(kind), len(rules(other.pop()))) == ({}, 8)


def test_of_one_left_side_and_kind_a_version_has_so_many_rules_at_most(visitors, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "RULES_PER_ITEM": 1, "FALSE_RULES": 0.5}
    for number in range(8):
        view(f"anon:0-{number}", "i", at=EARLIER + timedelta(minutes=2))
        make_order("t", shopper=f"anon:0-{number}", at=EARLIER + timedelta(hours=3))
    fold_all()
    assert mined().metrics["rules_per_item"] == 1
    for kind, expected in ((RuleKind.VIEWED_TOGETHER, 9), (RuleKind.VIEWED_THEN_BOUGHT, 9)):
        found = rules(kind)
        assert len({antecedent for antecedent, _ in found}) == len(found) == expected


def test_views_of_a_shopper_who_refused_or_never_agreed_are_not_read(settings):
    for name, consent in (("yes", Consent.GRANTED), ("no", Consent.REFUSED), ("perhaps", Consent.UNDECIDED)):
        view(f"anon:{name}", "a")
        Shopper.objects.filter(key=f"anon:{name}").update(consent=consent)
    names = dict(Shopper.objects.values_list("pk", "key"))

    def read():
        return {names[pk] for pk in browsing.views(since=EARLIER, most=9).shoppers.tolist()}

    assert read() == {"anon:yes", "anon:perhaps"}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CONSENT": "opt_in"}
    assert read() == {"anon:yes"}


def test_of_views_the_newest_are_read_with_their_time_and_dwell():
    view("anon:1", "a", "b", "c", "d", dwell=None)
    view("anon:1", "e", at=EARLIER - timedelta(days=1))
    view("anon:1", "f", at=EARLIER + timedelta(hours=1), clamped=True)
    read = browsing.views(since=EARLIER, most=9)
    assert len(read) == 4
    assert (read.at - int(EARLIER.timestamp())).tolist() == [0, 60, 120, 180]
    assert (read.dwell != read.dwell).all()
    assert (browsing.views(since=EARLIER, most=2).at - int(EARLIER.timestamp())).tolist() == [120, 180]
    assert len(browsing.views(since=NOW, most=9)) == 0


def test_only_substitutes_need_no_orders_with_both_sides(visitors):
    mined()
    rule = Rule.objects.first()
    for wrong in ({"orders": 0}, {"shoppers": 1}, {"kind": "rumour"}, {"kind": "substitute", "orders": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rule.objects.filter(pk=rule.pk).update(**wrong)
    Rule.objects.filter(pk=rule.pk).update(kind="substitute", orders=0, shoppers=0)


def test_the_command_tells_each_kind_and_the_bound(visitors):
    told = StringIO()
    with mock.patch("django.utils.timezone.now", return_value=NOW):
        call_command("mine", stdout=told)
    assert "at most 20 of one left side and kind" in told.getvalue()
    assert "8 viewed, then bought" in told.getvalue()
