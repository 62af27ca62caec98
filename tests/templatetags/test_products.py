"""Carts come in many shapes; a line's own key is never taken for a product's where products are named."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from recommendations.exceptions import InvalidInput
from recommendations.templatetags.products import product_key
from recommendations.testing import FakeCatalogue
from shop.models import Category, Product
from tests.shop.stock import make_category, make_product, make_shop_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fake_catalogue")]


@pytest.fixture
def named(monkeypatch):
    monkeypatch.setattr(FakeCatalogue, "product_models", (Product,))


@pytest.mark.parametrize("key", ["a/b", 5, UUID(int=7)])
def test_a_key_is_itself(key):
    assert product_key(key) == product_key(SimpleNamespace(product=key)) == str(key)
    assert product_key((key, 2)) == product_key([key]) == product_key({"product": key, "n": 2}) == str(key)


def test_a_product_is_found_in_every_shape_of_a_line(named):
    make_product("other")
    product = make_product("milk")
    line = make_shop_order(product).lines.get()
    key = str(product.pk)
    assert product_key(product) == product_key((product, 3)) == key
    assert product_key({"pot": product, "n": 1}) == key
    assert product_key(line) == key


def test_a_line_whose_field_has_another_name_is_followed_to_its_product(monkeypatch):
    """A product's category stands in for the product here: a field that is not called `product`."""
    monkeypatch.setattr(FakeCatalogue, "product_models", (Category,))
    make_category("other")
    product = make_product("milk", category=make_category("fresh"))
    assert product.pk != product.category.pk
    assert product_key(product) == str(FakeCatalogue().item_key(product.category))


@pytest.mark.parametrize("entry", [{}, {"n": 1}, (), {"a": "x", "n": 1}])
def test_where_there_is_no_product_it_says_so(named, entry):
    with pytest.raises(InvalidInput, match="no products: name it `product`"):
        product_key(entry)


def test_another_model_is_no_product_where_products_are_named(named):
    order = make_shop_order(make_product("milk"))
    with pytest.raises(InvalidInput, match="Order: has no products"):
        product_key(order)


def test_without_named_products_an_object_is_taken_for_one():
    assert product_key(SimpleNamespace(pk=7)) == "7"
