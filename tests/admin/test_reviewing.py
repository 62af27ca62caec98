"""Staff answer what waits for review, and read whether a rule is in the shop."""

import html
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recommendations.catalogue import Facts
from recommendations.models import (
    Artefact,
    CategoryBan,
    Decision,
    LivePointer,
    ManualRule,
    Pin,
    Placement,
    Rule,
    RuleDecision,
    RuleReview,
)
from tests.admin.conftest import live_rules, make_rule
from tests.factories import fold_all, make_item, make_order

pytestmark = pytest.mark.django_db

REVIEW, LIST = "admin:recommendations_rule_review", "admin:recommendations_rule_changelist"


def both_ways(first, second, *, orders=37, **more):
    return [
        make_rule(first, second, orders=orders, **more),
        make_rule(second, first, orders=orders, first_orders=90, second_orders=210, **more),
    ]


def waiting(first, second, reason="new", **more):
    low, high = sorted((make_item(first), make_item(second)), key=lambda item: item.pk)
    return RuleReview.objects.create(low=low, high=high, reason=reason, since=timezone.now(), **more)


@pytest.fixture
def waits(stocked):
    """a and b moved, and the most money; a and c are held; a and d are new."""
    rules = both_ways("a", "b"), both_ways("a", "c"), both_ways("a", "d")
    Rule.objects.filter(pk__in=[rule.pk for rule in rules[1]]).update(
        status="held", hold_reasons={"few_days": {"days": 2}}
    )
    before = {"orders": 20, "low_orders": 200, "high_orders": 90}
    money = {"stake": Decimal("1234.50"), "currency": "EUR", "stake_orders": 5.0}
    return [
        waiting("a", "b", "moved", **before, **money),
        waiting("a", "c", "held", stake_orders=9.0),
        waiting("a", "d", stake_orders=2.0),
    ]


def answer(client, row, what):
    return client.post(reverse(REVIEW), {"pair": str(row), "answer": what}, follow=True)


def test_what_waits_is_told_in_words_the_most_money_first(admin_client, waits):
    page = html.unescape(admin_client.get(reverse(REVIEW)).content.decode())

    assert "Waiting for review (3)" in admin_client.get(reverse(LIST)).content.decode()
    words = [
        "about 1234.50 EUR a month",
        "It moved from 22.2% (20 of 90) to 41.1% (37 of 90) of the orders with the first product.",
        "The shop shows it while it waits.",
        "it was ordered on 2 different days only",
        "The shop does not show it while it waits.",
        "the versions before had no such rule",
    ]
    assert sorted(page.index(one) for one in words) == [page.index(one) for one in words]


@pytest.mark.parametrize(("what", "decision"), [("approve", Decision.APPROVED), ("reject", Decision.REJECTED)])
def test_an_answer_decides_both_directions_with_one_entry_for_each_decision(admin_client, waits, what, decision):
    answer(admin_client, waits[0], what)

    decided = RuleDecision.objects.order_by("rule_key")
    a, b = waits[0].low_id, waits[0].high_id
    assert [(one.rule_key, one.decision) for one in decided] == [(f"{a}=>{b}", decision), (f"{b}=>{a}", decision)]
    assert sorted(LogEntry.objects.values_list("object_id", flat=True)) == sorted(str(one.pk) for one in decided)
    assert list(RuleReview.objects.waiting()) == waits[1:]
    waits[0].refresh_from_db()
    assert (waits[0].orders, waits[0].low_orders, waits[0].high_orders) == (37, 210, 90)


def test_what_is_left_waits_no_more_and_leaves_one_entry(admin_client, admin_user, waits):
    answer(admin_client, waits[1], "leave")

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin_user, str(waits[1].pk))
    assert not RuleDecision.objects.exists()
    assert list(RuleReview.objects.waiting()) == [waits[0], waits[2]]
    assert "waits no more" in answer(admin_client, waits[1], "leave").content.decode()
    assert "waits no more" in answer(admin_client, waits[1], "approve").content.decode()
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"pair": "1"}, {"pair": "x,y"}, {"pair": "9" * 40 + ",1"}, {"answer": "love"}, {}])
def test_an_answer_that_names_nothing_changes_nothing(admin_client, waits, wrong):
    page = admin_client.post(reverse(REVIEW), {"pair": str(waits[0])} | wrong, follow=True)

    assert "waits no more" in page.content.decode()
    assert RuleReview.objects.waiting().count() == 3
    assert not LogEntry.objects.exists()


def test_who_may_not_decide_neither_sees_nor_answers(staff_client, waits):
    client = staff_client("view_rule")

    assert "Waiting for review" not in client.get(reverse(LIST)).content.decode()
    assert client.get(reverse(REVIEW)).status_code == 403
    assert client.post(reverse(REVIEW), {"pair": str(waits[0]), "answer": "approve"}).status_code == 403
    assert RuleReview.objects.waiting().count() == 3


def test_the_page_costs_the_same_for_3_pairs_and_for_30_and_passes_over_rules_that_are_gone(admin_client, waits):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            page = admin_client.get(reverse(REVIEW))
        return len(captured), len(page.context["reviews"])

    few, shown = cost()
    for number in range(27):
        both_ways("a", f"e{number}")
        waiting("a", f"e{number}")
    waiting("a", "gone")
    assert (cost(), shown) == ((few, 30), 3)


