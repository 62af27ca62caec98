from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from recommendations.catalogue import Context
from shop.cart import Cart
from shop.catalogue import ShopCatalogue
from shop.models import Offer, Product
from shop.stock import OfferGone, take_offers
from tests.shop.stock import NOW, make_offer, make_product

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

SECOND = timedelta(seconds=1)
REGULAR = Decimal("2.50")


def price(at=NOW, pieces=1):
    return Product.objects.priced(at).get().price_at(at, pieces)


def test_an_offer_runs_from_its_beginning_and_is_gone_at_its_end():
    make_offer(make_product(), "1.99", starts_at=NOW, ends_at=NOW + timedelta(hours=1))
    end = NOW + timedelta(hours=1)
    assert [price(at) for at in (NOW - SECOND, NOW, end - SECOND, end)] == [
        REGULAR,
        Decimal("1.99"),
        Decimal("1.99"),
        REGULAR,
    ]
    assert Product.objects.priced(end - SECOND).get().price_at(end) == REGULAR, "read a second too early"


def test_the_lowest_of_several_holds():
    product = make_product()
    make_offer(product, "1.99")
    lowest = make_offer(product, "1.50")
    make_offer(product, "1.00", ends_at=NOW)
    assert price() == Decimal("1.50")
    assert Product.objects.priced(NOW).get().offer_id == lowest.pk


def test_a_limit_holds_for_all_pieces_or_none():
    offer = make_offer(make_product(), "1.99", stock_limit=5, sold=2)
    assert [price(pieces=pieces) for pieces in (1, 3, 4)] == [Decimal("1.99"), Decimal("1.99"), REGULAR]
    Offer.objects.filter(pk=offer.pk).update(sold=5)
    assert price() == REGULAR


def test_what_is_used_up_is_no_fact_any_more(monkeypatch):
    monkeypatch.setattr("shop.catalogue.timezone.now", lambda: NOW)
    offer = make_offer(make_product("milk"), "1.99", stock_limit=1)
    assert ShopCatalogue().facts(["milk"], Context())["milk"].offer is not None
    take_offers({offer.pk: 1})
    assert ShopCatalogue().facts(["milk"], Context())["milk"].offer is None
    assert ShopCatalogue().offered(10) == []


def test_the_last_piece_at_the_price_is_sold_once():
    one, free = make_offer(make_product(), stock_limit=3, sold=1), make_offer(make_product())
    with pytest.raises(OfferGone), transaction.atomic():
        take_offers({free.pk: 9, one.pk: 3})
    take_offers({free.pk: 9, one.pk: 2})
    with pytest.raises(OfferGone), transaction.atomic():
        take_offers({one.pk: 1})
    assert list(Offer.objects.order_by("pk").values_list("sold", flat=True)) == [3, 9]


def test_the_cart_says_how_many_are_left_at_the_price():
    product = make_product()
    make_offer(product, "1.99", stock_limit=2)
    cart = Cart({}, NOW)
    for pieces, expected in ((2, (Decimal("1.99"), None)), (3, (REGULAR, 2))):
        cart.set(product.pk, pieces)
        (line,) = cart.lines
        assert (line.unit_price, line.left_at_offer) == expected


@pytest.mark.parametrize(
    "wrong", [{"ends_at": NOW - timedelta(days=1)}, {"price": "-1"}, {"stock_limit": 0}, {"stock_limit": 1, "sold": 2}]
)
def test_an_offer_that_cannot_be_is_refused(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_offer(make_product(), **wrong)


@pytest.mark.django_db(transaction=True)
def test_the_columns_become_rows_and_come_back():
    ends = NOW + timedelta(days=40_000)
    at_first = [("shop", "0001_initial")]
    executor = MigrationExecutor(connection)
    latest = [node for node in executor.loader.graph.leaf_nodes() if node[0] == "shop"]
    try:
        old = executor.migrate(at_first).apps
        category = old.get_model("shop", "Category").objects.create(slug="dairy", name="Dairy")
        given = {"category": category, "launched_at": NOW, "price": REGULAR}
        products = old.get_model("shop", "Product").objects
        products.create(sku="milk", offer_price=Decimal("1.99"), offer_ends_at=ends, **given)
        products.create(sku="late", offer_price=Decimal("1.00"), offer_ends_at=NOW, **given)
        products.create(sku="bread", **given)
        MigrationExecutor(connection).migrate(latest)
        found = Offer.objects.order_by("-ends_at").values_list("product__sku", "price", "starts_at", "ends_at")
        assert list(found) == [
            ("milk", Decimal("1.99"), NOW, ends),
            ("late", Decimal("1.00"), NOW - timedelta(days=1), NOW),
        ]
        back = MigrationExecutor(connection).migrate(at_first).apps.get_model("shop", "Product").objects
        assert list(back.filter(offer_price__isnull=False).values_list("sku", "offer_price", "offer_ends_at")) == [
            ("milk", Decimal("1.99"), ends)
        ]
    finally:
        MigrationExecutor(connection).migrate(latest)
        Product.objects.all().delete()
