import pytest
from django.db import connection

from recommendations.plans import planned_once

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def kept_connection():
    """The connection, told that it outlives the request."""
    told = dict(connection.settings_dict)
    connection.settings_dict["CONN_MAX_AGE"] = 60
    yield connection
    connection.settings_dict.clear()
    connection.settings_dict.update(told)


def plans():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%planned by the test%'")
        return cursor.fetchone()[0]


def planned(number):
    with planned_once(connection) as cursor:
        cursor.execute('SELECT CAST(%s AS integer) AS "planned by the test"', [number])
        return cursor.fetchone()[0]


def test_a_text_is_planned_once_for_a_connection(kept_connection):
    assert [planned(1), planned(2), planned(70_000)] == [1, 2, 70_000]
    if connection.vendor == "postgresql":
        before = plans()
        assert before > 0
        planned(3)
        assert plans() == before


@pytest.mark.parametrize(
    "told", [{"CONN_MAX_AGE": 0}, {"DISABLE_SERVER_SIDE_CURSORS": True}, {"OPTIONS": {"prepare_threshold": None}}]
)
def test_no_plan_is_kept_where_connections_do_not_last_or_are_shared(kept_connection, told):
    before = plans() if connection.vendor == "postgresql" else 0
    kept_connection.settings_dict |= told
    with planned_once(connection) as cursor:
        cursor.execute('SELECT CAST(%s AS integer) AS "planned by the test, not kept"', [4])
        assert cursor.fetchone()[0] == 4
    assert connection.vendor != "postgresql" or plans() == before


def test_statements_with_kept_plans_are_counted_as_any_other(kept_connection, django_assert_num_queries):
    with django_assert_num_queries(1):
        planned(5)
