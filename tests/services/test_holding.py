"""What fake orders plant waits for staff: it is no rule of the shop and in no list or claim until they approve it."""

from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth import get_user_model

from recommendations.catalogue import Facts
from recommendations.models import Decision, Item, Order, Rule, RuleDecision, RuleStatus, Shopper
from recommendations.selectors.live_rules import live_pairs
from recommendations.selectors.orders import held_baskets, known_since
from recommendations.services import claims, overview
from recommendations.services.decide import decide, withdraw
from recommendations.services.mine import mine
from tests.factories import NOW, fold_all, make_order
from tests.services.asking import cart, items, related

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]


def day(number):
    return NOW - timedelta(days=number)


def mined():
    return mine(progress=lambda *_: None, now=NOW)


@pytest.fixture
def poisoned(stocked):
    """Old customers buy tea with cups, now and then; twelve new accounts buy soap, which sells well, with junk."""
    stocked.shelf |= {
        key: Facts(key=key, title=key, url=f"/p/{key}/") for key in ("tea", "cup", "soap", "junk", "dish")
    }
    for number in range(8):
        make_order(f"first-{number}", shopper=f"user:{number}", at=day(150))
        make_order("tea", "cup", shopper=f"user:{number}", at=day(12 * number))
    for number in range(10):
        make_order("soap", f"other-{number}", shopper=f"user:{number}", at=day(9 * number))
    for number in range(12):
        make_order("soap", "junk", shopper=f"user:9{number}", at=day(number % 6))
    fold_all()
    mined()


def rule(first, second):
    return Rule.objects.live().get(antecedent__key=first, consequent__key=second)


def served():
    return set(Rule.objects.served(NOW).values_list("antecedent__key", "consequent__key"))


def claimed(first, second):
    pair = tuple(sorted(Item.objects.filter(key__in=[first, second]).values_list("pk", flat=True)))
    return live_pairs([pair], now=NOW)[pair].claimed


def approve(*rules, decision=Decision.APPROVED):
    user = get_user_model().objects.get_or_create(username="staff")[0]
    decide(rule_keys=[one.key for one in rules], decision=decision, note="", user_id=user.pk)


def test_a_planted_rule_is_held_with_its_reasons_and_an_honest_one_is_not(poisoned):
    assert rule("tea", "cup").status == RuleStatus.PUBLISHED
    assert rule("tea", "cup").hold_reasons == {}
    planted = rule("soap", "junk")
    assert planted.status == RuleStatus.HELD
    assert planted.hold_reasons["young_accounts"] == {"shoppers": 12, "old": 0}
    assert "only 0 of its 12 shoppers had accounts of some age" in claims.why_held(planted)
    assert planted.artefact.metrics["pairs_held"] == 1


def test_what_is_held_is_not_served_not_listed_and_not_claimed(poisoned):
    assert served() == {("tea", "cup"), ("cup", "tea")}
    assert not any("junk" in sentence for sentence in overview.strongest_rules(most=9, now=NOW))
    assert (claimed("tea", "cup"), claimed("soap", "junk")) == (True, False)
    (cup,) = (one for one in related("tea").items if one.item == "cup")
    assert [reason.code for reason in cup.reasons] == ["often_bought_together"]
    assert "junk" not in items(related("soap", limit=30))
    assert related("soap").removed["junk"] == "held_for_review"


def test_staff_let_it_into_the_shop_at_once_and_after_every_mine(poisoned):
    for _ in range(2):
        approve(rule("soap", "junk"))
        assert ("soap", "junk") in served()
        assert claimed("soap", "junk")
        assert items(related("soap"))[0] == "junk"
        mined()
        assert rule("soap", "junk").status == RuleStatus.HELD
    withdraw(rule_keys=[rule("soap", "junk").key], user_id=get_user_model().objects.get(username="staff").pk)
    assert ("soap", "junk") not in served()
    assert not claimed("soap", "junk")


