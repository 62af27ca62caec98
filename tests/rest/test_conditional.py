"""Answers that change seldom have an ETag; lists, which are made for one request, have none."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from rest_framework.authtoken.models import Token

from recommendations.models import Placement
from tests.factories import fold_all, make_order

pytestmark = pytest.mark.django_db

SELDOM = ["rules/", "placements/", "placements/cart/", "artefacts/", "readiness/", "outcomes/"]
MADE_FOR_ONE = ["popular/", "me/recommendations/", "items/a/related/"]
CHANGING = ["jobs/", "pins/", "placements/for-you/preview/"]


@pytest.fixture
def staff(admin_user):
    return Client(headers={"Authorization": f"Token {Token.objects.create(user=admin_user).key}"})


@pytest.mark.parametrize("path", SELDOM)
def test_what_did_not_change_is_not_told_twice(staff, path):
    first = staff.get(f"/api/v1/{path}")
    assert (first.status_code, first["Cache-Control"]) == (200, "private, no-cache")
    again = staff.get(f"/api/v1/{path}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "private, no-cache"
    other = staff.get(f"/api/v1/{path}", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_a_change_is_told(staff):
    before = staff.get("/api/v1/placements/cart/")
    Placement.objects.filter(slug="cart").update(limit=3)
    after = staff.get("/api/v1/placements/cart/", headers={"If-None-Match": before["ETag"]})
    assert (after.status_code, after.json()["limit"]) == (200, 3)
    assert after["ETag"] != before["ETag"]


def test_who_lost_the_right_is_refused_whatever_they_have(staff, django_user_model):
    clerk = django_user_model.objects.create_user("clerk")
    clerk.user_permissions.add(Permission.objects.get(codename="view_placement"))
    client = Client(headers={"Authorization": f"Token {Token.objects.create(user=clerk).key}"})
    had = {"If-None-Match": client.get("/api/v1/placements/")["ETag"]}
    assert client.get("/api/v1/placements/", headers=had).status_code == 304
    clerk.user_permissions.clear()
    refused = client.get("/api/v1/placements/", headers=had)
    assert (refused.status_code, refused["Cache-Control"], "ETag" in refused) == (403, "private, no-store", False)
    assert Client().get("/api/v1/placements/", headers=had).status_code == 401


def test_an_error_and_a_write_have_no_etag(staff):
    for answer in (
        staff.get("/api/v1/placements/none/", headers={"If-None-Match": "*"}),
        staff.get("/api/v1/rules/", {"limit": 0}),
        staff.patch("/api/v1/placements/cart/", {"limit": 3}, content_type="application/json"),
    ):
        assert answer.status_code in (200, 400, 404)
        assert (answer["Cache-Control"], "ETag" in answer) == ("private, no-store", False)


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.oai.openapi"])
def test_the_description_is_told_once(client, kind):
    first = client.get("/api/v1/schema/", headers={"Accept": kind})
    again = client.get("/api/v1/schema/", headers={"Accept": kind, "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", "public, max-age=3600")
    assert client.get("/api/v1/schema/", headers={"If-None-Match": '"of another version"'}).status_code == 200


@pytest.mark.parametrize("path", MADE_FOR_ONE)
def test_a_list_of_a_shopper_has_none(client, stocked, path):
    make_order("a", "b")
    fold_all()
    answer = client.get(f"/api/v1/{path}", headers={"If-None-Match": "*"})
    assert (answer.status_code, answer["Cache-Control"], "ETag" in answer) == (200, "private, no-store", False)


@pytest.mark.parametrize("path", CHANGING)
def test_what_changes_often_has_none(staff, stocked, path):
    answer = staff.get(f"/api/v1/{path}")
    assert answer["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer
