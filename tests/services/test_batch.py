"""Several lists of one page in one call."""

import pytest

from recommendations.catalogue import Context
from recommendations.exceptions import InvalidInput, UnknownProduct
from recommendations.models import Placement
from recommendations.ranking.filters import Removal
from recommendations.services import serve
from recommendations.services.serve import Request
from tests.factories import NOW, make_item
from tests.services.asking import cart, change, items, related

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def batch(*requests, **changes):
    return serve.batch(requests, **{"context": Context(), "now": NOW, "shopper": "user:1", **changes})


def told(answer):
    return [(one.item, one.score, one.source, one.reasons) for one in answer.items]


def test_each_list_is_what_it_is_alone(sold):
    first, second = batch(Request("related", ["a"]), Request("cart", ["b"]), distinct=False)
    assert told(first) == told(related("a", shopper="user:1"))
    assert told(second) == told(cart("b", shopper="user:1"))
    assert (first.placement, second.placement) == ("product-related", "cart")


def test_no_item_stands_twice_in_the_order_asked(sold):
    first, second = batch(Request("related", ["a"], limit=2), Request("for_you", limit=3))
    assert items(first) == ["b", "c"]
    assert items(second) == ["a", "d", "e"]
    assert second.removed == {"b": Removal.ON_PAGE, "c": Removal.ON_PAGE}
    third, fourth = batch(Request("for_you", limit=2), Request("related", ["a"], limit=1))
    assert (items(third), items(fourth)) == (["a", "b"], ["c"])


def test_what_the_page_shows_already_is_left_out(sold):
    (answer,) = batch(Request("related", ["a"], limit=2), on_page={"b"})
    assert (items(answer), answer.removed) == (["c", "d"], {"b": Removal.ON_PAGE})


def test_the_lists_share_what_they_read(sold, monkeypatch, django_assert_num_queries):
    calls = []
    facts, identify = type(sold).facts, type(sold).identify
    monkeypatch.setattr(type(sold), "facts", lambda *given: calls.append("facts") or facts(*given))
    monkeypatch.setattr(type(sold), "identify", lambda *given: calls.append("identify") or identify(*given))
    # The placements, the candidates of each list.
    with django_assert_num_queries(3):
        batch(Request("related", ["a"], limit=1), Request("cart", ["a"], limit=1, placement="product-related"))
    assert calls == ["identify", "facts", "identify"], "what was named, then what is proposed"


def test_nothing_asked_is_nothing_read(sold, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert batch() == []


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("nonsense"), "strategy: must be one of related, cart, "),
        (Request("related"), "products: must be one product key for related, not 0"),
        (Request("related", ["a", "b"]), "products: must be one product key for related, not 2"),
        (Request("blend"), "placement: must be named for blend"),
        (Request("cart", [""]), "products: "),
        (Request("cart", placement="unheard-of"), "placement: must be the name of a placement"),
        (Request("trending", category=""), "category: "),
        (Request("cart", limit=0), "limit: must be a whole number from 1 to 100"),
    ],
)
def test_each_refusal_names_the_field(sold, request_, message):
    with pytest.raises(InvalidInput, match=message):
        batch(Request("for_you"), request_)


def test_an_unknown_product_is_an_error(sold):
    with pytest.raises(UnknownProduct):
        batch(Request("related", ["unheard-of"]))


def test_an_explained_list_holds_every_candidate(sold):
    change(sold, "c", visible=False)
    Placement.objects.filter(slug="product-related").update(fallbacks=[], diversity=0.2)
    placement = Placement.objects.get(slug="product-related")
    placement.pins.create(item=make_item("d"), kind="boost", factor=2)
    (answer,) = batch(Request("related", ["a"], limit=1, explained=True))
    (plain,) = batch(Request("related", ["a"], limit=1))
    by_item = {one.item: one for one in answer.considered}
    assert set(by_item) == set("abcde")
    assert (plain.considered, told(plain)) == ((), told(answer))
    assert (by_item["b"].rank, by_item["b"].removed, by_item["b"].propensity) == (1, None, 1.0)
    assert by_item["b"].diversity == pytest.approx(0.8)
    assert (by_item["c"].rank, by_item["c"].removed, by_item["c"].title) == (None, Removal.HIDDEN, "Product c")
    assert (by_item["d"].rank, by_item["d"].removed) == (None, None), "there was no room"
    assert by_item["d"].score == pytest.approx(2 * by_item["d"].raw)
    assert by_item["a"].removed == Removal.SAME_ITEM
    assert (by_item["e"].proposed, by_item["e"].removed) == (False, None)
