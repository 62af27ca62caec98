from datetime import timedelta

import numpy as np
import pytest

from recommendations.models import BrowseLog, Item, RuleDecision, Shopper
from recommendations.selectors.serving import best_sellers, candidates
from tests.factories import NOW, fold_all, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]


def read(**changes):
    return candidates(**{"partners": 10, "popular": 10, "now": NOW, **changes})


def by_key(found, values):
    return dict(zip(found.keys, np.asarray(values).tolist(), strict=True))


def test_both_directions_of_a_pair_are_read_with_the_counts_of_its_items():
    # Item ids follow the order of first sale: `b` stands between its partners `a` and `c`.
    make_order("a", "b")
    make_order("b", "c", "d")
    make_order("b", "c")
    fold_all()
    found = read(asked_keys=["b"])
    assert by_key(found, found.orders) == {"a": 1, "b": 3, "c": 2, "d": 1}
    assert by_key(found, found.pair_orders[0]) == {"a": 1, "b": 0, "c": 2, "d": 1}
    assert by_key(found, found.pair_weights[0]) == pytest.approx({"a": 1, "b": 0, "c": 1 + 2**-0.5, "d": 2**-0.5})


def test_totals_are_of_the_same_moment():
    make_order("a", "b", "c")
    make_order("a")
    fold_all()
    totals = read().totals
    assert (totals.orders, totals.multi_orders, totals.folded_at) == (2, 1, NOW)
    assert totals.sum_root == pytest.approx(2**-0.5)


def test_an_empty_shop_gives_nothing():
    found = read(asked_keys=["a"])
    assert len(found) == 0
    assert found.totals.folded_at is None


def test_only_the_strongest_partners_and_the_most_popular_are_read():
    for key in "bcdefghijklm":
        make_order("a", key)
    make_order("a", "b")
    make_order("n", "o", "p")
    make_order("n")
    fold_all()
    found = read(asked_keys=["a"], partners=10, popular=3)
    # The ten strongest by weight, equal ones by item id; n is among the three most popular, o and p are neither.
    assert set(found.keys) == set("abcdefghijk") | {"n"}


def test_a_popular_item_that_is_no_strongest_partner_still_has_its_pair_count():
    for key in "bcdefghijklm":
        make_order("a", key)
        make_order("a", key)
    make_order("a", "z")
    for _ in range(9):
        make_order("z")
    fold_all()
    found = read(asked_keys=["a"], popular=10)
    assert by_key(found, found.pair_orders[0])["z"] == 1


def test_a_pair_of_two_asked_items_stands_in_both_rows():
    make_order("a", "b", "c")
    fold_all()
    found = read(asked_keys=["b", "a", "unheard-of"])
    assert [found.keys[position] for position in found.asked] == ["b", "a"]
    assert by_key(found, found.pair_orders[0]) == {"a": 1, "b": 0, "c": 1}
    assert by_key(found, found.pair_orders[1]) == {"a": 0, "b": 1, "c": 1}


def test_extra_items_are_candidates_though_nobody_bought_them():
    extra = make_item("x")
    make_order("a", "b")
    fold_all()
    found = read(asked_keys=["a"], extra_ids=[extra.pk])
    assert by_key(found, found.orders)["x"] == 0


def test_items_asked_by_id_bring_no_partners_of_their_own():
    make_order("a", "b")
    make_order("a", "c")
    fold_all()
    ids = dict(Item.objects.values_list("key", "pk"))
    found = read(asked_ids=[ids["a"]], extra_ids=[ids["b"]], popular=0)
    assert set(found.keys) == {"a", "b"}
    assert by_key(found, found.pair_orders[0])["b"] == 1


def test_what_a_shopper_does_not_want_follows_them_into_their_account():
    item = make_item("a")
    account = Shopper.objects.create(key="user:1")
    Shopper.objects.create(key="anon:1", merged_into=account)
    log = {"shopper": account, "item": item, "at": NOW, "body_digest": ""}
    BrowseLog.objects.create(event_id="00000000-0000-0000-0000-000000000001", kind="not_interested", **log)
    BrowseLog.objects.create(event_id="00000000-0000-0000-0000-000000000002", kind="view", **log)
    assert read(shopper="anon:1").unwanted.tolist() == read(shopper="user:1").unwanted.tolist() == [item.pk]
    assert read(shopper="user:2").unwanted.tolist() == read().unwanted.tolist() == []


def test_candidates_cost_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        read(asked_keys=["a", "b"], extra_ids=[1], shopper="user:1")


def test_best_sellers_are_those_that_were_sold_best_first():
    make_order("a")
    make_order("a", "b")
    fold_all()
    generation = read().totals.generation
    assert [row[1:] for row in best_sellers(["c", "b", "a"], generation=generation, limit=5)] == [("a", 2), ("b", 1)]


def decide(first, second, decision, **period):
    ids = dict(Item.objects.values_list("key", "pk"))
    return RuleDecision.objects.create(rule_key=f"{ids[first]}=>{ids[second]}", decision=decision, **period)


def test_a_pair_that_staff_rejected_counts_as_never_seen_in_its_direction():
    make_order("a", "b", "c")
    fold_all()
    decide("a", "b", "rejected")
    found = read(asked_keys=["a"])
    assert by_key(found, found.pair_orders[0]) == {"a": 0, "b": 0, "c": 1}
    assert [found.keys[place] for place in found.positions(found.rejected)] == ["b"]
    back = read(asked_keys=["b"])
    assert by_key(back, back.pair_orders[0])["a"] == 1
    assert not len(back.rejected)


def test_what_another_product_of_the_cart_leads_to_is_not_rejected():
    make_order("a", "b")
    make_order("c", "b")
    fold_all()
    decide("a", "b", "rejected")
    found = read(asked_keys=["a", "c"])
    assert not len(found.rejected)
    assert by_key(found, found.pair_weights.sum(axis=0))["b"] == 1


def test_a_boosted_pair_is_named_by_its_places():
    make_order("a", "b", "c")
    fold_all()
    decide("c", "b", "boosted")
    found = read(asked_keys=["a", "c"])
    assert found.boosted.tolist() == [[1, found.keys.index("b")]]
    assert found.own == 2


@pytest.mark.parametrize(
    ("decision", "period"),
    [
        ("approved", {}),
        ("frozen", {}),
        ("rejected", {"ends_at": NOW}),
        ("rejected", {"starts_at": NOW + timedelta(seconds=1)}),
    ],
)
def test_other_decisions_and_those_of_other_days_change_nothing(decision, period):
    make_order("a", "b")
    fold_all()
    decide("a", "b", decision, **period)
    found = read(asked_keys=["a"])
    assert by_key(found, found.pair_orders[0])["b"] == 1
    assert len(found.rejected) == len(found.boosted) == 0


def test_rules_of_several_products_and_of_other_kinds_are_not_meant():
    make_order("a", "b", "c")
    fold_all()
    ids = dict(Item.objects.values_list("key", "pk"))
    for key in (f"{ids['a']},{ids['c']}=>{ids['b']}", f"substitute:{ids['a']}=>{ids['b']}", f"{ids['a']}=>{10**12}"):
        RuleDecision.objects.create(rule_key=key, decision="rejected")
    found = read(asked_keys=["a"])
    assert by_key(found, found.pair_orders[0])["b"] == 1
