import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection

from recommendations.catalogue import get_catalogue
from recommendations.exceptions import UnknownProduct

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
