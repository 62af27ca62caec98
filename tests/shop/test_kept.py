import pytest

from shop.kept import STEP, rows_of
from shop.models import Product
from tests.shop.stock import make_product

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def titled(skus, title):
    return Product.objects.filter(sku__in=skus, title=title).order_by("sku").values_list("sku", "price")


def test_it_answers_as_the_queryset_does_however_many_are_asked_for():
    products = [make_product(f"p{number:02}", title="Tea" if number % 2 else "Cup") for number in range(2 * STEP + 3)]
    skus = [product.sku for product in products]
    for many in (1, STEP - 1, STEP, STEP + 1, len(skus)):
        for title in ("Tea", "Cup"):
            assert rows_of(titled, skus[:many], title) == list(titled(skus[:many], title))


def test_a_hostile_sku_is_a_parameter():
    make_product("p1", title="Tea")
    assert rows_of(titled, ["x' OR 1=1 --", "%s", "p1"], "Tea") == list(titled(["p1"], "Tea"))


def test_nothing_asked_is_nothing_read(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert rows_of(titled, [], "Tea") == []
