import json
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recommendations.catalogue import Context, Facts
from recommendations.models import BrowseLog, Impression, Shopper
from recommendations.selectors import serving
from recommendations.services import tokens
from tests.factories import fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stocked")]

CART, FOR_YOU = "/api/v1/cart/related/", "/api/v1/me/recommendations/"


def page(key):
    return f"/api/v1/items/{quote(key, safe='')}/related/"


def post(client, body, url=CART):
    return client.post(url, body if isinstance(body, str) else json.dumps(body), content_type="application/json")


@pytest.fixture(autouse=True)
def sold(stocked):
    """`a` was sold with `b` twice and with `c` once; `b` has a price."""
    for other in "bbc":
        make_order("a", other)
    fold_all()
    stocked.shelf["b"] = Facts(key="b", title="Tea", url="/p/b/", price=Decimal("1E+1"), currency="EUR")
    return stocked


def test_the_shape_of_an_answer(client):
    body = client.get(page("a"), {"limit": 2}).json()
    assert tokens.read(body.pop("recommendation_id"), now=timezone.now()).placement == "product-related"
    assert body == {
        "placement": "product-related",
        "as_of": "2026-03-01T12:00:00Z",
        "fallback": False,
        "items": [
            {
                "item": "b",
                "title": "Tea",
                "url": "/p/b/",
                "price": "10",
                "currency": "EUR",
                "score": pytest.approx((2 + 50 * 2 / 3) / 32**0.2),
                "rank": 1,
                "source": "together",
                "reasons": [
                    {
                        "code": "bought_together",
                        "text": "2 of the 3 orders with Product a also had Tea",
                        "evidence": {
                            "n_ab": 2,
                            "n_a": 3,
                            "n_b": 2,
                            "n": 3,
                            "confidence": pytest.approx(2 / 3),
                            "lift": 1.0,
                        },
                    }
                ],
            },
            {
                "item": "c",
                "title": "Product c",
                "url": "/p/c/",
                "price": None,
                "currency": None,
                "score": pytest.approx((1 + 50 * 1 / 3) / 31**0.2),
                "rank": 2,
                "source": "together",
                "reasons": body["items"][1]["reasons"],
            },
        ],
    }


