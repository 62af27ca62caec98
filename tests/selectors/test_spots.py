from datetime import timedelta

import pytest

from recommendations.models import Artefact, ArtefactKind, CategoryBan, LivePointer, Pin, PinKind, Placement, Strategy
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


def test_a_spot_has_the_rules_of_its_placement():
    rules = {"diversity": 0.3, "per_category": 2, "per_brand": 3, "price_band": 2.5, "promoted_share": 0.25}
    sources = [{"strategy": "related", "weight": 1}, {"strategy": "similar", "weight": 0.5}]
    placement = Placement.objects.create(slug="shelf", strategy=Strategy.BLEND, sources=sources, **rules)
    item = make_item("a")
    Pin.objects.create(placement=placement, item=item, kind=PinKind.PROMOTE, factor=3.0)
    found = spots(["shelf"], now=NOW)["shelf"]
    assert {name: getattr(found, name) for name in rules} == rules
    assert found.sources == (("related", 1.0), ("similar", 0.5))
    assert found.promoted == ((item.pk, 3.0),)
    assert (found.pins, found.boosts, found.bans, found.vectors) == ((), (), frozenset(), None)


def test_bans_in_force_hold_in_every_spot_of_one_statement(django_assert_num_queries):
    for slug in ("shelf", "other"):
        Placement.objects.create(slug=slug, strategy=Strategy.RELATED)
    CategoryBan.objects.create(category="wine", beside="baby")
    CategoryBan.objects.create(category="meat", beside="vegan", ends_at=NOW)
    CategoryBan.objects.create(category="meat", beside="tofu", starts_at=NOW + timedelta(seconds=1))
    with django_assert_num_queries(1):
        found = spots(["shelf", "other", "unheard-of"], now=NOW)
    assert set(found) == {"shelf", "other"}
    assert found["shelf"].bans == found["other"].bans == {("wine", "baby")}


def test_the_live_network_is_named_by_id_and_serving_file():
    Placement.objects.create(slug="shelf", strategy=Strategy.RELATED)
    artefact = Artefact.objects.create(kind=ArtefactKind.NETWORK, status="published", sha256="f" * 64)
    LivePointer.objects.create(kind=ArtefactKind.NETWORK, artefact=artefact)
    assert spots(["shelf"], now=NOW)["shelf"].vectors == (artefact.pk, "f" * 64 + " {}")


def test_what_no_form_has_seen_is_passed_over():
    sources = ["cart", {"strategy": "nonsense", "weight": 1}, {"strategy": "cart", "weight": "x"}, {"weight": 1}]
    Placement.objects.create(slug="shelf", strategy=Strategy.BLEND, sources=sources)
    assert spots(["shelf"], now=NOW)["shelf"].sources == ()
