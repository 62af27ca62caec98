from datetime import timedelta

import pytest

from recommendations.models import Pin, PinKind, Placement, Strategy
from recommendations.selectors.spots import spots
from tests.factories import NOW, make_item

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_a_spot_has_the_pins_in_force_by_position(django_assert_num_queries):
    placement = Placement.objects.create(slug="shelf", strategy=Strategy.RELATED, limit=5, fallbacks=["popular"])

    def pin(key, kind=PinKind.PIN, **changes):
        return Pin.objects.create(placement=placement, item=make_item(key), kind=kind, **changes).item_id

    anywhere = pin("a")
    third = pin("b", position=3)
    first = pin("c", position=1, starts_at=NOW, ends_at=NOW + timedelta(days=1))
    boosted = pin("d", PinKind.BOOST, factor=2.0)
    hidden = pin("e", PinKind.HIDE)
    pin("f", starts_at=NOW + timedelta(seconds=1))
    pin("g", ends_at=NOW)
    with django_assert_num_queries(1):
        found = spots(["shelf"], now=NOW)["shelf"]
    assert found.pins == ((first, 1), (third, 3), (anywhere, None))
    assert found.boosts == ((boosted, 2.0),)
    assert found.hides == {hidden}
    assert (found.strategy, found.limit, found.fallbacks, found.in_stock_only) == ("related", 5, ("popular",), True)


def test_a_placement_that_is_none_has_no_spot():
    assert spots(["unheard-of"], now=NOW) == {}


def test_a_fallback_chain_that_is_no_list_is_an_empty_one():
    Placement.objects.create(slug="shelf", strategy=Strategy.RELATED, fallbacks={"a": 1})
    assert spots(["shelf"], now=NOW)["shelf"].fallbacks == ()
