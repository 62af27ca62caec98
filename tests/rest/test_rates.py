"""Rates hold for however many requests at once, for one client and no other, and never break an answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from recommendations.conf import problems, rate_of
from recommendations.rest import rates

POPULAR = "/api/v1/popular/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon(stocked, settings, monkeypatch):
    """A window that does not end during a test, and ten lists in it."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "READ_RATE": "10/day", "TRUSTED_RATE": "2/day"}
    monkeypatch.setattr(rates.time, "time", lambda: 20_000 * 86_400 + 43_200.0)
    cache.clear()
    yield
    cache.clear()


def statuses(client, times, url=POPULAR, **more):
    return [client.get(url, **more).status_code for _ in range(times)]


def test_the_eleventh_request_is_told_when_to_ask_again(client):
    assert statuses(client, 10) == [200] * 10
    answer = client.get(POPULAR)
    assert (answer.status_code, answer["Retry-After"]) == (429, "43200")
    assert list(answer.json()["errors"]) == ["request"]


@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_once_are_ten(stocked):
    def ask(_):
        try:
            return Client().get(POPULAR).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, range(100)))
    assert sorted(found) == [200] * 10 + [429] * 90


def test_another_address_another_account_and_another_window_are_other_clients(client, django_user_model, monkeypatch):
    assert statuses(client, 11)[-1] == 429
    assert client.get(POPULAR, REMOTE_ADDR="10.0.0.9").status_code == 200
    ann = Client()
    ann.force_login(django_user_model.objects.create_user("ann"))
    assert statuses(ann, 11) == [200] * 10 + [429]
    monkeypatch.setattr(rates.time, "time", lambda: 20_001 * 86_400 + 1.0)
    assert client.get(POPULAR).status_code == 200


def test_neither_a_new_cookie_nor_a_forged_header_makes_another_client(client):
    assert statuses(client, 10) == [200] * 10
    stranger = Client(headers={"x-forwarded-for": "10.0.0.9"})
    stranger.cookies["basketry_visitor"] = "made-up"
    assert stranger.get(POPULAR).status_code == 429


def test_a_cache_that_fails_lets_every_request_through(client, monkeypatch):
    def fail(*_, **__):
        raise ConnectionError("gone")

    monkeypatch.setattr(rates.cache, "add", fail)
    assert statuses(client, 12) == [200] * 12


def test_a_count_that_was_thrown_out_begins_again(client, monkeypatch):
    monkeypatch.setattr(rates.cache, "add", lambda *_, **__: False)
    assert client.get(POPULAR).status_code == 200


def test_each_kind_of_view_has_its_own_rate(client, admin_client):
    assert statuses(client, 11)[-1] == 429
    assert statuses(admin_client, 3, "/api/v1/jobs/") == [200, 200, 429]
    assert client.put("/api/v1/me/consent/", {"consent": "granted"}, content_type="application/json").status_code == 200


def test_lists_as_html_count_as_lists(client):
    fragment = "/api/v1/fragments/best-sellers/?strategy=best_sellers"
    assert statuses(client, 5) == [200] * 5
    assert 429 not in statuses(client, 5, fragment)
    answer = client.get(fragment)
    assert (answer.status_code, answer["Retry-After"], answer.content) == (429, "43200", b"too many requests")
    assert "no-store" in answer["Cache-Control"]


def test_the_probes_have_none(client):
    assert statuses(client, 12, "/api/v1/health/live") == [200] * 12


@pytest.mark.parametrize(
    "value", ["10", "10/week", "0/day", "-1/day", "1.5/day", "9999999999/day", "\uff11/day", 10, b"1/day"]
)
def test_a_rate_out_of_range_is_named(value):
    (found,) = problems({"CATALOGUE": "a.b", "READ_RATE": value})
    assert found.startswith("READ_RATE must be a rate such as '600/minute'")


def test_a_rate_is_requests_in_seconds():
    assert (rate_of("600/minute"), rate_of("1/day")) == ((600, 60), (1, 86_400))
