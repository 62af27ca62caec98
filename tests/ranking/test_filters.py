from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.candidates import Spot
from recommendations.data.facts import Facts, Identity, Offer
from recommendations.ranking.filters import Beside, Caps, Removal, removal_by_facts
from tests.factories import NOW

IDENTITY = Identity("a")


def facts(**changes):
    return Facts(key="a", title="A", url="/a/", **changes)


@pytest.mark.parametrize(
    ("said", "identity", "removal"),
    [
        (None, IDENTITY, Removal.UNKNOWN),
        (facts(visible=False), IDENTITY, Removal.HIDDEN),
        (facts(stock=0), IDENTITY, Removal.SOLD_OUT),
        (facts(counted=False), IDENTITY, Removal.NOT_COUNTED),
        (facts(), Identity("a", counted=False), Removal.NOT_COUNTED),
        (facts(), IDENTITY, None),
        (facts(stock=1), IDENTITY, None),
        (facts(stock=None), IDENTITY, None),
    ],
)
def test_each_removal_has_its_reason(said, identity, removal):
    assert removal_by_facts(said, identity, in_stock_only=True) == removal


def test_a_placement_may_show_what_is_sold_out():
    assert removal_by_facts(facts(stock=0), IDENTITY, in_stock_only=False) is None


def priced(price, currency="EUR", **changes):
    return facts(price=None if price is None else Decimal(price), currency=currency, **changes)


def beside(*asked, **spot):
    return Beside.of(asked, Spot("shelf", "related", **spot), NOW)


@pytest.mark.parametrize(
    ("price", "removal"), [("5", None), ("4.99", Removal.PRICE_BAND), ("20", None), ("20.01", Removal.PRICE_BAND)]
)
def test_a_band_goes_both_ways_and_holds_its_ends(price, removal):
    assert beside(priced("10"), price_band=2.0).removal(priced(price), NOW) == removal


def test_prices_are_compared_within_a_currency_alone():
    band = beside(priced("10"), price_band=2.0)
    assert band.removal(priced("100", "USD"), NOW) is None
    assert band.removal(priced(None), NOW) is None
    assert beside(priced(None), price_band=2.0).removal(priced("100"), NOW) is None


def test_one_product_of_a_cart_is_enough_for_a_band():
    band = beside(priced("10"), priced("100"), price_band=1.5)
    assert band.removal(priced("90"), NOW) is None
    assert band.removal(priced("40"), NOW) == Removal.PRICE_BAND


def test_a_running_offer_is_the_price():
    offer = Offer(Decimal("5"), NOW + timedelta(hours=1))
    band = beside(priced("10"), price_band=1.5)
    assert band.removal(priced("10", offer=offer), NOW) == Removal.PRICE_BAND
    assert band.removal(priced("10", offer=offer), offer.ends_at) is None


@given(st.decimals("0.01", "9999", places=2), st.decimals("0.01", "9999", places=2), st.floats(1, 100))
def test_two_products_are_in_each_others_band_or_neither_is(one, other, times):
    first, second = priced(one), priced(other)
    there = beside(first, price_band=times).removal(second, NOW)
    back = beside(second, price_band=times).removal(first, NOW)
    if abs(max(one, other) / min(one, other) - Decimal(times)) > Decimal("1e-9"):
        assert there == back


@pytest.mark.parametrize(("own", "other"), [("wine", "baby"), ("baby", "wine")])
def test_a_ban_holds_both_ways(own, other):
    bans = frozenset({("wine", "baby")})
    ban = beside(facts(categories=(own, "all")), bans=bans)
    assert ban.removal(facts(categories=("all", other)), NOW) == Removal.BANNED_CATEGORY
    assert ban.removal(facts(categories=("all", own)), NOW) is None
    assert beside(facts(categories=("tea",)), bans=bans).removal(facts(categories=(other,)), NOW) is None
    assert beside(bans=bans).removal(facts(categories=(other,)), NOW) is None


def test_caps_count_the_first_category_and_the_brand():
    caps = Caps(per_category=1, per_brand=2)
    red = facts(categories=("wine", "red"), brand="x")
    caps.count(red)
    assert not caps.allow(facts(categories=("wine",)))
    assert caps.allow(facts(categories=("red", "wine"), brand="x"))
    caps.count(facts(categories=("red",), brand="x"))
    assert not caps.allow(facts(brand="x"))
    assert caps.allow(facts())


def test_without_caps_there_is_always_room():
    caps = Caps()
    for _ in range(100):
        caps.count(facts(categories=("wine",), brand="x"))
    assert caps.allow(facts(categories=("wine",), brand="x"))
