import json
import uuid

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from recommendations.models import BrowseLog, Order, OrderLine
from tests.factories import NOW, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stocked")]

EVENTS, ORDERS, CONSENT = "/api/v1/events/", "/api/v1/orders/", "/api/v1/me/consent/"


def view(item="a", **changes):
    return {"event_id": str(uuid.uuid4()), "kind": "view", "item": item, "at": NOW.isoformat(), **changes}


def post(client, url, body, **headers):
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers)


@pytest.fixture
def server(client, django_user_model):
    """A client that may record orders."""
    user = django_user_model.objects.create_user("server")
    user.user_permissions.add(Permission.objects.get(codename="add_order", content_type__app_label="recommendations"))
    client.force_login(user)
    return client


def order(**changes):
    lines = [{"product": "a", "quantity": 2, "unit_price": "1.50"}, {"product": "b", "quantity": 1, "unit_price": 3}]
    return {
        "key": "o1",
        "placed_at": NOW.isoformat(),
        "currency": "EUR",
        "shopper": "user:5",
        "lines": lines,
        **changes,
    }


class TestEvents:
    def test_a_stranger_becomes_a_visitor_and_each_event_has_a_status(self, client):
        answer = post(client, EVENTS, [view("a"), view("made-up"), {"kind": "view"}, "x"])
        assert answer.status_code == 200
        assert [event["status"] for event in answer.json()["events"]] == ["recorded", "invalid", "invalid", "invalid"]
        assert "made-up" in answer.json()["events"][1]["message"]
        assert BrowseLog.objects.get().shopper.key.startswith("anon:")
        post(client, EVENTS, {"events": [view("b")]})
        assert BrowseLog.objects.values("shopper").distinct().count() == 1

    def test_the_shopper_comes_from_the_session_never_from_the_body(self, client, django_user_model):
        user = django_user_model.objects.create_user("ann")
        client.force_login(user)
        post(client, EVENTS, [view(shopper="user:999", user=999)])
        assert BrowseLog.objects.get().shopper.key == f"user:{user.pk}"

    def test_a_beacon_form_passes_csrf_protection_with_its_token_and_not_without(self, django_user_model):
        client = Client(enforce_csrf_checks=True)
        client.force_login(django_user_model.objects.create_user("ann"))
        token = "t" * 32
        client.cookies["csrftoken"] = token
        form = {"events": json.dumps([view()])}
        assert client.post(EVENTS, form).status_code == 403
        assert client.post(EVENTS, {**form, "csrfmiddlewaretoken": token}).status_code == 200
        assert BrowseLog.objects.count() == 1

    @pytest.mark.parametrize(
        "body", [{}, {"events": 5}, "x", 5, None, {"events": [view() for _ in range(501)]}, [[]] * 501]
    )
    def test_what_is_no_list_of_at_most_500_is_refused_by_name(self, client, body):
        answer = post(client, EVENTS, body)
        assert answer.status_code == 400
        assert "events" in answer.json()["errors"]

    @pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"events": [NaN', b"\xff\xfe"])
    def test_what_is_no_json_is_a_400(self, client, body):
        answer = client.post(EVENTS, body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["errors"]

    @pytest.mark.parametrize("item", ["a\x00", "\ud800", "x" * 10_000, {"a": 1}, 10**900])
    def test_hostile_keys_are_invalid_events(self, client, item):
        answer = post(client, EVENTS, [view(item)])
        assert [event["status"] for event in answer.json()["events"]] == ["invalid"]

    def test_a_get_is_not_allowed(self, client):
        assert client.get(EVENTS).status_code == 405


class TestConsent:
    def test_after_a_refusal_events_are_refused(self, client):
        post(client, EVENTS, [view()])
        assert client.put(CONSENT, {"consent": "refused"}, content_type="application/json").status_code == 200
        answer = post(client, EVENTS, [view("b")])
        assert answer.json()["events"][0]["status"] == "refused"
        assert not BrowseLog.objects.exists()

    def test_another_word_is_refused(self, client):
        answer = client.put(CONSENT, {"consent": "maybe"}, content_type="application/json")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["consent"])


class TestOrders:
    def test_nobody_may_record_orders_unless_granted(self, client, django_user_model):
        stranger = post(client, ORDERS, order())
        assert (stranger.status_code, stranger["WWW-Authenticate"]) == (401, "Token")
        client.force_login(django_user_model.objects.create_user("ann"))
        assert post(client, ORDERS, order()).status_code == 403
        assert not Order.objects.exists()

    def test_an_order_is_created_once(self, server):
        first, second = post(server, ORDERS, order()), post(server, ORDERS, order())
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == {"id": Order.objects.get().pk, "created": True}
        assert second.json() == {"id": Order.objects.get().pk, "created": False}

    def test_the_same_key_with_another_body_is_a_409(self, server):
        post(server, ORDERS, order())
        answer = post(server, ORDERS, order(currency="USD"))
        assert (answer.status_code, list(answer.json()["errors"])) == (409, ["key"])

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("key", {"key": None}),
            ("lines", {"lines": "x"}),
            ("lines", {"lines": [5]}),
            ("product", {"lines": [{"quantity": 1, "unit_price": 1}]}),
            ("quantity", {"lines": [{"product": "a", "quantity": -1, "unit_price": 1}]}),
            ("unit_price", {"lines": [{"product": "a", "quantity": 1, "unit_price": "cheap"}]}),
            ("unit_price", {"lines": [{"product": "a", "quantity": 1, "unit_price": True}]}),
            ("placed_at", {"placed_at": "2026-01-01T00:00:00"}),
            ("placed_at", {"placed_at": "2026-13-01T00:00:00Z"}),
            ("currency", {"currency": "€"}),
            ("shopper", {"shopper": 5}),
            ("channel", {"channel": 5}),
            ("change", {"change": "delete"}),
        ],
    )
    def test_a_bad_field_is_a_400_that_names_it(self, server, field, changes):
        answer = post(server, ORDERS, order(**changes))
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert not Order.objects.exists()

    def test_cancellations_refunds_and_returns(self, server):
        placed = make_order("a", "b", quantity=3, shopper="user:5")
        common = {"key": "x1", "order_key": placed.key, "at": NOW.isoformat()}
        part = [{"product": "a", "quantity": 1}]
        refund = post(server, ORDERS, {"change": "refund", **common, "lines": part})
        back = {
            "change": "return",
            "key": "x2",
            "shopper": "user:5",
            "product": "b",
            "quantity": 1,
            "at": NOW.isoformat(),
        }
        returned = post(server, ORDERS, back)
        assert (refund.status_code, returned.status_code, returned.json()["matched"]) == (201, 201, True)
        assert dict(OrderLine.objects.values_list("product_key", "refunded")) == {"a": 1, "b": 1}
        cancel = post(server, ORDERS, {"change": "cancel", **common, "key": "x3"})
        assert cancel.status_code == 201
        assert Order.objects.get().status == "cancelled"

    def test_an_unknown_order_is_a_404(self, server):
        answer = post(server, ORDERS, {"change": "cancel", "order_key": "no", "key": "x", "at": NOW.isoformat()})
        assert (answer.status_code, list(answer.json()["errors"])) == (404, ["order_key"])
