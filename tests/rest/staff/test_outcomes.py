"""What lists earned, by the API."""

import uuid

import pytest

from recommendations.models import EventKind
from recommendations.services import outcomes, record, tokens
from tests.factories import NOW, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stocked")]

DAY = {"since": "2026-03-01", "until": "2026-03-01"}


@pytest.fixture
def item():
    """An item that was shown, clicked and bought on the first of March."""
    item = make_item("a")
    shown = tokens.Shown(uuid.uuid4(), "cart", NOW, items=((item.pk, 1, "staff", 1.0),), strategy="cart")
    record.impressions([tokens.sign(shown)], shopper="user:1", now=NOW)
    click = record.BrowseEvent(uuid.uuid4(), EventKind.CLICK, NOW, item="a", recommendation=tokens.sign(shown))
    record.events([click], shopper="user:1", now=NOW)
    make_order("a")
    outcomes.refresh(now=NOW)
    return item


def test_figures_of_the_days_asked_for(client_with, item):
    told = client_with("view_impression").get("/api/v1/outcomes/", DAY).json()
    assert told["figures_of"] == "2026-03-01T12:00:00Z"
    for row in (told["total"], *told["days"], *told["placements"], *told["strategies"]):
        assert (row["lists"], row["clicked"], row["click_through"], row["orders"]) == (1, 1, 1.0, 1)
        assert row["revenue"] == {"EUR": "2.5000"}
    assert [row["day"] for row in told["days"]] == ["2026-03-01"]
    of_item = client_with("view_impression", "view_item").get("/api/v1/outcomes/", {**DAY, "item": item.key}).json()
    assert [(row["placement"], row["source"], row["shown"]) for row in of_item["sources"]] == [("cart", "staff", 1)]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "2026-03-02", "until": "2026-03-01"}, "until"),
        ({"since": "2020-01-01", "until": "2026-03-01"}, "until"),
        ({"since": "0001-01-01", "until": "0001-01-02"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"item": "unheard-of"}, "item"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_named(client_with, asked, field):
    answer = client_with("view_impression").get("/api/v1/outcomes/", asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_it_needs_its_permission(client_with):
    assert client_with("view_placement").get("/api/v1/outcomes/").status_code == 403
