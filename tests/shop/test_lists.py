"""What the plugin serves, as the shop's pages show it."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommendations import store
from recommendations.models import ArtefactKind, BrowseLog, Item
from recommendations.services import record
from recommendations.services.rank import Placed, Ranked
from shop.checkout import as_placed
from shop.models import Product
from shop.views import browse
from tests.factories import fold_all
from tests.recommender import recommender_arrays
from tests.shop.stock import make_category, make_family, make_offer, make_product, make_shop_order

pytestmark = pytest.mark.django_db

FOR_YOU = "/account/for-you/"


@pytest.fixture
def ann():
    return User.objects.create_user("ann", "ann@example.com", "secret words here")


def buy(*products, user=None):
    order = make_shop_order(*products, user=user, at=timezone.now())
    record.order(as_placed(order, list(order.lines.select_related("product"))))
    fold_all()


def look_at(client, *products):
    events = [
        {"event_id": str(uuid4()), "kind": "view", "item": product.sku} | {"at": timezone.now().isoformat()}
        for product in products
    ]
    answer = client.post("/api/v1/events/", {"events": events}, content_type="application/json")
    assert [one["status"] for one in answer.json()["events"]] == ["recorded"] * len(products)


def learn():
    """Publish a network that knows every item; what it says of them is of no interest here."""
    arrays = recommender_arrays(sorted(Item.objects.values_list("pk", flat=True)))
    given = {"metrics": {"ndcg_10": 0.5}, "data_sequence": 1, "data_orders": 1}
    store.publish(ArtefactKind.NETWORK, arrays, still_ours=lambda: None, **given)


def text_of(client, page):
    return client.get(page).content.decode()


def headings(text):
    return re.findall(r"<h2[^>]*>([^<]*)</h2>", text)


def shown(text):
    return re.findall(r'data-basketry-item="([^"]*)"', text)


def goods(count):
    return [make_product(f"good-{number}", sold=count - number) for number in range(count)]


def test_home_shows_no_product_twice_and_best_sellers_once(client, ann):
    products = goods(40)
    buy(*products, user=ann)
    for product in products[:6]:
        make_offer(product, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1))
    for user in (None, ann):
        if user:
            client.force_login(user)
        look_at(client, *products[30:33])
        text = text_of(client, "/")
        assert len(shown(text)) == len(set(shown(text))) >= 12
        assert {"Offers for you", "You looked at these"} <= set(headings(text))
        assert headings(text).count("Best sellers") <= 1
        assert len(headings(text)) == len(set(headings(text)))
        assert 'id="best"' in text, "the button above leads there"


def test_an_offer_tells_its_end_as_text_and_for_the_clock(client):
    product = make_product("milk")
    others = goods(8)
    for _ in range(2):
        buy(*others)
    buy(product)
    end = timezone.now() + timedelta(hours=1)
    make_offer(product, "1.73", starts_at=timezone.now(), ends_at=end)
    for page in ("/", product.get_absolute_url()):
        (told,) = re.findall(r'<time datetime="([^"]*)" data-ends="[^"]+">[^<]+</time>', text_of(client, page))
        assert told == end.isoformat()
    text = text_of(client, "/")
    assert "<ins>$1.73</ins>" in text
    assert "you save 0.77 USD" in text


def test_the_bundle_has_partners_that_were_bought_with_it_and_their_total(client):
    milk, bread, butter = (make_product(sku, price=Decimal(price)) for sku, price in zip("mbu", "123", strict=True))
    buy(milk, bread)
    buy(milk, bread, butter)
    response = client.get(milk.get_absolute_url())
    bundle = response.context["bundle"]
    assert [line.key for line in bundle.lines] == ["m", "b", "u"]
    assert bundle.total == 6
    text = response.content.decode()
    assert "2 of the 2 orders with Product m also had Product b" in text
    assert re.findall(r'name="product" value="(\w)" data-price="([\d.]+)" checked', text) == [
        ("m", "1.00"),
        ("b", "2.00"),
        ("u", "3.00"),
    ]


def test_best_sellers_are_no_partners(client):
    milk, bread = make_product("m"), make_product("b")
    buy(bread)
    response = client.get(milk.get_absolute_url())
    assert not response.context["bundle"].partners
    assert 'id="bundle-title"' not in response.content.decode()
    assert shown(response.content.decode()) == ["b"]


def test_what_is_sold_out_cannot_be_ticked_and_has_others_instead(client):
    milk = make_product("m", stock=0)
    buy(milk, *goods(5))
    response = client.get(milk.get_absolute_url())
    text = response.content.decode()
    assert 'value="m" data-price="2.50" disabled' in text
    assert len(response.context["bundle"].lines) == 2, "four of the five stand above, instead of it"
    assert response.context["bundle"].total == Decimal("2.50")
    assert 'data-basketry-placement="product-substitutes"' in text


def test_one_click_puts_all_that_are_ticked_into_the_cart_and_names_what_does_not_go_in(client):
    milk, bread, gone = make_product("milk"), make_product("bread"), make_product("gone", stock=0)
    make_product("francs", currency="CHF")
    keys = ["milk", "bread", "gone", "francs", "unheard-of", "milk"]
    text = client.post(reverse("shop:cart-add"), {"product": keys, "quantity": 1}, follow=True).content.decode()
    cart = client.get("/cart/").context["cart"]
    assert cart.quantities == {milk.pk: 1, bread.pk: 1}
    assert f"{gone.title} is sold out" in text
    assert "Product francs does not fit" in text
    assert "no longer sold" in text
    assert "In your cart now: Product milk · Product bread." in text


@pytest.mark.parametrize(
    "wrong", [{}, {"product": "x" * 201}, {"product": "a\x00"}, {"quantity": 0}, {"quantity": 100}]
)
def test_what_is_no_product_and_no_quantity_adds_nothing(client, wrong):
    make_product("milk")
    given = {"product": "milk", "quantity": 1, **wrong} if wrong else {"quantity": 1}
    text = client.post(reverse("shop:cart-add"), given, follow=True).content.decode()
    assert "Please choose a product and a quantity." in text
    assert not client.get("/cart/").context["cart"].lines


def test_a_family_is_put_into_the_cart_as_what_its_card_shows(client):
    _, (small, _) = make_family("milk", "1l", "2l", sold=5)
    bread = make_product("bread")
    buy(bread, small)
    text = text_of(client, bread.get_absolute_url())
    assert 'value="milk-1l"' in text
    client.post(reverse("shop:cart-add"), {"product": "milk-1l", "quantity": 1})
    assert client.get("/cart/").context["cart"].quantities == {small.pk: 1}


def test_stars_are_given_once_shown_and_changed(client, ann):
    milk = make_product("milk")
    page = milk.get_absolute_url()
    assert "Nobody has rated it yet." in text_of(client, page)
    assert 'name="stars"' not in text_of(client, page)
    client.force_login(ann)
    rate = reverse("shop:rate", args=[milk.pk])
    for stars in (2, 4):
        assert "your stars are stored" in client.post(rate, {"stars": stars}, follow=True).content.decode()
    text = text_of(client, page)
    assert "4.0 of 5, by one shopper" in text
    assert 'value="4" required checked' in text
    assert "Please choose one to five stars." in client.post(rate, {"stars": 6}, follow=True).content.decode()
    assert "4.0 of 5, by one shopper" in text_of(client, page)


def test_stars_need_an_account_and_a_product_and_are_not_stored_after_a_refusal(client, ann):
    milk = make_product("milk")
    rate = reverse("shop:rate", args=[milk.pk])
    assert client.post(rate, {"stars": 5}).url.startswith(reverse("shop:login"))
    client.force_login(ann)
    assert client.post(reverse("shop:rate", args=[0]), {"stars": 5}).status_code == 404
    client.post(reverse("shop:personalisation"), {"state": "off"})
    assert "your stars were not stored" in client.post(rate, {"stars": 5}, follow=True).content.decode()
    assert "Nobody has rated it yet." in text_of(client, milk.get_absolute_url())


def test_a_category_shows_its_own_best_sellers_on_its_first_page_alone(client, monkeypatch):
    monkeypatch.setattr(browse, "PER_PAGE", 3)
    dairy = make_category("dairy")
    make_product("soap", category=make_category("household"))
    for number in range(4):
        make_product(f"milk-{number}", category=dairy)
    asked = []
    monkeypatch.setattr("recommendations.services.serve.answers", lambda asks, **_: asked.extend(asks) or [])
    client.get("/category/dairy/")
    assert [(ask.strategy, ask.category) for ask in asked] == [("best_sellers", "dairy"), ("trending", "dairy")]
    asked.clear()
    client.get("/category/dairy/?page=2")
    assert asked == []


def test_an_empty_cart_offers_to_buy_again(client, ann):
    buy(make_product("milk"), user=ann)
    buy(make_product("milk-2"), user=ann)
    buy(Product.objects.get(sku="milk"), user=ann)
    learn()
    client.force_login(ann)
    text = text_of(client, "/cart/")
    assert headings(text)[0] == "Buy again"
    assert shown(text)[0] == "milk"


def test_the_account_page_says_what_was_looked_at_and_why(client, ann):
    milk, bread = make_product("milk"), make_product("bread")
    buy(milk, user=ann)
    buy(milk, user=ann)
    learn()
    client.force_login(ann)
    look_at(client, bread)
    text = text_of(client, FOR_YOU)
    assert {"Buy again", "You looked at these"} <= set(headings(text))
    assert "<li>You bought it before</li>" in text
    assert "<li>You looked at it</li>" in text


def test_the_account_page_has_the_switch_and_shows_nothing_personal_when_off(client, ann):
    milk = make_product("milk")
    buy(milk, user=ann)
    buy(milk, user=ann)
    learn()
    client.force_login(ann)
    assert "Buy again" in headings(text_of(client, FOR_YOU))
    client.post(reverse("shop:personalisation"), {"state": "off", "next": FOR_YOU}, follow=True)
    text = text_of(client, FOR_YOU)
    assert text.count('value="on"') == 2, "here and in the footer"
    assert not {"Buy again", "You looked at these"} & set(headings(text))
    assert "Not interested" not in re.sub(r"“Not interested”", "", text)


def not_interested(client, page, key):
    text = text_of(client, page)
    token = re.search(rf'value="{key}"><input type="hidden" name="recommendation" value="([^"]+)"', text)
    assert token, "the card has the form"
    given = {"product": key, "recommendation": token[1], "next": page}
    return client.post(reverse("shop:not-interested"), given, follow=True)


def test_what_is_not_wanted_is_gone_from_the_next_page_on(client):
    products = goods(4)
    buy(*products)
    assert "good-0" in shown(text_of(client, "/"))
    response = not_interested(client, "/", "good-0")
    assert "It is not suggested to you any more." in response.content.decode()
    assert "good-0" not in shown(response.content.decode())
    assert BrowseLog.objects.get().kind == "not_interested"
    client.cookies.clear()
    assert "good-0" in shown(text_of(client, "/")), "it is this visitor's wish alone"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Please choose a product."),
        ({"product": "unheard-of"}, "This suggestion is no longer there."),
        ({"product": "milk", "recommendation": "forged"}, "This suggestion is no longer there."),
    ],
)
def test_a_wish_that_names_nothing_stores_nothing(client, given, said):
    make_product("milk")
    response = client.post(reverse("shop:not-interested"), {**given, "next": "https://elsewhere.example/"})
    assert response.url == reverse("shop:home")
    assert said in text_of(client, "/")
    assert not BrowseLog.objects.exists()


def test_after_a_refusal_no_wish_is_stored(client):
    make_product("milk")
    client.post(reverse("shop:personalisation"), {"state": "off"})
    client.post(reverse("shop:not-interested"), {"product": "milk"})
    assert "nothing was stored" in text_of(client, "/")
    assert not BrowseLog.objects.exists()


@pytest.fixture
def ranks_backwards(monkeypatch):
    """A shopper who likes what sells least; what was asked is noted."""
    asked = []

    def rank(keys, *, shopper, now):
        asked.append((shopper, list(keys)))
        items = [Placed(key, number, 1.0, None) for number, key in enumerate(reversed(keys), start=1)]
        return Ranked(fallback=False, items=tuple(items))

    monkeypatch.setattr(browse, "rank", rank)
    return asked


def found(client, **given):
    response = client.get(reverse("shop:search"), {"q": "product", **given})
    return [tile.key for tile in response.context["tiles"]], response.context["sort"]


def test_search_results_stand_in_the_shoppers_own_order_page_by_page(client, ann, ranks_backwards, monkeypatch):
    monkeypatch.setattr(browse, "PER_PAGE", 3)
    monkeypatch.setattr(browse, "MOST_RANKED", 4)
    goods(5)
    client.force_login(ann)
    assert found(client) == (["good-3", "good-2", "good-1"], "you")
    assert found(client, page=2) == (["good-0", "good-4"], "you")
    assert ranks_backwards[0] == (f"user:{ann.pk}", ["good-0", "good-1", "good-2", "good-3"])
    assert "In the order that suits you" in text_of(client, "/search/?q=product")
    assert found(client, sort="popular") == (["good-0", "good-1", "good-2"], "popular")
    assert "In the order that suits you" not in text_of(client, "/search/?q=product&sort=popular")


def test_strangers_and_those_of_whom_nothing_is_known_find_best_sellers_first(client, ann, monkeypatch):
    goods(3)
    assert found(client) == (["good-0", "good-1", "good-2"], "popular")
    client.force_login(ann)
    assert found(client) == (["good-0", "good-1", "good-2"], "popular")
    client.post(reverse("shop:personalisation"), {"state": "off"})
    assert "sort=you" not in text_of(client, "/search/?q=product")


def test_a_ranking_that_fails_breaks_no_search(client, ann, monkeypatch, caplog):
    goods(2)
    client.force_login(ann)

    def fail(*given, **named):
        raise RuntimeError

    monkeypatch.setattr(browse, "rank", fail)
    assert found(client) == (["good-0", "good-1"], "popular")
    assert caplog.records
    assert Product.objects.count() == 2


def test_every_form_of_a_card_brings_its_csrf_token():
    buy(make_product("milk"))
    client = Client(enforce_csrf_checks=True)
    forms = re.findall(r'<form method="post" action="([^"]*)"[^>]*>(.*?)</form>', text_of(client, "/"), re.DOTALL)
    sent = [(action, dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))) for action, form in forms]
    of_cards = [(action, fields) for action, fields in sent if "product" in fields]
    assert {action for action, _ in of_cards} == {reverse("shop:cart-add"), reverse("shop:not-interested")}
    assert [client.post(action, fields).status_code for action, fields in of_cards] == [302, 302]
