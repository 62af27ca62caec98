"""What staff decide shows in the shop with the next request, and after every mining."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from recommendations.catalogue import Facts
from recommendations.exceptions import InvalidInput
from recommendations.models import Decision, Item, ManualRule, Rule, RuleDecision, RuleStatus
from recommendations.services import record
from recommendations.services.decide import decide, withdraw
from recommendations.services.freezing import frozen_rows
from recommendations.services.mine import mine
from tests.factories import NOW, fold_all, make_order
from tests.services.asking import cart, items, related, sources

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def mined():
    return mine(progress=lambda *_: None, now=NOW)


@pytest.fixture
def shop(stocked):
    """Eight shoppers buy tea with a cup, six of them a spoon too; much else is bought."""
    keys = ("tea", "cup", "spoon", "new", "other", *(f"m-{number}" for number in range(30)))
    stocked.shelf |= {key: Facts(key=key, title=key.title(), url=f"/p/{key}/") for key in keys}
    for number in range(8):
        make_order(f"first-{number}", shopper=f"user:{number}", at=NOW - timedelta(days=150))
        bought = ("tea", "cup", "spoon") if number < 6 else ("tea", "cup")
        make_order(*bought, shopper=f"user:{number}", key=f"tea-{number}", at=NOW - timedelta(days=12 * number))
    for number in range(60):
        make_order(f"m-{number % 30}", f"n-{number}", shopper=f"user:{number % 20}", at=NOW - timedelta(days=number))
    fold_all()
    mined()
    return stocked


@pytest.fixture
def staff():
    return get_user_model().objects.create(username="staff")


def key(first, second):
    ids = dict(Item.objects.values_list("key", "pk"))
    return f"{ids[first]}=>{ids[second]}"


def told(first, second):
    """The counts and codes beside a suggestion; None where it is not suggested."""
    for one in related(first).items:
        if one.item == second:
            evidence = one.reasons[0].evidence
            return [reason.code for reason in one.reasons], (evidence.n_ab, evidence.n_a, evidence.n)
    return None


def test_a_rejected_pair_is_gone_with_the_next_request_and_stays_so(shop, staff):
    assert "cup" in items(related("tea"))
    assert "cup" in items(cart("tea"))
    decide(rule_keys=[key("tea", "cup")], decision=Decision.REJECTED, user_id=staff.pk)
    for _ in range(2):
        assert "cup" not in items(related("tea", limit=50))
        assert "cup" not in items(cart("tea", limit=50))
        assert not Rule.objects.served(NOW).filter(key=key("tea", "cup")).exists()
        mined()
    withdraw(rule_keys=[key("tea", "cup")], user_id=staff.pk)
    assert "cup" in items(related("tea"))


def test_a_boost_is_as_strong_as_staff_say_and_stays_so(shop, staff):
    before = {one.item: one.score for one in related("tea").items}
    in_cart = {one.item: one.score for one in cart("tea").items}
    decide(rule_keys=[key("tea", "spoon")], decision=Decision.BOOSTED, strength=3.5, user_id=staff.pk)
    for _ in range(2):
        after = {one.item: one.score for one in related("tea").items}
        assert after["spoon"] == pytest.approx(3.5 * before["spoon"])
        assert {one.item: one.score for one in cart("tea").items}["spoon"] == pytest.approx(3.5 * in_cart["spoon"])
        assert items(related("tea"))[0] == "spoon"
        mined()


@pytest.mark.parametrize("strength", [1.0, 10.1, float("nan")])
def test_a_boost_beyond_the_safe_range_is_refused(staff, strength):
    with pytest.raises(InvalidInput, match=r"strength: must be from 1\.1 to 10"):
        decide(rule_keys=["1=>2"], decision=Decision.BOOSTED, strength=strength, user_id=staff.pk)


def forget_orders():
    """All orders with tea are cancelled: the counts know nothing of it any more."""
    for number in range(8):
        record.cancel(order_key=f"tea-{number}", key="c", at=NOW)
    fold_all()


def test_a_frozen_rule_stays_as_it_was_when_its_orders_are_gone(shop, staff, django_assert_num_queries):
    kept = told("tea", "cup")
    assert kept[0] == ["often_bought_together"]
    decide(rule_keys=[key("tea", "cup")], decision=Decision.FROZEN, user_id=staff.pk)
    score = related("tea").items[0].score
    forget_orders()
    for _ in range(2):
        with django_assert_num_queries(2):
            assert told("tea", "cup") == kept
        assert related("tea").items[0].score <= score
        assert items(cart("tea"))[0] == "cup"
        assert "spoon" not in items(cart("tea", limit=1))
        rule = Rule.objects.live().get(key=key("tea", "cup"))
        assert (rule.orders, rule.antecedent_orders, rule.status) == (8, 8, RuleStatus.PUBLISHED)
        mined()
    withdraw(rule_keys=[key("tea", "cup")], user_id=staff.pk)
    assert told("tea", "cup") is None or told("tea", "cup")[0] == ["popular"]
    mined()
    assert not Rule.objects.live().filter(key=key("tea", "cup")).exists()


def test_a_frozen_rule_thaws_at_its_end_and_is_not_frozen_anew_by_another_decision_of_the_same(shop, staff):
    frozen = key("tea", "cup")
    decide(rule_keys=[frozen], decision=Decision.FROZEN, user_id=staff.pk)
    counts = RuleDecision.objects.get().frozen
    forget_orders()
    decide(rule_keys=[frozen], decision=Decision.FROZEN, note="again", user_id=staff.pk)
    assert RuleDecision.objects.get().frozen == counts
    RuleDecision.objects.update(ends_at=NOW)
    assert told("tea", "cup") is None or told("tea", "cup")[0] == ["popular"]


def test_a_frozen_rule_of_an_item_that_is_gone_is_left_out_and_mining_goes_on(shop, staff):
    decide(rule_keys=[key("tea", "cup"), key("cup", "tea")], decision=Decision.FROZEN, user_id=staff.pk)
    gone = RuleDecision.objects.get(rule_key=key("tea", "cup"))
    RuleDecision.objects.filter(pk=gone.pk).update(frozen={**gone.frozen, "consequent_id": 10**12})
    assert list(frozen_rows(1, now=NOW)) == [key("cup", "tea")]
    mined()


def test_a_frozen_rule_is_not_taken_away_by_a_hold(shop, staff):
    decide(rule_keys=[key("tea", "cup")], decision=Decision.FROZEN, user_id=staff.pk)
    Rule.objects.live().filter(key__in=[key("tea", "cup"), key("cup", "tea")]).update(status=RuleStatus.HELD)
    assert told("tea", "cup")[0] == ["often_bought_together"]
    assert Rule.objects.served(NOW).filter(key=key("tea", "cup")).exists()


def test_what_waits_for_review_or_is_no_rule_cannot_be_frozen(shop, staff):
    Rule.objects.live().filter(key=key("tea", "cup")).update(status=RuleStatus.HELD)
    for refused in (key("tea", "cup"), key("tea", "m-1")):
        with pytest.raises(InvalidInput, match=refused):
            decide(rule_keys=[refused], decision=Decision.FROZEN, user_id=staff.pk)
    assert not RuleDecision.objects.exists()


def by_hand(first, second, **more):
    ids = dict(Item.objects.values_list("key", "pk"))
    second_id = ids.get(second) or Item.objects.create(key=second).pk
    return ManualRule.objects.create(antecedent_id=ids[first], consequent_id=second_id, **more)


def test_a_product_that_nobody_bought_stands_beside_a_best_seller_by_hand(shop, django_assert_num_queries):
    rule = by_hand("tea", "new")
    for _ in range(2):
        with django_assert_num_queries(2):
            answer = related("tea")
        assert items(answer)[0] == "new"
        (reason,) = answer.items[0].reasons
        assert (reason.code, reason.text) == ("chosen_beside", "Chosen by our team to go with Tea")
        assert (reason.evidence.n_ab, reason.evidence.n_a) == (None, None), "nobody bought them together"
        assert items(cart("tea"))[0] == "new"
        mined()
    assert "new" not in items(related("cup", limit=50))
    rule.delete()
    assert "new" not in items(related("tea", limit=50))


def test_a_rule_by_hand_tells_the_real_counts_beside_and_stands_where_it_is_to(shop):
    by_hand("tea", "spoon", position=1)
    by_hand("tea", "new", position=2)
    answer = related("tea")
    assert items(answer)[:3] == ["spoon", "new", "cup"]
    assert sources(answer)[:2] == ["staff", "staff"]
    chosen, together = answer.items[0].reasons
    assert chosen.code == "chosen_beside"
    assert (together.code, together.evidence.n_ab, together.evidence.n_a) == ("bought_together", 6, 8)


@pytest.mark.parametrize(
    ("period", "shown"),
    [
        ({"starts_at": NOW}, True),
        ({"starts_at": NOW + timedelta(seconds=1)}, False),
        ({"ends_at": NOW}, False),
        ({"ends_at": NOW + timedelta(seconds=1)}, True),
    ],
)
def test_a_rule_by_hand_holds_in_its_period_alone(shop, period, shown):
    by_hand("tea", "new", **period)
    assert ("new" in items(related("tea", limit=50))) == shown


def test_a_rule_by_hand_shows_neither_what_is_sold_out_nor_what_is_in_the_cart(shop):
    from tests.services.asking import change

    by_hand("tea", "cup")
    assert "cup" not in items(cart("tea", "cup"))
    by_hand("tea", "new")
    change(shop, "new", visible=False)
    assert "new" not in items(related("tea"))
