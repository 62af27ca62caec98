import pytest

from recommendations.exceptions import MiningBudget, MissingPackage, NotEnoughData
from recommendations.mining.engines import ENGINES
from recommendations.models import Artefact, LivePointer, Rule, RuleDecision
from recommendations.services import mine as mine_module
from recommendations.services import mine_long
from recommendations.services.mine import mine
from tests.factories import NOW, fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


def quietly(_fraction, _message):
    pass


def shop_of_tea():
    """Six people buy tea and cups together, four more buy soap; one buys soap and a mop six times."""
    for number in range(6):
        make_order("tea", "cup", shopper=f"user:{number}")
        make_order("soap", "mop", shopper="user:99")
    for number in range(4):
        make_order("soap", shopper=f"user:{number}")
    fold_all()


def rules():
    return {(rule.antecedent.key, rule.consequent.key): rule for rule in Rule.objects.live()}


def test_pairs_of_enough_orders_and_shoppers_become_rules_with_their_counts():
    shop_of_tea()
    artefact = mine(progress=quietly, now=NOW)
    found = rules()
    assert set(found) == {("tea", "cup"), ("cup", "tea")}
    rule = found["tea", "cup"]
    assert (rule.orders, rule.antecedent_orders, rule.consequent_orders, rule.total_orders) == (6, 6, 6, 16)
    assert rule.shoppers == 6
    assert (rule.support, rule.confidence, rule.lift) == (6 / 16, 1.0, pytest.approx(16 / 6))
    assert rule.conviction is None
    # 6 baskets of two weigh 6, chance gives 6 * 6 * 24 / 28^2.
    assert rule.weighted_lift == pytest.approx(6 / (36 * 24 / 28**2))
    assert 0 < rule.p < artefact.metrics["cutoff_p"]
    assert found["cup", "tea"].p == rule.p
    assert (artefact.metrics["items"], artefact.metrics["pairs_passed"]) == (4, 1)
    assert rule.key == f"{rule.antecedent_id}=>{rule.consequent_id}"
    assert artefact.metrics["rules"] == 2
    assert artefact.data_orders == 16


@pytest.mark.parametrize("changed", [{"MIN_WEIGHTED_LIFT": 6}, {"MIN_RULE_SHOPPERS": 7}, {"FALSE_RULES": 1e-6}])
def test_a_claim_must_be_earned(settings, changed):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **changed}
    shop_of_tea()
    mine(progress=quietly, now=NOW)
    assert rules() == {}


def test_baskets_of_everything_prove_nothing():
    """Plainly counted, a pair of a huge basket looks related; corrected for its size it is what chance gives."""
    for number in range(8):
        make_order(*(f"item-{key}" for key in range(30)), shopper=f"user:{number}")
    for number in range(40):
        make_order(f"single-{number}", shopper=f"user:{number}")
    fold_all()
    mine(progress=quietly, now=NOW)
    assert rules() == {}


def test_guests_are_orders_and_never_shoppers():
    for _ in range(9):
        make_order("tea", "cup", shopper=None)
    fold_all()
    mine(progress=quietly, now=NOW)
    assert rules() == {}


def test_nothing_counted_is_not_enough():
    with pytest.raises(NotEnoughData, match="at least 1 counted order"):
        mine(progress=quietly, now=NOW)


def test_a_new_version_replaces_the_old_in_one_step_and_decisions_stay():
    shop_of_tea()
    first = mine(progress=quietly, now=NOW)
    key = rules()["tea", "cup"].key
    RuleDecision.objects.create(rule_key=key, decision="rejected")
    make_order("tea", shopper="user:1")
    fold_all()
    second = mine(progress=quietly, now=NOW)
    assert LivePointer.objects.get(kind="rules").artefact == second
    assert rules()["tea", "cup"].antecedent_orders == 7
    assert Rule.objects.filter(artefact=first).count() == 2
    assert RuleDecision.objects.get(rule_key=rules()["tea", "cup"].key).decision == "rejected"


def test_a_mine_that_dies_half_way_leaves_the_old_version_serving(monkeypatch):
    shop_of_tea()
    first = mine(progress=quietly, now=NOW)

    def dies(fraction, _message):
        if fraction == 1.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mine(progress=dies, now=NOW)
    assert LivePointer.objects.get(kind="rules").artefact == first
    third = mine(progress=quietly, now=NOW)
    assert set(Artefact.objects.values_list("id", flat=True)) == {first.pk, third.pk}