def test_the_cart_and_the_shoppers_list_have_the_same_shape(client):
    answers = [client.get(page("a")), post(client, {"items": ["a"]}), client.get(FOR_YOU)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({tuple(answer.json()) for answer in answers}) == 1
    assert [answer.json()["placement"] for answer in answers] == ["product-related", "cart", "for-you"]


def test_the_cart_leaves_out_what_is_in_it(client):
    body = post(client, {"items": ["a", "b"], "limit": 1}).json()
    assert [one["item"] for one in body["items"]] == ["c"]


def test_a_shopper_without_a_history_gets_best_sellers_and_is_told(client):
    body = client.get(FOR_YOU, {"limit": 1}).json()
    assert (body["fallback"], body["items"][0]["source"]) == (True, "popular")
    assert body["items"][0]["reasons"][0]["evidence"] == {
        "n_ab": None,
        "n_a": None,
        "n_b": 3,
        "n": 3,
        "confidence": None,
        "lift": None,
    }


@pytest.mark.parametrize(
    "key", ["a/b", "红茶", "2f1c1e9e-8b5f-4a52-9c7e-0d8f4ad8f4a1", "x/related/y", "50% off?", "a/"]
)
def test_any_text_is_a_key_in_the_path(client, sold, key):
    sold.shelf[key] = Facts(key=key, title="Tea", url="/")
    make_order(key, "c")
    fold_all()
    answer = client.get(page(key))
    assert answer.status_code == 200
    assert {one["item"]: one["source"] for one in answer.json()["items"]}["c"] == "together"


def test_an_item_that_nobody_bought_gets_a_fallback(client):
    answer = client.get(page("z"))
    assert (answer.status_code, answer.json()["fallback"]) == (200, True)
    assert answer.json()["items"]


def test_an_item_that_the_shop_refuses_is_not_found(client):
    answer = client.get(page("unheard-of"))
    assert answer.status_code == 404
    assert answer.json() == {"errors": {"item": ["the shop has no product 'unheard-of'"]}}


def test_a_list_can_leave_products_out(client):
    for query in ("exclude=b,x", "exclude=x&exclude=b"):
        body = client.get(f"{page('a')}?{query}").json()
        assert "b" not in [one["item"] for one in body["items"]]
    body = post(client, {"items": ["a"], "exclude": ["b"]}).json()
    assert "b" not in [one["item"] for one in body["items"]]


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("limit=0", "limit", "from 1 to 100"),
        ("limit=101", "limit", "from 1 to 100"),
        ("limit=ten", "limit", "from 1 to 100"),
        ("limit=", "limit", "from 1 to 100"),
        ("limit=1_0", "limit", "from 1 to 100"),
        ("limit=%D9%A1", "limit", "from 1 to 100"),
        ("limit=" + "9" * 6_000, "limit", "from 1 to 100"),
        ("limit=1&limit=2", "limit", "once"),
        ("placement=unheard-of", "placement", "name of a placement"),
        ("placement=", "placement", "1 to 50 characters"),
        ("placement=%00", "placement", "NUL"),
        ("exclude=%00", "exclude", "NUL"),
        ("exclude=" + "x" * 201, "exclude", "1 to 200 characters"),
        ("exclude=" + "x," * 1_001, "exclude", "at most 1000"),
        ("limt=5", "limt", "limit, placement, category, diversity, explain, exclude"),
        ("format=xml", "format", "limit, placement, category, diversity, explain, exclude"),
        ("user=5", "user", "limit, placement, category, diversity, explain, exclude"),
    ],
)
def test_a_bad_parameter_is_named_with_what_is_allowed(client, query, name, words):
    for url in (page("a"), FOR_YOU):
        answer = client.get(f"{url}?{query}")
        assert answer.status_code == 400, answer.content
        (message,) = answer.json()["errors"][name]
        assert words in message


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "items"),
        ({"items": "a"}, "items"),
        ({"items": [1]}, "items"),
        ({"items": ["a\x00"]}, "items"),
        ({"items": ["\ud800"]}, "items"),
        ({"items": ["x" * 201]}, "items"),
        ({"items": ["a"] * 1_001}, "items"),
        ({"items": ["a"], "limit": 0}, "limit"),
        ({"items": ["a"], "limit": "5"}, "limit"),
        ({"items": ["a"], "limit": True}, "limit"),
        ({"items": ["a"], "limit": 10**400}, "limit"),
        ({"items": ["a"], "exclude": "b"}, "exclude"),
        ({"items": ["a"], "exclude": [None]}, "exclude"),
        ({"items": ["a"], "placement": 5}, "placement"),
        ({"items": ["a"], "placement": "\ud800"}, "placement"),
        ({"items": ["a"], "shopper": "user:1"}, "shopper"),
        ({"items": ["a"], "\ud800": 1}, "?"),
        (["a"], "body"),
        ("[" * 100_000, "body"),
        ("{", "request"),
        ('{"items": [NaN]}', "request"),
        ('{"items": ["a"], "limit": ' + "9" * 5_000 + "}", "request"),
        ("\x00", "request"),
    ],
)
def test_a_bad_body_is_named(client, body, name):
    answer = post(client, body)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()["errors"]) == [name]


def test_bytes_that_are_no_text_are_no_body(client):
    assert client.post(CART, b'{"items": ["\xff"]}', content_type="application/json").status_code == 400


