from datetime import timedelta

import pytest

from recommendations.models import Pin, PinKind, Placement, Strategy
from recommendations.ranking.filters import Removal
from tests.factories import NOW, make_item
from tests.services.asking import cart, change, items, related, sources

pytestmark = pytest.mark.django_db


def wish(key, kind, *, slug="product-related", **changes):
    return Pin.objects.create(placement=Placement.objects.get(slug=slug), item=make_item(key), kind=kind, **changes)


def test_a_pin_stands_at_its_position_with_its_reason(sold):
    wish("z", PinKind.PIN, position=2)
    answer = related("a", limit=3)
    assert (items(answer), sources(answer)) == (["b", "z", "c"], ["together", "staff", "together"])
    assert [reason.code for reason in answer.items[1].reasons] == ["staff_pick"]


def test_a_pin_that_was_bought_with_the_product_says_so_too(sold):
    wish("d", PinKind.PIN, position=1)
    answer = related("a", limit=3)
    assert items(answer) == ["d", "b", "c"]
    assert [reason.code for reason in answer.items[0].reasons] == ["staff_pick", "bought_together"]


def test_a_pin_never_shows_what_may_not_be_shown(sold):
    wish("z", PinKind.PIN, position=1)
    wish("a", PinKind.PIN, position=2)
    change(sold, "z", stock=0)
    answer = related("a", limit=3)
    assert items(answer)[0] == "b"
    assert answer.removed == {"z": Removal.SOLD_OUT, "a": Removal.SAME_ITEM}


def test_a_pin_is_over_when_it_ends(sold):
    wish("z", PinKind.PIN, position=1, ends_at=NOW + timedelta(hours=1))
    assert items(related("a"))[0] == "z"
    assert items(related("a", now=NOW + timedelta(hours=1)))[0] == "b"


def test_a_boost_multiplies_the_score(sold):
    before = {suggestion.item: suggestion.score for suggestion in related("a").items}
    wish("d", PinKind.BOOST, factor=3.0)
    after = related("a").items[0]
    assert (after.item, after.score) == ("d", pytest.approx(3 * before["d"]))


def test_what_staff_hide_is_gone_even_where_it_is_pinned(sold):
    wish("b", PinKind.HIDE)
    wish("b", PinKind.PIN, position=1)
    answer = related("a")
    assert "b" not in items(answer)
    assert answer.removed["b"] == Removal.HIDDEN_BY_STAFF


def test_wishes_hold_in_their_placement_alone(sold):
    wish("b", PinKind.HIDE, slug="cart")
    assert items(related("a"))[0] == "b"
    assert "b" not in items(cart("a"))


def test_a_list_of_pins_alone_is_no_fallback(sold):
    wish("z", PinKind.PIN)
    assert not related("a", limit=1).fallback


def test_the_placement_decides_the_strategy_and_the_limit(sold, network):
    network({"e": 0.9}, history=["a"])
    Placement.objects.filter(slug="product-related").update(strategy=Strategy.FOR_YOU, limit=1)
    answer = related("b", shopper="user:1")
    assert (items(answer), sources(answer)) == (["e"], ["network"])
