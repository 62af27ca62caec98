"""A lock or a slow statement costs no page more than the host's own timeouts allow."""

import threading
import time

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from recommendations.models import PairCount
from recommendations.services import record
from recommendations.services.fold import fold_all, fold_for
from tests.factories import NOW, make_order, placed_order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sql, pytest.mark.usefixtures("stocked")]


@pytest.fixture
def impatient():
    """The host's own timeouts, as it would set them in OPTIONS."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's readers never wait")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")
        cursor.execute("SET statement_timeout = '500ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
        cursor.execute("RESET statement_timeout")


class Lock:
    """Another transaction that holds the pair counts exclusively, as a migration does."""

    def __init__(self):
        self._holds, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def take(self):
        self._thread.start()
        assert self._holds.wait(10)

    def release(self):
        self._done.set()
        if self._thread.ident:
            self._thread.join()

    def _hold(self):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'LOCK TABLE "{PairCount._meta.db_table}" IN ACCESS EXCLUSIVE MODE')
            self._holds.set()
            self._done.wait(20)
        connections.close_all()


@pytest.fixture
def locked():
    lock = Lock()
    yield lock
    lock.release()


def test_while_a_table_is_locked_lists_answer_in_time_orders_are_recorded_and_counted_afterwards(impatient, locked):
    make_order("a", "b")
    fold_all(now=NOW)
    locked.take()
    client = Client()

    began = time.monotonic()
    answer = client.get("/api/v1/items/a/related/")
    assert (answer.status_code, answer.json()) == (503, {"errors": {"server": ["is busy, try again"]}})
    assert time.monotonic() - began < 1
    record.order(placed_order("a", "b"))
    with pytest.raises(OperationalError, match="timeout"):
        fold_for(0)
    locked.release()
    fold_for(0)
    assert PairCount.objects.get().orders == 2
    assert client.get("/api/v1/items/a/related/").json()["items"][0]["item"] == "b"
