"""What a placement's rules make of a list: diversity, caps, bands, bans, promoted items, staff's decisions."""

from datetime import timedelta
from decimal import Decimal

import pytest

from recommendations import store
from recommendations.catalogue import Facts
from recommendations.models import CategoryBan, Item, Pin, PinKind, Placement, RuleDecision
from recommendations.ranking.filters import Removal
from recommendations.services import tokens
from tests.factories import NOW, fold_all, make_item, make_order
from tests.services.artefacts import publish_network
from tests.services.asking import cart, change, items, related, sources

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def shop(stocked):
    """`a` was sold with `b` most, then `c`, `d`, `e` and `f`."""
    for times, other in enumerate("fedcb", start=1):
        for _ in range(times):
            make_order("a", other)
    fold_all()
    for key in "bcd":
        change(stocked, key, categories=("tea", "drinks"), brand="x")
    for key in "ef":
        change(stocked, key, categories=("cups",), brand="y")
    Placement.objects.update(fallbacks=[])
    return stocked


def rule(**values):
    Placement.objects.filter(slug="product-related").update(**values)


def test_a_diverse_list_mixes_kinds(shop):
    assert items(related("a", limit=3)) == ["b", "c", "d"]
    rule(diversity=0.7)
    assert items(related("a", limit=2)) == ["b", "e"]
    assert sorted(items(related("a"))) == list("bcdef")


def test_a_diverse_list_minds_what_staff_pinned(shop):
    rule(diversity=0.7)
    pin("b", PinKind.PIN)
    assert items(related("a", limit=2)) == ["b", "e"]


def test_item_vectors_of_the_live_network_say_what_is_alike(shop, settings, tmp_path, django_assert_num_queries):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    store._loaded.clear()
    for key in "bcdef":
        change(shop, key, categories=(), brand="")
    rule(diversity=0.9)
    assert items(related("a", limit=2)) == ["b", "c"]
    factors = {"b": (1, 0), "c": (1, 0), "d": (1, 0.1), "e": (0, 1), "f": (1, 1)}
    publish_network(likes=dict.fromkeys("abcdef", 1), factors=factors)
    assert items(related("a", limit=2)) == ["b", "e"]
    with django_assert_num_queries(2):
        related("a", limit=2)


def test_caps_hold_and_the_list_is_refilled(shop):
    rule(per_category=1)
    answer = related("a", limit=2)
    assert items(answer) == ["b", "e"]
    assert answer.removed == {"c": Removal.CAPPED, "d": Removal.CAPPED}
    rule(per_category=None, per_brand=2)
    assert items(related("a", limit=4)) == ["b", "c", "e", "f"]


def test_caps_loosen_before_a_list_is_short(shop):
    rule(per_category=1)
    answer = related("a", limit=4)
    assert items(answer) == ["b", "e", "c", "d"]
    assert answer.removed == {"f": Removal.CAPPED}


def test_fallbacks_fill_before_caps_loosen(shop):
    rule(per_category=1, fallbacks=["popular"])
    make_order("g")
    fold_all()
    assert items(related("a", limit=4)) == ["b", "e", "g", "c"]


def test_pins_take_room_under_a_cap_but_none_holds_them_back(shop):
    rule(per_category=1)
    pin("d", PinKind.PIN, position=1)
    pin("c", PinKind.PIN, position=2)
    assert items(related("a", limit=3)) == ["d", "c", "e"]


def test_a_price_band_is_of_the_asked_product(shop):
    for key, price in {"a": 10, "b": 21, "c": 20, "d": 5, "e": 4}.items():
        change(shop, key, price=Decimal(price), currency="EUR")
    rule(price_band=2)
    answer = related("a")
    assert items(answer) == ["c", "d", "f"], "f has no price"
    assert answer.removed == {"b": Removal.PRICE_BAND, "e": Removal.PRICE_BAND}


def test_categories_that_staff_keep_apart_are_not_suggested_beside_each_other(shop):
    change(shop, "a", categories=("baby",))
    ban = CategoryBan.objects.create(category="drinks", beside="baby")
    answer = related("a")
    assert items(answer) == ["e", "f"]
    assert set(answer.removed.values()) == {Removal.BANNED_CATEGORY}
    assert "b" not in items(cart("z", "a"))
    assert items(cart("b", limit=1)) == []
    ban.delete()
    assert items(related("a"))[0] == "b", "gone with the next request"


def test_what_staff_pin_stands_beside_anything(shop):
    change(shop, "a", categories=("baby",))
    CategoryBan.objects.create(category="drinks", beside="baby")
    pin("b", PinKind.PIN)
    assert items(related("a")) == ["b", "e", "f"]


