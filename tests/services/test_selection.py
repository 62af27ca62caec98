from datetime import timedelta
from decimal import Decimal

import pytest

from recommendations.catalogue import Identity, Offer
from recommendations.models import Placement
from recommendations.ranking.filters import Removal
from tests.factories import NOW, fold_all, make_order
from tests.services.asking import change, items, related

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changes", "removal"),
    [
        ({"stock": 0}, Removal.SOLD_OUT),
        ({"visible": False}, Removal.HIDDEN),
        ({"counted": False}, Removal.NOT_COUNTED),
    ],
)
def test_what_may_not_be_shown_is_left_out_with_its_reason(sold, changes, removal):
    change(sold, "b", **changes)
    answer = related("a")
    assert "b" not in items(answer)
    assert answer.removed == {"b": removal}


def test_what_the_shop_no_longer_knows_is_left_out(sold):
    del sold.shelf["b"]
    assert related("a").removed == {"b": Removal.UNKNOWN}


def test_a_placement_may_show_what_is_sold_out(sold):
    change(sold, "b", stock=0)
    Placement.objects.filter(slug="product-related").update(in_stock_only=False)
    assert items(related("a"))[0] == "b"


def test_a_suggestion_is_the_variant_one_can_buy(sold):
    change(sold, "b", buy_key="b-blue")
    first = related("a").items[0]
    assert (first.item, first.facts.key) == ("b-blue", "b")


def test_siblings_of_the_product_are_the_same_item(sold):
    sold.identities["a-small"] = Identity("a")
    answer = related("a-small")
    assert items(answer)[:2] == ["b", "c"]
    assert "a" not in items(answer)


def test_what_has_become_a_sibling_since_it_was_sold_is_left_out(sold):
    sold.identities["b"] = Identity("a")
    answer = related("a")
    assert "b" not in items(answer)
    assert answer.removed["b"] == Removal.SAME_ITEM


def test_of_two_that_have_become_one_item_only_the_better_is_shown(sold):
    sold.identities["c"] = Identity("b")
    assert items(related("a")) == ["b", "d", "e"]


def test_what_the_shop_does_not_count_is_left_out(sold):
    sold.identities["b"] = Identity("b", counted=False)
    assert related("a").removed == {"b": Removal.NOT_COUNTED}


def test_excluded_products_are_left_out_by_item(sold):
    sold.identities["b-blue"] = Identity("b")
    answer = related("a", exclude=["b-blue", "e"])
    assert not {"b", "e"} & set(items(answer))
    assert answer.removed == {"b": Removal.EXCLUDED, "e": Removal.EXCLUDED}


def test_when_too_many_are_left_out_the_shop_is_asked_again(stocked):
    for other in "bcdefghijklm":
        make_order("a", other)
    fold_all()
    for other in "bcdefghi":
        change(stocked, other, stock=0)
    assert items(related("a", limit=2)) == ["j", "k"]


def test_an_offer_ends_on_the_second(sold):
    ends_at = NOW + timedelta(seconds=1)
    change(sold, "b", price=Decimal("2.50"), currency="EUR", offer=Offer(Decimal("1.99"), ends_at))
    assert related("a").items[0].price == Decimal("1.99")
    assert related("a", now=ends_at).items[0].price == Decimal("2.50")
