from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recommendations.models import Order as RecordedOrder
from recommendations.services import record
from shop.checkout import as_placed
from shop.models import Order, OrderStatus, Product
from tests.factories import fold_all
from tests.shop.stock import make_category, make_family, make_offer, make_product, make_shop_order

pytestmark = pytest.mark.django_db

ADDRESS = {"email": "g@example.com", "name": "Guest", "address": "1 Lane"}


@pytest.fixture
def ann():
    return User.objects.create_user("ann", "ann@example.com", "secret words here")


def put_into_cart(client, product, quantity=1):
    return client.post(reverse("shop:cart-add"), {"product": product.sku, "quantity": quantity})


def send_checkout(client, **changed):
    form = client.get(reverse("shop:checkout")).context["form"]
    hidden = {"checkout": str(form["checkout"].value()), "shown": str(form["shown"].value())}
    return client.post(reverse("shop:checkout"), {**ADDRESS, **hidden, **changed})


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_is_there(client, ann, language):
    milk = make_product("milk", category=make_category("dairy", make_category("fresh")))
    make_family("juice", "1l", "2l")
    make_shop_order(milk, user=ann)
    client.cookies["django_language"] = language
    client.force_login(ann)
    put_into_cart(client, milk)
    pages = [
        reverse("shop:home"),
        reverse("shop:category", args=["fresh"]),
        reverse("shop:category", args=["dairy"]) + "?sort=cheap&page=9",
        reverse("shop:search") + "?q=product",
        milk.get_absolute_url(),
        Product.objects.get(sku="juice").get_absolute_url(),
        reverse("shop:cart"),
        reverse("shop:checkout"),
        reverse("shop:orders"),
        reverse("shop:login"),
        reverse("shop:sign-up"),
    ]
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        assert f'<html lang="{language}">' in response.content.decode()


def test_no_page_holds_script_or_style_of_its_own(client):
    milk = make_product("milk")
    for page in (reverse("shop:home"), milk.get_absolute_url(), reverse("shop:cart")):
        text = client.get(page).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text


def test_the_language_is_switched_in_the_footer(client):
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/"})
    text = client.get(reverse("shop:cart")).content.decode()
    assert '<html lang="zh-hans">' in text
    assert "您的购物车" in text


def test_a_product_page_says_what_is_looked_at(client):
    family, _ = make_family("milk", "1l", "2l")
    assert 'data-basketry-view="milk"' in client.get(family.get_absolute_url()).content.decode()


def test_a_variant_leads_to_its_parents_page_with_the_variant_chosen(client):
    family, (_, large) = make_family("milk", "1l", "2l")
    response = client.get(reverse("shop:product", args=[large.pk, "x"]), follow=True)
    assert response.context["product"] == family
    assert response.context["chosen"] == large


def test_a_running_offer_shows_both_prices(client):
    ends = timezone.now() + timedelta(days=1)
    milk = make_product("milk")
    make_offer(milk, "1.99", ends_at=ends)
    text = client.get(milk.get_absolute_url()).content.decode()
    assert "<ins>$1.99</ins>" in text
    assert "$2.50</del>" in text


@pytest.mark.parametrize(
    ("text", "found"),
    [("milk", ["Whole Milk"]), ("MILK whole", ["Whole Milk"]), ("oakfield", ["Rye Bread"]), ("soap", []), ("", [])],
)
def test_search_finds_each_word_in_title_or_brand(client, text, found):
    make_product(title="Whole Milk")
    make_product(title="Rye Bread", brand="Oakfield")
    make_product(title="Hidden Milk", visible=False)
    response = client.get(reverse("shop:search"), {"q": text})
    assert [tile.title for tile in response.context["tiles"]] == found


def test_a_category_lists_by_price(client):
    make_product(title="Dear", price=Decimal(9))
    make_product(title="Cheap", price=Decimal(1))
    response = client.get(reverse("shop:category", args=["dairy"]), {"sort": "cheap"})
    assert [tile.title for tile in response.context["tiles"]] == ["Cheap", "Dear"]


def test_what_is_not_sold_has_no_page(client):
    hidden = make_product(visible=False)
    assert client.get(hidden.get_absolute_url()).status_code == 404
    assert client.get(reverse("shop:category", args=["nothing"])).status_code == 404


def test_the_cart_keeps_changes_and_drops_quantities(client):
    milk = make_product("milk")
    put_into_cart(client, milk, 2)
    client.post(reverse("shop:cart-change"), {"product": milk.pk, "quantity": 5})
    assert client.get(reverse("shop:cart")).context["cart"].subtotal == Decimal("12.50")
    client.post(reverse("shop:cart-change"), {"product": milk.pk, "quantity": 0})
    assert not client.get(reverse("shop:cart")).context["cart"].lines