def test_a_hostile_title_is_text(admin_client, waits, stocked):
    stocked.shelf["b"] = Facts(key="b", title="<script>alert(1)</script>", url="/", image="/x.svg")

    assert "<script>alert(1)" not in admin_client.get(reverse(REVIEW)).content.decode()


# The rule's page.


@pytest.fixture
def rule(stocked):
    for key, category in {"a": "tea", "b": "cups"}.items():
        stocked.shelf[key] = Facts(key=key, title=f"Product {key}", url="/", stock=5, categories=(category,))
    for number in range(3):
        make_order("a", "b", shopper=f"user:{number}")
    fold_all()
    return make_rule("a", "b")


def told(client, rule):
    """The verdict: yes or no, and all of its words."""
    page = html.unescape(client.get(reverse("admin:recommendations_rule_change", args=[rule.pk])).content.decode())
    words = page.partition('class="basketry-verdict"')[2].partition("</div>")[0]
    return "Shown in the shop: yes." in words, words


def test_a_rule_that_nothing_speaks_against_is_in_the_shop(admin_client, rule):
    assert told(admin_client, rule)[0]


def spoil_version(rule, stocked):
    LivePointer.objects.update(artefact=Artefact.objects.create(kind="rules", status="published"))


def spoil_held(rule, stocked):
    Rule.objects.update(status="held", hold_reasons={"few_days": {"days": 2}})


def spoil_rejected(rule, stocked):
    RuleDecision.objects.create(rule_key=rule.key, decision="rejected", ends_at=timezone.now() + timedelta(days=1))


def spoil_product(rule, stocked):
    stocked.shelf["b"] = Facts(key="b", title="b", url="/", visible=False)


def spoil_stock(rule, stocked):
    stocked.shelf["b"] = Facts(key="b", title="b", url="/", stock=0)
    Placement.objects.update(in_stock_only=True)


def spoil_category(rule, stocked):
    CategoryBan.objects.create(category="cups", beside="tea")


def spoil_hidden(rule, stocked):
    for placement in Placement.objects.all():
        Pin.objects.create(placement=placement, item=rule.consequent, kind="hide")


def spoil_counts(rule, stocked):
    Rule.objects.filter(pk=rule.pk).update(consequent=make_item("z"), key=f"{rule.antecedent_id}=>{make_item('z').pk}")
    stocked.shelf["z"] = Facts(key="z", title="z", url="/")
    make_order("z")
    fold_all()


def spoil_kind(rule, stocked):
    Rule.objects.update(kind="viewed_then_bought")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_version, "it is of a version that does not serve"),
        (spoil_held, "it waits for review: it was ordered on 2 different days only"),
        (spoil_rejected, "staff rejected it, … to "),
        (spoil_product, "its product is not to be seen in the shop"),
        (spoil_stock, "its product is sold out;"),
        (spoil_category, "staff keep the categories cups and tea apart, without an end"),
        (spoil_hidden, "staff hide its product in every placement"),
        (spoil_counts, "by the counts of now no order has both products"),
        (spoil_kind, "no list is made of rules of this kind"),
    ],
)
def test_what_keeps_a_rule_out_of_the_shop_is_said(admin_client, rule, stocked, spoil, words):
    spoil(rule, stocked)

    is_shown, said = told(admin_client, rule)
    assert not is_shown
    assert words in said


def test_what_changes_how_a_rule_is_shown_is_said(admin_client, rule):
    placement = Placement.objects.first()
    Pin.objects.create(placement=placement, item=rule.consequent, kind="hide")
    ManualRule.objects.create(antecedent=rule.antecedent, consequent=rule.consequent)
    RuleDecision.objects.create(rule_key=rule.key, decision="rejected", ends_at=timezone.now() - timedelta(days=1))
    Artefact.objects.update(metrics={"cutoff_p": 1e-9, "items": 20, "false_rules": 0.05})

    is_shown, said = told(admin_client, rule)
    assert is_shown
    assert f"Staff hide its product here: {placement.slug}." in said
    assert "What staff decided, rejected, does not hold now" in said
    assert "by hand" in said
    assert "it no longer holds" in said


def test_either_direction_approved_lets_a_held_pair_into_the_shop(admin_client, rule, stocked):
    spoil_held(rule, stocked)
    RuleDecision.objects.create(rule_key=f"{rule.consequent_id}=>{rule.antecedent_id}", decision="approved")

    assert told(admin_client, rule)[0]


def test_a_rule_of_several_versions_has_its_history_as_a_picture(admin_client, rule):
    address = reverse("admin:recommendations_rule_change", args=[rule.pk])
    assert "data-history" not in admin_client.get(address).content.decode()

    make_rule("a", "b", artefact=Artefact.objects.create(kind="rules", status="published"), orders=50)

    page = admin_client.get(address).content.decode()
    assert 'data-history="rule-history"' in page
    assert '"values": [17.62, 23.81]' in page
    assert live_rules() == rule.artefact
