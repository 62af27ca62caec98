import pytest
from django.db import transaction

from shop.models import Product
from shop.stock import StockGone, put_back, take
from tests.shop.stock import make_family, make_product

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def left():
    return dict(Product.objects.values_list("sku", "stock"))


def test_taking_more_than_is_there_takes_nothing():
    """Whatever was read before: the statement itself decides, so that the last piece is sold once."""
    milk, bread = make_product("milk", stock=1), make_product("bread", stock=5)
    with pytest.raises(StockGone), transaction.atomic():
        take({bread.pk: 1, milk.pk: 2}, {bread.pk: None, milk.pk: None})
    assert left() == {"milk": 1, "bread": 5}


def test_the_last_piece_can_be_taken_once():
    milk = make_product("milk", stock=1)
    take({milk.pk: 1}, {milk.pk: None})
    with pytest.raises(StockGone), transaction.atomic():
        take({milk.pk: 1}, {milk.pk: None})
    assert left() == {"milk": 0}


def test_what_comes_back_is_not_sold_any_more_neither_in_the_family():
    family, (small, large) = make_family("milk", "1l", "2l", stock=5)
    parents = {small.pk: family.pk, large.pk: family.pk}
    take({small.pk: 2, large.pk: 1}, parents)
    put_back({small.pk: 1}, parents)
    assert dict(Product.objects.values_list("sku", "sold")) == {"milk": 2, "milk-1l": 1, "milk-2l": 1}
    assert left() == {"milk": 5, "milk-1l": 4, "milk-2l": 4}


def test_never_fewer_than_none_are_sold():
    milk = make_product("milk", sold=1)
    put_back({milk.pk: 3}, {milk.pk: None})
    milk.refresh_from_db()
    assert (milk.sold, milk.stock) == (0, 13)
