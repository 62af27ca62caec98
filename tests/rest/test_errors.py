import uuid

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection

from recommendations.catalogue import get_catalogue
from recommendations.exceptions import UnknownProduct
from tests.factories import NOW

RELATED = "/api/v1/items/a/related/"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sql]


@pytest.fixture
def atomic_requests(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)


@pytest.mark.parametrize(("error", "status"), [(DatabaseError("gone"), 503), (UnknownProduct("none"), 404)])
def test_within_atomic_requests_an_error_s_answer_is_rolled_back(
    client, stocked, monkeypatch, atomic_requests, error, status
):
    def facts(keys, context):
        Group.objects.create(name="half done")
        raise error

    monkeypatch.setattr(get_catalogue(), "facts", facts)
    assert client.get(RELATED).status_code == status
    assert not Group.objects.exists()


def test_a_failed_query_within_atomic_requests_is_answered_as_busy(client, stocked, monkeypatch, atomic_requests):
    def facts(keys, context):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    monkeypatch.setattr(get_catalogue(), "facts", facts)
    assert client.get(RELATED).status_code == 503
    assert not Group.objects.exists()


def test_the_framework_need_not_be_an_installed_app(client, stocked, settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "rest_framework"]
    event = {"event_id": str(uuid.uuid4()), "kind": "view", "item": "a", "at": NOW.isoformat()}
    assert client.get(RELATED).status_code == 200
    assert client.get("/api/v1/items/unheard-of/related/", headers={"accept": "text/html"}).status_code == 404
    assert client.post("/api/v1/events/", [event], content_type="application/json").status_code == 200
