import re

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommendations.catalogue import Facts
from recommendations.models import Impression, Placement
from recommendations.selectors import serving
from recommendations.services import tokens
from tests.factories import fold_all, make_order

pytestmark = pytest.mark.django_db

HERE = "/api/v1/fragments/product-related/"


@pytest.fixture(autouse=True)
def sold(stocked):
    """`a` was sold with `b` twice and with `c` once."""
    for other in "bbc":
        make_order("a", other)
    fold_all()
    return stocked


def shown(answer):
    return re.findall(r'data-basketry-item="([^"]*)"', answer.content.decode())


def test_a_fragment_is_the_block_of_the_asking_shopper(client):
    answer = client.get(HERE, {"strategy": "related", "products": "a", "limit": 1})
    html = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert html.startswith('<section class="basketry-shelf"')
    assert shown(answer) == ["b"]
    (token,) = re.findall(r'data-basketry-token="([^"]*)"', html)
    assert tokens.read(token, now=timezone.now()).placement == "product-related"
    assert f'href="/p/b/?basketry={token}"' in html


def test_no_cache_keeps_a_fragment(client):
    for given in ({"strategy": "related", "products": "a"}, {"strategy": "nonsense"}):
        answer = client.get(HERE, given)
        assert set(answer["Cache-Control"].split(", ")) == {"private", "no-store"}


def test_products_and_what_is_left_out_may_be_given_several_times(client, sold):
    sold.shelf["b,c"] = Facts(key="b,c", title="Tea", url="/")
    make_order("a", "b,c")
    fold_all()
    cart = {"strategy": "cart", "products": ["z", "a"], "exclude": ["b,c", "c"]}
    assert shown(client.get("/api/v1/fragments/cart/", cart))[0] == "b"
    assert not {"b,c", "c"} & set(shown(client.get("/api/v1/fragments/cart/", cart)))


def test_nothing_to_show_is_no_content(client):
    Placement.objects.update(fallbacks=[])
    answer = client.get(HERE, {"strategy": "related", "products": "z"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({}, 400, "strategy: must be one of related, "),
        ({"strategy": "related"}, 400, "products: must be one product key for related"),
        ({"strategy": "related", "products": "unheard-of"}, 404, "products: the shop has no product"),
        ({"strategy": "related", "products": "a", "limit": "0"}, 400, "limit: must be a whole number from 1 to 100"),
        ({"strategy": "related", "products": "a", "limit": ["1", "2"]}, 400, "limit: must be given once"),
        ({"strategy": "related", "products": "a", "shopper": "user:1"}, 400, "shopper: is no parameter here"),
        ({"strategy": "related", "products": "\x00"}, 400, "products: "),
    ],
)
def test_a_refusal_is_plain_text_that_names_the_parameter(client, given, status, message):
    answer = client.get(HERE, given)
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert answer.content.decode().startswith(message)


def test_an_unknown_placement_is_refused(client):
    answer = client.get("/api/v1/fragments/unheard-of/", {"strategy": "for_you"})
    assert answer.status_code == 400
    assert answer.content.decode().startswith("placement: must be the name of a placement")


def test_what_fails_shows_nothing_and_is_logged(client, monkeypatch, caplog):
    def fail(**given):
        raise DatabaseError("gone")

    monkeypatch.setattr(serving, "candidates", fail)
    assert client.get(HERE, {"strategy": "related", "products": "a"}).status_code == 204
    assert "product-related shows nothing" in caplog.text


def test_reading_a_fragment_writes_nothing_and_no_other_method_is_known(client):
    with CaptureQueriesContext(connection) as queries:
        client.get(HERE, {"strategy": "related", "products": "a"})
    assert all(one["sql"].lstrip().upper().startswith(("SELECT", "WITH", "SAVEPOINT", "RELEASE")) for one in queries)
    assert not Impression.objects.exists()
    assert client.head(HERE, {"strategy": "related", "products": "a"}).status_code == 200
    assert client.delete(HERE).status_code == 405
