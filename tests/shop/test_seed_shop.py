import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommendations.models import Order as RecordedOrder
from shop.models import Category, Order, OrderLine, Product
from shop.seeding import sales
from tests.shop.stock import make_product

pytestmark = pytest.mark.django_db


def seed(orders):
    said = io.StringIO()
    call_command("seed_shop", orders=orders, stdout=said)
    return said.getvalue()


def test_the_shop_is_filled_once_with_goods_orders_and_logins(settings, tmp_path, client):
    settings.VAR = tmp_path
    said = seed(60)
    orders = Order.objects.count()
    assert orders >= 60
    assert f"{orders:,} orders" in said
    assert RecordedOrder.objects.count() == orders
    assert set(RecordedOrder.objects.values_list("key", flat=True)) == set(
        Order.objects.values_list("number", flat=True)
    )
    assert not Product.objects.filter(category__parent=None).exists()
    assert not Category.objects.filter(name__icontains="fuel").exists()
    assert OrderLine.objects.filter(product__sold=0).count() == 0
    newest = Order.objects.latest("placed_at")
    assert newest.placed_at.date() == timezone.now().date() - timedelta(days=1)

    logins = json.loads((tmp_path / "demo.json").read_text())
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600
    assert client.login(**logins["staff"])
    assert User.objects.get(username="staff").is_superuser
    assert client.login(**logins["shopper"])
    assert Order.objects.filter(user__username="shopper").exists()
    assert not User.objects.filter(username__startswith="household").first().has_usable_password()

    assert "filled already" in seed(60)
    assert Order.objects.count() == orders


def test_passwords_that_are_kept_are_used_again(settings, tmp_path, client):
    settings.VAR = tmp_path
    kept = {name: {"username": name, "password": f"kept {name}"} for name in ("staff", "shopper")}
    (tmp_path / "demo.json").write_text(json.dumps(kept))
    seed(20)
    assert client.login(username="staff", password="kept staff")


def test_a_shop_with_products_of_its_own_is_left_alone():
    make_product("milk")
    with pytest.raises(CommandError, match="empty shop"):
        seed(20)


def test_missing_data_is_told_in_words(monkeypatch):
    monkeypatch.setattr(sales, "PACKAGE", "no_such_package")
    with pytest.raises(CommandError, match="no_such_package is not installed"):
        seed(20)
    assert not Product.objects.exists()
