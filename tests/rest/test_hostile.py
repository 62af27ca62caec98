"""What no honest client sends is refused by every operation that takes a body, and never breaks the server."""

import pytest
from django.urls import reverse

from recommendations import urls
from recommendations.models import Placement
from tests.factories import fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

IDS = ("rule_id", "pin_id", "job_id", "artefact_id", "manual_id", "ban_id")
NAMES = {"slug": "cart", "desk": "mining", "key": "a", "token": "t", **dict.fromkeys(IDS, 1)}

BODIES = {
    "NUL": b'{"items": ["a\\u0000"], "item": "\\u0000", "kind": "\\u0000", "key": "\\u0000", "slug": "\\u0000"}',
    "NUL byte": b"\x00",
    "a lone surrogate": b'{"items": ["\\ud800"], "item": "\\udfff", "kind": "\\ud800", "\\ud800": 1}',
    "900 digits": b'{"limit": %s, "stars": %s, "position": %s, "quantity": %s}' % ((b"9" * 900,) * 4),
    "5,000 digits": b'{"limit": %s}' % (b"9" * 5_000),
    "100,000 deep": b"[" * 100_000,
    "100,000 objects deep": b'{"items":' * 100_000,
    "no number": b'{"limit": NaN, "factor": Infinity}',
    "no UTF-8": b'{"items": ["\xff"]}',
    "no JSON": b"{",
    "a number": b"1",
    "null": b"null",
    "a text": b'"items"',
    "nothing": b"",
}

OPERATIONS = [
    (pattern, method)
    for pattern in urls.urlpatterns
    for method in ("POST", "PUT", "PATCH")
    if hasattr(getattr(pattern.callback, "cls", object), method.lower())
]

TAKES_NOTHING = {"merge", "cancel-job", "publish-artefact"}


def url_of(pattern):
    given = {name: NAMES[name] for name in pattern.pattern.converters}
    return reverse(f"recommendations:{pattern.name}", kwargs=given)


@pytest.fixture
def everything(stocked, admin_client):
    """A client that may do everything, in a shop with orders and a placement."""
    make_order("a", "b")
    fold_all()
    Placement.objects.get_or_create(slug="cart", defaults={"strategy": "cart"})
    return admin_client


def test_every_operation_with_a_body_is_meant():
    assert len(OPERATIONS) > 14
    assert {"cart", "rank", "events", "orders", "consent", "ratings", "pins", "jobs"} <= {
        pattern.name for pattern, _ in OPERATIONS
    }


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(("pattern", "method"), OPERATIONS, ids=lambda one: getattr(one, "name", one))
def test_a_hostile_body_is_refused(everything, pattern, method, name):
    answer = everything.generic(method, url_of(pattern), BODIES[name], content_type="application/json")
    if pattern.name in TAKES_NOTHING:
        assert answer.status_code < 500
        return
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["errors"]


@pytest.mark.parametrize(("pattern", "method"), OPERATIONS, ids=lambda one: getattr(one, "name", one))
def test_a_body_that_says_it_is_of_30_mb_is_not_read(everything, pattern, method):
    size = {"CONTENT_LENGTH": "30000000"}
    answer = everything.generic(method, url_of(pattern), b"{}", content_type="application/json", **size)
    if pattern.name not in TAKES_NOTHING:
        assert (answer.status_code, list(answer.json()["errors"])) == (413, ["body"])


def test_nor_is_one_that_is(client, stocked):
    body = b'{"items": ["a"], "padding": "%s"}' % (b"x" * 30_000_000)
    assert client.post("/api/v1/cart/related/", body, content_type="application/json").status_code == 413


@pytest.mark.parametrize("kind", ["text/xml", "application/x-yaml", "made/up", "application/json; charset=made-up"])
def test_another_kind_of_body_is_refused(everything, kind):
    for pattern, method in OPERATIONS:
        if pattern.name not in TAKES_NOTHING:
            answer = everything.generic(method, url_of(pattern), b"<a/>", content_type=kind)
            assert 400 <= answer.status_code < 500, (pattern.name, answer.content)


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "9" * 900, "1e999"])
def test_a_hostile_parameter_breaks_no_view(everything, value):
    names = ("limit", "after", "kind", "product", "placement", "category", "shopper", "item", value)
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "cls", None)
        if view is None or not hasattr(view, "get") or pattern.name == "schema":
            continue
        for name in names:
            answer = everything.get(f"{url_of(pattern)}?{name}={value}")
            assert answer.status_code < 500, (pattern.name, name, answer.content)