@pytest.mark.parametrize(
    ("decision", "period", "shown"),
    [
        (Decision.BOOSTED, {}, True),
        (Decision.REJECTED, {}, False),
        (Decision.APPROVED, {"starts_at": NOW}, True),
        (Decision.APPROVED, {"starts_at": NOW + timedelta(seconds=1)}, False),
        (Decision.APPROVED, {"ends_at": NOW}, False),
        (Decision.APPROVED, {"ends_at": NOW + timedelta(seconds=1)}, True),
    ],
)
def test_only_an_approval_in_force_lets_it_in(poisoned, decision, period, shown):
    approve(rule("soap", "junk"), decision=decision)
    RuleDecision.objects.update(**period)
    assert (("soap", "junk") in served()) == shown
    waiting = Rule.objects.live().waiting(NOW).values_list("antecedent__key", flat=True)
    assert set(waiting) == ({"junk"} if shown else {"soap", "junk"})
    assert claimed("soap", "junk") == shown
    assert ("junk" in items(related("soap"))) == shown


def test_a_cart_is_not_led_by_what_is_held_either(poisoned):
    assert "junk" not in items(cart("soap"))
    approve(rule("junk", "soap"))
    assert items(cart("soap"))[0] == "junk"


@pytest.mark.parametrize("changed", [{"HOLD_ACCOUNT_DAYS": 0}, {"HOLD_SHOPPERS": 0, "HOLD_VOTE_LIFT": 0}])
def test_each_hold_can_be_lifted(settings, poisoned, changed):
    lifted = {"HOLD_BURST_P": 1e-100, "HOLD_DAYS": 1}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **lifted}
    mined()
    assert set(rule("soap", "junk").hold_reasons) == {"young_accounts"}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **lifted, **changed}
    mined()
    assert rule("soap", "junk").status == RuleStatus.PUBLISHED


def test_held_rules_take_no_room_from_the_others(settings, poisoned):
    for number in range(11):
        make_order("soap", "dish", shopper=f"user:{number % 8}", at=day(11 * number))
    for number in range(60):
        make_order(f"more-{number}", f"and-{number}")
    fold_all()
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "RULES_PER_ITEM": 1}
    mined()
    assert rule("soap", "junk").leverage > rule("soap", "dish").leverage
    assert ("soap", "dish") in served()


def test_a_longer_rule_over_a_held_pair_is_held(settings, poisoned):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "LONG_RULE_IMPROVEMENT": 0, "LONG_RULE_CONFIDENCE": 0}
    for number in range(8):
        make_order("soap", "junk", "cup", shopper=f"user:9{number}", at=day(number % 6))
        make_order("pot", "pan", "lid", shopper=f"user:{number}", at=day(11 * number))
    fold_all()
    mined()
    longer = {
        frozenset([one.antecedent.key, one.antecedent_2.key, one.consequent.key]): one
        for one in Rule.objects.live().filter(antecedent_2__isnull=False)
    }
    assert longer[frozenset(["soap", "junk", "cup"])].status == RuleStatus.HELD
    assert claims.why_held(longer[frozenset(["soap", "junk", "cup"])]) == ["products of it are held as a pair"]
    assert longer[frozenset(["pot", "pan", "lid"])].status == RuleStatus.PUBLISHED


def test_a_shopper_is_known_since_the_plugin_first_saw_them(poisoned, settings):
    """The same accounts, seen browsing half a year before they ordered, are no young ones."""
    Shopper.objects.filter(key__startswith="user:9").update(created_at=day(180))
    mined()
    assert "young_accounts" not in rule("soap", "junk").hold_reasons


def test_times_are_read_as_whole_seconds_alike_on_every_database():
    for number in range(3):
        make_order("a", "b", shopper=None if number else "user:1", at=day(number) + timedelta(microseconds=400_000))
    fold_all()
    _, shoppers, placed_at = held_baskets()
    times = sorted(int(order.placed_at.timestamp()) for order in Order.objects.all())
    assert sorted(placed_at.tolist()) == times
    since = known_since(shoppers)
    seen = int(Shopper.objects.get(key="user:1").created_at.timestamp())
    assert since[shoppers > 0].tolist() == pytest.approx([seen], abs=1)
    assert (since[shoppers == 0] == np.iinfo(np.int64).max).all()
