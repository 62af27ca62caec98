"""Given products in order: the network's word first, then what sells, then as they were given."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommendations.catalogue import Identity
from recommendations.exceptions import InvalidInput
from recommendations.models import Consent
from recommendations.services.identify import set_consent
from recommendations.services.rank import rank
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def ranked(*keys, shopper="user:1"):
    answer = rank(keys, shopper=shopper, now=NOW)
    return [one.item for one in answer.items], [one.source for one in answer.items], answer.fallback


def test_what_the_shopper_likes_comes_before_what_sells_and_what_nobody_knows_last(sold, network):
    network({"e": 0.9, "d": 0.8}, history=["a"])
    assert ranked("z", "b", "d", "a", "y", "e") == (
        ["e", "d", "a", "b", "z", "y"],
        ["network", "network", "popular", "popular", None, None],
        False,
    )


def test_without_a_history_best_sellers_come_first(sold):
    assert ranked("d", "a", "c") == (["a", "c", "d"], ["popular"] * 3, True)


def test_a_refusal_holds_at_once(sold, network):
    network({"e": 0.9}, history=["a"])
    set_consent(shopper_key="user:1", state=Consent.REFUSED, now=NOW)
    assert ranked("e", "a") == (["a", "e"], ["popular", "popular"], True)
    assert ranked("e", "a", shopper=None)[2] is True


def test_a_variant_is_judged_as_its_item_and_comes_back_as_itself(sold):
    sold.identities["a-large"] = Identity("a")
    assert ranked("d", "a-large")[0] == ["a-large", "d"]


def test_nothing_to_rank_is_nothing(sold):
    assert ranked() == ([], [], True)


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00", 5, None])
def test_what_is_no_key_is_named(sold, key):
    with pytest.raises(InvalidInput, match="items: must"):
        ranked("a", key)


@given(keys=st.lists(st.sampled_from([*"abcdexyz", "红茶"]), max_size=20))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_given_product_comes_back_exactly_once(sold, keys):
    answer = rank(keys, shopper=None, now=NOW)
    assert sorted(one.item for one in answer.items) == sorted(set(keys))
    assert [one.rank for one in answer.items] == list(range(1, len(set(keys)) + 1))