def test_a_cart_takes_no_parameters_in_its_address(client):
    assert post(client, {"items": ["a"]}, f"{CART}?limit=5").json()["errors"]["limit"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("%00", 400), ("x" * 201, 400), ("%ff", 404), ("%ED%A0%80", 404), ("..%2F..%2Fetc", 404), ("%0A", 404)],
)
def test_no_key_breaks_the_server(client, path, status):
    assert client.get(f"/api/v1/items/{path}/related/").status_code == status


def test_a_title_with_markup_stays_data(client, sold):
    title = "</script><img src=x onerror=alert(1)>"
    sold.shelf["b"] = Facts(key="b", title=title, url="/p/b/")
    answer = client.get(page("a"))
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["items"][0]["title"] == title


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*"])
def test_every_answer_is_json(client, accept):
    assert client.get(page("a"), headers={"accept": accept}).json()["items"]


def test_no_cache_may_keep_a_list(client):
    for answer in (client.get(page("a")), post(client, {"items": ["a"]}), client.get(FOR_YOU)):
        assert answer["Cache-Control"] == "private, no-store"


def test_reading_writes_nothing_and_sets_no_cookie(client):
    with CaptureQueriesContext(connection) as queries:
        answers = [client.get(page("a")), post(client, {"items": ["a"]}), client.get(FOR_YOU)]
    assert [one["sql"] for one in queries if not one["sql"].lstrip().upper().startswith(("SELECT", "WITH"))] == []
    assert not any(answer.cookies for answer in answers)
    assert not BrowseLog.objects.exists()
    assert not Impression.objects.exists()
    assert Shopper.objects.count() == 1  # the one who bought


def test_a_cart_can_be_asked_for_without_a_csrf_token(django_user_model):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(django_user_model.objects.create_user("one"))
    assert post(strict, {"items": ["a"]}).status_code == 200


def test_who_asks_is_whom_the_session_says(client, django_user_model, monkeypatch):
    seen = []
    original = serving.candidates
    monkeypatch.setattr(serving, "candidates", lambda **given: seen.append(given["shopper"]) or original(**given))
    user = django_user_model.objects.create_user("one")
    client.force_login(user)
    for answer in (client.get(page("a")), post(client, {"items": ["a"]}), client.get(FOR_YOU)):
        assert answer.status_code == 200
    assert seen == [f"user:{user.pk}"] * 3


def test_facts_are_asked_for_in_the_requests_context(client, sold, monkeypatch):
    seen = []
    original = sold.facts
    monkeypatch.setattr(sold, "context", lambda request: Context(currency=request.GET["placement"]))
    monkeypatch.setattr(sold, "facts", lambda keys, context: seen.append(context) or original(keys, context))
    client.get(page("a"), {"placement": "cart"})
    assert {context.currency for context in seen} == {"cart"}


def test_a_database_that_fails_is_a_503(client, monkeypatch):
    def fail(**given):
        raise DatabaseError("gone")

    monkeypatch.setattr(serving, "candidates", fail)
    answer = client.get(page("a"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {"errors": {"server": ["is busy, try again"]}}
    assert answer["Cache-Control"] == "private, no-store"


def test_another_method_is_refused(client):
    assert client.post(page("a")).status_code == 405
    assert client.get(CART).status_code == 405


def test_the_addresses_are_those_of_the_documentation():
    assert reverse("recommendations:related", args=["a/b"]) == "/api/v1/items/a/b/related/"
    assert reverse("recommendations:cart") == CART
    assert reverse("recommendations:for-you") == FOR_YOU


@pytest.mark.parametrize("answer", [[("a", 1)], {5: Facts(key="5", title="Five", url="/5/")}])
def test_facts_that_cannot_be_are_told_to_the_engineer(client, stocked, monkeypatch, answer):
    monkeypatch.setattr(type(stocked), "facts", lambda self, keys, context: answer)
    response = client.get("/api/v1/items/a/related/")
    assert response.status_code == 500
    assert "facts() of the catalogue must" in response.json()["errors"]["catalogue"][0]