def test_only_the_newest_versions_and_the_one_they_are_compared_with_are_kept(monkeypatch):
    monkeypatch.setattr(mine_module, "VERSIONS_KEPT", 2)
    shop_of_tea()
    made = [mine(progress=quietly, now=NOW).pk for _ in range(4)]
    assert sorted(Artefact.objects.values_list("id", flat=True)) == [made[0], *made[-2:]]


def a_breakfast_for(people):
    """Tea and bread together lead to jam; tea alone and bread alone lead nowhere."""
    for number in range(people):
        make_order("tea", "bread", "jam", shopper=f"user:{number}")
        make_order("tea", f"other-{number}", shopper=f"user:{number}")
        make_order("bread", f"other-{number}", shopper=f"user:{number}")
        make_order("jam", f"some-{number}", shopper=f"user:{number}")
    fold_all()


def long_rules():
    return {(frozenset([rule.antecedent.key, rule.antecedent_2.key]), rule.consequent.key): rule for rule in longer()}


def longer():
    return Rule.objects.live().filter(antecedent_2__isnull=False)


@pytest.mark.parametrize("engine", ["native", "mlxtend-fpgrowth", "mlxtend-apriori"])
def test_rules_of_several_antecedents_carry_the_plain_measures(settings, engine):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MINING_ENGINE": engine}
    a_breakfast_for(6)
    artefact = mine(progress=quietly, now=NOW)
    rule = long_rules()[frozenset(["tea", "bread"]), "jam"]
    assert (rule.orders, rule.antecedent_orders, rule.consequent_orders, rule.total_orders) == (6, 6, 12, 24)
    assert (rule.shoppers, rule.confidence, rule.lift) == (6, 1.0, 2.0)
    assert (rule.p, rule.weighted_lift, rule.antecedent_3) == (None, None, None)
    assert rule.key == f"{rule.antecedent_id},{rule.antecedent_2_id}=>{rule.consequent_id}"
    assert artefact.metrics["long_rules"] == len(long_rules()) == 3
    assert artefact.metrics["rules"] == Rule.objects.live().count()
    assert (artefact.metrics["itemset_orders"], artefact.metrics["mining_engine"]) == (5, engine)


@pytest.mark.parametrize(
    "changed",
    [
        {"RULE_ANTECEDENTS": 1},
        {"MIN_RULE_SHOPPERS": 7},
        {"LONG_RULE_IMPROVEMENT": 0.6},
        {"LONG_RULE_SUPPORT": 0.3},
    ],
)
def test_a_rule_of_several_antecedents_must_be_earned(settings, changed):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **changed}
    a_breakfast_for(6)
    mine(progress=quietly, now=NOW)
    assert long_rules() == {}


def test_a_version_has_the_strongest_of_the_long_rules_at_most(settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "LONG_RULES": 1}
    a_breakfast_for(6)
    assert mine(progress=quietly, now=NOW).metrics["long_rules"] == longer().count() == 1


def test_a_support_that_the_budget_has_no_room_for_is_raised(monkeypatch):
    asked = []

    def narrow(baskets, *, min_count, max_length, budget):
        asked.append(min_count)
        if min_count < 6:
            raise MiningBudget("no room", 6)
        return ENGINES["mlxtend-fpgrowth"](baskets, min_count=min_count, max_length=max_length)

    monkeypatch.setattr(mine_long, "ENGINES", {"native": narrow})
    a_breakfast_for(6)
    assert mine(progress=quietly, now=NOW).metrics["itemset_orders"] == 6
    assert asked == [5, 6]
    assert len(long_rules()) == 3


@pytest.mark.parametrize("reason", [MiningBudget("no room for it", None), MissingPackage("no room for it")])
def test_without_any_itemsets_the_pairs_are_published_all_the_same(monkeypatch, reason):
    def full(_baskets, **_options):
        raise reason

    monkeypatch.setattr(mine_long, "ENGINES", {"native": full})
    shop_of_tea()
    artefact = mine(progress=quietly, now=NOW)
    assert (artefact.metrics["itemsets_refused"], artefact.metrics["itemsets"]) == ("no room for it", 0)
    assert len(rules()) == 2