def test_a_guest_buys_and_is_thanked_once_more_only_in_the_same_session(client):
    put_into_cart(client, make_product("milk"), 2)
    response = send_checkout(client)
    order = Order.objects.get()
    assert response.url == reverse("shop:thanks", args=[order.number])
    assert order.number in client.get(response.url).content.decode()
    assert not client.get(reverse("shop:cart")).context["cart"].lines
    assert RecordedOrder.objects.get().shopper is None
    client.cookies.clear()
    assert client.get(response.url).status_code == 404


def test_an_account_finds_its_order_and_cancels_it(client, ann):
    client.force_login(ann)
    put_into_cart(client, make_product("milk"))
    send_checkout(client)
    order = Order.objects.get(user=ann)
    assert RecordedOrder.objects.get().shopper.key == f"user:{ann.pk}"
    assert order.number in client.get(reverse("shop:orders")).content.decode()
    client.post(reverse("shop:cancel", args=[order.number]))
    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED


def test_nobody_cancels_another_ones_order(client, ann):
    order = make_shop_order(make_product("milk"), user=ann, at=timezone.now())
    client.force_login(User.objects.create_user("bob"))
    assert client.post(reverse("shop:cancel", args=[order.number])).status_code == 404


def test_a_product_sold_out_meanwhile_leads_back_to_the_cart_with_nothing_lost(client):
    milk = make_product("milk")
    put_into_cart(client, milk, 2)
    form = client.get(reverse("shop:checkout")).context["form"]
    Product.objects.update(stock=1)
    hidden = {"checkout": str(form["checkout"].value()), "shown": str(form["shown"].value())}
    response = client.post(reverse("shop:checkout"), {**ADDRESS, **hidden}, follow=True)
    assert "Only 1 of" in response.content.decode()
    assert response.context["cart"].quantities == {milk.pk: 2}
    assert not Order.objects.exists()


def test_a_wrong_address_is_told_and_orders_nothing(client):
    put_into_cart(client, make_product("milk"))
    response = send_checkout(client, email="nonsense")
    assert response.context["form"].errors.keys() == {"email"}
    assert not Order.objects.exists()


def test_signing_up_opens_an_account_and_logs_in(client):
    words = "secret words here"
    data = {"username": "bob", "email": "bob@example.com", "password1": words, "password2": words}
    response = client.post(reverse("shop:sign-up"), data, follow=True)
    assert response.context["user"].username == "bob"


def test_the_personalisation_switch_holds_from_the_next_page_on(client):
    client.post(reverse("shop:personalisation"), {"state": "off", "next": "/"})
    assert "Turn personalisation on" in client.get("/").content.decode()
    client.post(reverse("shop:personalisation"), {"state": "on", "next": "/"})
    assert "Turn personalisation off" in client.get("/").content.decode()


def test_the_switch_never_leads_to_another_site(client):
    response = client.post(reverse("shop:personalisation"), {"state": "off", "next": "https://elsewhere.example/"})
    assert response.url == reverse("shop:home")


def buy_together(*products):
    """An order of these products, counted by the plugin."""
    order = make_shop_order(*products)
    record.order(as_placed(order, list(order.lines.select_related("product"))))
    fold_all()


def count_queries(client, page):
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


def test_no_page_needs_more_queries_for_more_products(client):
    family, (small, _) = make_family("milk", "1l", "2l")
    first = make_product("first")
    put_into_cart(client, first)
    ends = timezone.now() + timedelta(days=1)
    make_offer(make_family("butter", "S", "L")[1][0], ends_at=ends)
    pages = [reverse("shop:home"), reverse("shop:category", args=["dairy"]), family.get_absolute_url(), "/cart/"]
    # Enough for full lists: a short one asks further for what fills it.
    buy_together(small, first, *(make_product() for _ in range(30)))
    before = [count_queries(client, page) for page in pages]
    assert "basketry-card" in client.get("/cart/").content.decode()
    for number in range(6):
        _, (one, _) = make_family(f"cheese-{number}", "S", "L")
        make_offer(one, ends_at=ends)
        make_product(f"milk-size-{number}", parent=family, variant=f"{number} l")
        put_into_cart(client, one)
    buy_together(small, first, *(make_product() for _ in range(30)))
    assert [count_queries(client, page) for page in pages] == before
