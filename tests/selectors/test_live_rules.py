"""Live counts equal brute force over what the counts hold, and claims follow the published cut-off."""

import random
from datetime import timedelta
from itertools import combinations

import pytest

from recommendations.models import Artefact, Item, Order, Rule
from recommendations.selectors.live_rules import LivePair, LiveSet, live_pairs, live_sets
from recommendations.selectors.serving import candidates
from recommendations.services import record
from recommendations.services.mine import mine
from tests.factories import NOW, fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


def quietly(_fraction, _message):
    pass


@pytest.fixture
def shop():
    """60 orders of 1 to 5 of 6 items, some of guests, some refunded, one over the cap, one not folded yet."""
    chance = random.Random(4)  # noqa: S311
    for number in range(60):
        keys = chance.sample("abcdef", chance.randint(1, 5))
        make_order(*keys, shopper=None if number % 5 == 0 else f"user:{number % 7}", key=f"o-{number}")
    make_order("a", "b", *(f"more-{number}" for number in range(120)), key="huge")
    fold_all()
    record.cancel(order_key="o-3", key="c", at=NOW)
    fold_all()
    make_order("a", "b", "c", key="pending")
    return {item.key: item.pk for item in Item.objects.filter(key__in="abcdef")}


def held():
    rows = Order.objects.held_by_counts().values_list("counted_items", "counted_shopper")
    return [(set(items), shopper) for items, shopper in rows]


def test_sets_of_any_size_equal_brute_force(shop):
    sets = [one for size in (1, 2, 3, 4) for one in combinations(sorted(shop.values()), size)]
    expected = []
    for items in sets:
        people = [shopper for basket, shopper in held() if set(items) <= basket]
        expected.append(LiveSet(len(people), len({shopper for shopper in people if shopper is not None})))
    assert live_sets(sets) == expected
    assert max(one.orders for one in expected) > 10
    assert live_sets([]) == []


def test_sets_within_periods_equal_brute_force(shop):
    days = [NOW - timedelta(days=number) for number in range(5)]
    for number, key in enumerate(Order.objects.order_by("id").values_list("key", flat=True)):
        Order.objects.filter(key=key).update(placed_at=days[number % 5])
    a, b = shop["a"], shop["b"]
    periods = [(days[3], days[1]), (days[4], NOW + timedelta(seconds=1)), None]
    rows = list(Order.objects.held_by_counts().values_list("counted_items", "placed_at"))
    expected = [
        sum({a, b} <= set(items) and (period is None or period[0] <= at < period[1]) for items, at in rows)
        for period in periods
    ]
    assert [one.orders for one in live_sets([[a, b]] * 3, periods=periods)] == expected
    assert 0 < expected[0] < expected[1] == expected[2]


def test_pairs_equal_brute_force_and_nothing_is_claimed_without_a_version(shop):
    pairs = list(combinations(sorted(shop.values()), 2))
    found = live_pairs([*pairs, (1, 999_999)], now=NOW)
    for low, high in pairs:
        counts = [sum(set(items) <= basket for basket, _ in held()) for items in ((low, high), (low,), (high,))]
        assert found[low, high] == LivePair(*counts, total_orders=len(held()), shoppers=0, waits=False, claimed=False)
    assert found[1, 999_999].orders == found[1, 999_999].high_orders == 0
    assert live_pairs([], now=NOW) == {}


def test_what_a_mine_publishes_is_claimed_at_its_own_counts_and_the_rest_is_not(settings, shop):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MIN_WEIGHTED_LIFT": 0, "FALSE_RULES": 0.5}
    for number in range(9):
        make_order("tea", "cup", shopper=f"user:{number}")
    fold_all()
    mine(progress=quietly, now=NOW)
    ids = sorted(Item.objects.filter(key__in=[*"abcdef", "tea", "cup"]).values_list("pk", flat=True))
    claimed = {pair for pair, now in live_pairs(combinations(ids, 2), now=NOW).items() if now.claimed}
    rules = Rule.objects.live().filter(antecedent_2__isnull=True)
    published = {tuple(sorted(pair)) for pair in rules.values_list("antecedent_id", "consequent_id")}
    pairs = {pair for pair in published if pair in set(combinations(ids, 2))}
    assert claimed == pairs
    assert claimed
    read = candidates(asked_keys=["tea", "a"], partners=10, popular=10, now=NOW)
    asked = {int(read.item_ids[position]) for position in read.asked}
    assert read.claimed == {pair for pair in claimed if asked & set(pair)}
    assert read.claimed


def test_before_the_first_fold_there_is_nothing_to_tell():
    assert live_pairs([(1, 2)], now=NOW) == {}


def test_a_version_without_a_cut_off_claims_nothing(shop):
    for number in range(9):
        make_order("tea", "cup", shopper=f"user:{number}")
    fold_all()
    mine(progress=quietly, now=NOW)
    ids = sorted(Item.objects.filter(key__in=["tea", "cup"]).values_list("pk", flat=True))
    assert live_pairs([tuple(ids)], now=NOW)[tuple(ids)].claimed
    Artefact.objects.update(metrics={})
    assert not live_pairs([tuple(ids)], now=NOW)[tuple(ids)].claimed
    assert not candidates(asked_keys=["tea"], partners=10, popular=10, now=NOW).claimed
