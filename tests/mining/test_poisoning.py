"""Fake orders plant no rule unseen, and genuine rules are not held for it."""

import numpy as np
import pytest

from recommendations.mining.holds import Hold, Limits
from recommendations.mining.votes import DAY
from tests import poisoning
from tests.poisoning import ATTACKS, Attack, mine, shop

PASSING = {
    Attack(100, 60, 30, 60),
    Attack(100, 60, 7, 60, known_junk=False),
    Attack(100, 60, 30, 60, known_junk=False),
}
"""Attacks of the grid that nothing tells from what people do: as many old accounts, each with an order or two."""

KNOWN = [attack for attack in ATTACKS if attack.known_junk]
NEW = [attack for attack in ATTACKS if not attack.known_junk and attack.orders == 100]


@pytest.mark.parametrize("attack", [*KNOWN, *NEW], ids=str)
def test_a_planted_rule_does_not_reach_the_shop_unseen(attack):
    assert (mine(attack).why(attack.planted) == ()) == (attack in PASSING)


def test_the_guard_alone_would_publish_what_five_accounts_or_more_plant():
    assert all(mine(Attack(100, accounts, 7, 0)).why(Attack(100, accounts, 7, 0).planted) for accounts in (5, 20, 60))
    assert mine(Attack(900, 1, 30, 60)).why(Attack(900, 1, 30, 60).planted) is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_genuine_bundles_are_published_unheld_launches_among_them(seed):
    mined, honest = mine(seed=seed), shop(seed)
    unheld = [key for key in honest.bundles.tolist() if mined.why(key) == ()]
    assert len(unheld) >= 0.95 * len(honest.bundles) == 47.5
    assert set(honest.launches.tolist()) <= set(unheld)


def test_an_attack_holds_no_genuine_rule():
    mined = mine(Attack(900, 20, 7, 0))
    assert [key for key in shop().bundles.tolist() if mined.why(key) != ()] == []


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (Attack(300, 5, 30, 60), Hold.ONE_VOTE),
        (Attack(100, 60, 7, 0), Hold.YOUNG_ACCOUNTS),
        (Attack(100, 60, 7, 60), Hold.BURST),
        (Attack(300, 60, 30, 60), Hold.FEW_ACCOUNTS),
        (Attack(100, 60, 1, 60, known_junk=False), Hold.FEW_DAYS),
    ],
)
def test_each_reason_catches_an_attack_of_its_kind(attack, reason):
    assert reason in mine(attack).why(attack.planted)


def test_so_many_voters_are_taken_at_their_word():
    attack = Attack(300, 5, 30, 60)
    assert Hold.ONE_VOTE in mine(attack).why(attack.planted)
    assert Hold.ONE_VOTE not in mine(attack, limits=Limits(voters=5)).why(attack.planted)


def test_a_burst_is_remembered_when_it_is_long_past(monkeypatch):
    """The window is where the pair's orders crowd, not the last days; 100 days later its accounts are old ones."""
    attack, made = Attack(100, 60, 7, 60), poisoning.fake(Attack(100, 60, 7, 60))
    earlier = [times - 100 * DAY for times in (made.placed_at, made.known_since)]
    monkeypatch.setattr(poisoning, "fake", lambda *_: poisoning.Orders(made.baskets, made.shoppers, *earlier))
    mined = mine(attack)
    assert mined.why(attack.planted) == (Hold.BURST,)
    at = int(np.searchsorted(mined.keys, attack.planted))
    assert (mined.holds.burst_days[at], mined.holds.burst_orders[at] >= 95) == (7, True)


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"shoppers": -1}, "shoppers must be at least 0, not -1"),
        ({"vote_lift": -0.5}, "vote_lift must be at least 0"),
        ({"voters": 0}, "voters must be at least 1"),
        ({"burst_orders": 0}, "burst_orders must be at least 1"),
        ({"burst_times": 0.5}, "burst_times must be at least 1"),
        ({"account_orders": 0}, "account_orders must be at least 1"),
        ({"days": 0}, "days must be at least 1"),
        ({"burst_share": 0}, "burst_share must be above 0 and at most 1"),
        ({"burst_p": 1.5}, "burst_p must be above 0 and at most 1"),
    ],
)
def test_a_limit_out_of_range_is_named(changed, allowed):
    with pytest.raises(ValueError, match=allowed):
        Limits(**changed)
