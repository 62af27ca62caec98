import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from shop.models import OrderStatus, Product
from tests.shop.stock import make_family, make_offer, make_product, make_shop_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("staff"))
    return client


@pytest.mark.parametrize("model", ["category", "product", "offer", "order", "orderline"])
def test_every_list_is_there_and_can_be_searched(staff, model):
    make_shop_order(make_product("milk"))
    make_offer(Product.objects.get())
    assert staff.get(reverse(f"admin:shop_{model}_changelist"), {"q": "milk"}).status_code == 200


def test_a_family_is_edited_with_its_variants_and_a_variant_alone(staff):
    family, (variant,) = make_family("milk", "1l")
    assert "variants-TOTAL_FORMS" in staff.get(f"/admin/shop/product/{family.pk}/change/").content.decode()
    assert "variants-TOTAL_FORMS" not in staff.get(f"/admin/shop/product/{variant.pk}/change/").content.decode()


def test_the_action_refunds_a_line_and_tells_of_one_that_is_refunded_already(staff):
    order = make_shop_order(make_product("milk"))
    data = {"action": "refund", "_selected_action": [order.lines.get().pk]}
    first = staff.post(reverse("admin:shop_orderline_changelist"), data, follow=True)
    assert "1 line is refunded." in first.content.decode()
    order.refresh_from_db()
    assert order.status == OrderStatus.REFUNDED
    assert Product.objects.get().stock == 12
    second = staff.post(reverse("admin:shop_orderline_changelist"), data, follow=True)
    assert "1 line could not be refunded." in second.content.decode()


def test_an_order_is_never_edited(staff):
    order = make_shop_order(make_product("milk"))
    assert staff.post(f"/admin/shop/order/{order.pk}/change/", {"email": "x@example.com"}).status_code == 403
