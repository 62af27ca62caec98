"""Placements and pins by the API: checked, previewed, each change with one entry in the log."""

import json

import pytest
from django.contrib.admin.models import LogEntry

from recommendations.models import Pin, Placement, Shopper
from tests.factories import fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

PLACEMENTS, PINS = "/api/v1/placements/", "/api/v1/pins/"


DEFAULTS = {
    "in_stock_only": True,
    "bought_before": "if_repeated",
    "sources": [],
    "diversity": 0.0,
    "per_category": None,
    "per_brand": None,
    "price_band": None,
    "promoted_share": 0.0,
    "explore": 0.0,
}


@pytest.fixture
def staff(client_with):
    rights = [f"{what}_{row}" for row in ("placement", "pin") for what in ("view", "add", "change", "delete")]
    return client_with(*rights)


def send(client, method, url, body=None):
    return client.generic(method, url, json.dumps(body or {}), content_type="application/json")


def test_a_placement_is_added_changed_and_deleted_with_one_entry_each(staff, logged):
    body = {"slug": "side", "title": "Beside", "strategy": "cart", "limit": 4, "fallbacks": ["popular"]}
    answer = send(staff, "POST", PLACEMENTS, body)
    assert (answer.status_code, answer.json()) == (201, {**DEFAULTS, **body})
    answer = send(staff, "PATCH", f"{PLACEMENTS}side/", {"limit": 6})
    assert (answer.status_code, answer.json()["limit"]) == (200, 6)
    assert staff.get(f"{PLACEMENTS}side/").json()["limit"] == 6
    assert send(staff, "DELETE", f"{PLACEMENTS}side/").status_code == 204
    assert staff.get(f"{PLACEMENTS}side/").status_code == 404
    added, changed, deleted = logged()
    assert (added[1], added[2]["limit"]) == (None, 4)
    assert (changed[1]["limit"], changed[2]["limit"]) == (4, 6)
    assert (deleted[1]["limit"], deleted[2]) == (6, None)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"slug": "cart", "strategy": "cart"}, "slug"),
        ({"slug": "a b", "strategy": "cart"}, "slug"),
        ({"slug": "x" * 51, "strategy": "cart"}, "slug"),
        ({"slug": "side", "strategy": "magic"}, "strategy"),
        ({"slug": "side", "strategy": "cart", "limit": 0}, "limit"),
        ({"slug": "side", "strategy": "cart", "limit": 10**900}, "limit"),
        ({"slug": "side", "strategy": "cart", "fallbacks": ["magic"]}, "fallbacks"),
        ({"slug": "side", "strategy": "cart", "title": "\ud800"}, "title"),
        ({"slug": "side", "strategy": "cart", "id": 1}, "id"),
        ({"slug": "side", "strategy": "cart", "diversity": 2}, "diversity"),
        ({"slug": "side", "strategy": "cart", "price_band": "nan"}, "price_band"),
        ({"slug": "side", "strategy": "blend"}, "sources"),
        ({"slug": "side", "strategy": "blend", "sources": [{"strategy": "blend", "weight": 1}]}, "sources"),
        ({"slug": "side", "strategy": "blend", "sources": [{"strategy": "cart", "weight": 0.5}] * 2}, "sources"),
    ],
)
def test_a_bad_placement_is_named(staff, logged, body, name):
    Placement.objects.get_or_create(slug="cart", defaults={"strategy": "cart"})
    answer = send(staff, "POST", PLACEMENTS, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])
    assert logged() == []


def test_the_name_of_a_placement_stays(staff):
    Placement.objects.get_or_create(slug="cart", defaults={"strategy": "cart"})
    assert list(send(staff, "PATCH", f"{PLACEMENTS}cart/", {"slug": "other"}).json()["errors"]) == ["slug"]


def test_a_pin_is_added_changed_and_deleted_with_one_entry_each(staff, logged):
    Placement.objects.get_or_create(slug="cart", defaults={"strategy": "cart"})
    body = {"placement": "cart", "item": "a", "kind": "pin", "position": 1}
    answer = send(staff, "POST", PINS, body)
    assert answer.status_code == 201, answer.content
    assert answer.json() == {**body, "id": Pin.objects.get().pk, "factor": 1.0, "starts_at": None, "ends_at": None}
    assert list(send(staff, "POST", PINS, body).json()["errors"]) == ["item"]
    url = f"{PINS}{answer.json()['id']}/"
    assert send(staff, "PATCH", url, {"position": 2}).json()["position"] == 2
    assert [row["position"] for row in staff.get(PINS, {"placement": "cart"}).json()["results"]] == [2]
    assert staff.get(PINS, {"kind": "hide"}).json() == {"results": [], "next": None}
    assert send(staff, "DELETE", url).status_code == 204
    assert [(before and before["position"], after and after["position"]) for _, before, after in logged()] == [
        (None, 1),
        (1, 2),
        (2, None),
    ]


@pytest.mark.parametrize(
    ("change", "status", "name"),
    [
        ({"item": "unheard-of"}, 404, "item"),
        ({"item": ""}, 400, "item"),
        ({"item": {"key": "a"}}, 400, "item"),
        ({"placement": "unheard-of"}, 400, "placement"),
        ({"placement": ["cart"]}, 400, "placement"),
        ({"placement": "ca\x00rt"}, 400, "placement"),
        ({"kind": "glue"}, 400, "kind"),
        ({"position": 0}, 400, "position"),
        ({"factor": "nan"}, 400, "factor"),
        ({"factor": 0}, 400, "factor"),
        ({"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, 400, "ends_at"),
    ],
)
def test_a_bad_pin_is_named(staff, change, status, name):
    Placement.objects.get_or_create(slug="cart", defaults={"strategy": "cart"})
    answer = send(staff, "POST", PINS, {"placement": "cart", "item": "a", "kind": "pin", **change})
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [name]), answer.content


def test_a_preview_shows_what_a_page_would_and_says_what_was_left_out(staff):
    for other in "bbc":
        make_order("a", other)
    fold_all()
    Placement.objects.update_or_create(slug="product-related", defaults={"strategy": "related"})
    send(staff, "POST", PINS, {"placement": "product-related", "item": "b", "kind": "hide"})
    body = staff.get(f"{PLACEMENTS}product-related/preview/", {"item": "a", "limit": 1}).json()
    assert [one["item"] for one in body["items"]] == ["c"]
    assert {one["item"]: one["removed"] for one in body["considered"]}["b"] == "hidden_by_staff"
    without = staff.get(f"{PLACEMENTS}product-related/preview/")
    assert (without.status_code, list(without.json()["errors"])) == (400, ["item"])
    unknown = staff.get(f"{PLACEMENTS}product-related/preview/", {"item": "unheard-of"})
    assert unknown.status_code == 404


def test_a_preview_for_a_shopper_needs_the_right_to_see_shoppers(client_with, staff):
    Placement.objects.update_or_create(slug="for-you", defaults={"strategy": "for_you"})
    url = f"{PLACEMENTS}for-you/preview/"
    assert staff.get(url, {"shopper": "user:1"}).status_code == 403
    seer = client_with("view_placement", "see_personal_data")
    assert seer.get(url, {"shopper": "user:1"}).status_code == 200
    assert list(staff.get(url, {"shopper": "nobody"}).json()["errors"]) == ["shopper"]
    assert not LogEntry.objects.exists(), "nothing is kept of this shopper"
    Shopper.objects.create(key="user:1")
    for _look in range(2):
        seer.get(url, {"shopper": "user:1"})
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["looked at"]