def test_a_rejected_pair_is_not_proposed_in_its_direction(shop, django_assert_num_queries):
    decide("a", "b", "rejected")
    with django_assert_num_queries(2):
        answer = related("a")
    assert items(answer)[0] == "c"
    assert "b" not in items(answer)
    assert items(related("b"))[0] == "a"
    assert "b" not in items(cart("a"))


def test_a_rejected_pair_is_no_best_seller_beside_it_either(shop):
    rule(fallbacks=["popular"])
    decide("a", "b", "rejected")
    answer = related("a")
    assert "b" not in items(answer)
    assert answer.removed["b"] == Removal.REJECTED_BY_STAFF


def test_a_boosted_pair_is_raised(shop):
    before = {one.item: one.score for one in related("a").items}
    decide("a", "d", "boosted")
    assert {one.item: one.score for one in related("a").items}["d"] == pytest.approx(2 * before["d"])
    assert items(related("a"))[0] == "d"
    RuleDecision.objects.update(ends_at=NOW)
    assert items(related("a"))[0] == "b"


def pin(key, kind, **changes):
    placement = Placement.objects.get(slug="product-related")
    return Pin.objects.create(placement=placement, item=make_item(key), kind=kind, **changes)


def decide(first, second, decision):
    ids = dict(Item.objects.values_list("key", "pk"))
    RuleDecision.objects.create(rule_key=f"{ids[first]}=>{ids[second]}", decision=decision)


def shown(answer):
    return {
        item_id: (rank, source, chance)
        for item_id, rank, source, chance in tokens.read(answer.recommendation_id, now=NOW).items
    }


def test_a_promoted_item_has_its_place_and_says_so(shop):
    rule(promoted_share=0.5)
    promoted = pin("f", PinKind.PROMOTE)
    answer = related("a", limit=4)
    assert (items(answer), sources(answer)[1]) == (["b", "f", "c", "d"], "promoted")
    assert (answer.items[1].reasons[0].code, answer.items[1].reasons[0].text) == ("sponsored", "Sponsored")
    assert shown(answer)[promoted.item_id] == (2, "promoted", 1.0)
    assert not answer.fallback


def test_promoted_items_are_drawn_by_weight_with_their_propensity(shop):
    rule(promoted_share=0.25)
    weights = {pin(key, PinKind.PROMOTE, factor=factor).item_id: factor for key, factor in {"e": 3.0, "f": 1.0}.items()}
    drawn = []
    for _ in range(60):
        (promoted,) = [
            (item_id, chance)
            for item_id, (rank, source, chance) in shown(related("a", limit=4)).items()
            if source == "promoted" and rank == 4
        ]
        assert promoted[1] == pytest.approx(weights[promoted[0]] / 4)
        drawn.append(promoted[0])
    assert set(drawn) == set(weights)
    assert max(drawn, key=drawn.count) == max(weights, key=weights.get)


@pytest.mark.parametrize("share", [0, 0.2])
def test_without_a_place_nothing_is_promoted(shop, share):
    rule(promoted_share=share)
    pin("f", PinKind.PROMOTE)
    assert set(sources(related("a", limit=4))) == {"together"}


def test_only_what_is_relevant_is_promoted(shop):
    rule(promoted_share=0.5)
    pin("z", PinKind.PROMOTE)
    change(shop, "z", categories=("garden",))
    assert "z" not in items(related("a", limit=4))
    change(shop, "z", categories=("things",))
    assert items(related("a", limit=4))[1] == "z", "a is one of the things too"


def test_what_may_not_be_shown_is_not_promoted_and_changes_no_propensity(shop):
    rule(promoted_share=0.5)
    for key in "ef":
        pin(key, PinKind.PROMOTE)
    change(shop, "e", stock=0)
    answer = related("a", limit=3)
    assert [chance for _, source, chance in shown(answer).values() if source == "promoted"] == [1.0]
    assert answer.removed["e"] == Removal.SOLD_OUT


def test_a_promotion_ends(shop):
    rule(promoted_share=0.5)
    pin("f", PinKind.PROMOTE, ends_at=NOW + timedelta(hours=1))
    assert "promoted" in sources(related("a", limit=2))
    assert "promoted" not in sources(related("a", limit=2, now=NOW + timedelta(hours=1)))


def test_what_is_both_pinned_and_promoted_stands_once(shop):
    rule(promoted_share=0.5)
    pin("f", PinKind.PROMOTE)
    pin("f", PinKind.PIN, position=1)
    answer = related("a", limit=4)
    assert (items(answer).count("f"), sources(answer)[0]) == (1, "staff")


def test_a_list_is_filled_however_many_may_not_be_shown(stocked):
    for key in (f"k{number}" for number in range(120)):
        stocked.shelf[key] = Facts(key=key, title=key, url="/", stock=0)
        make_order("a", key)
    change(stocked, "k119", stock=1)
    fold_all()
    assert items(related("a", limit=2)) == ["k119"]
