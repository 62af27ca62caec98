"""A lock or a slow statement costs no page more than the host's own timeouts allow."""

import threading
import time
from dataclasses import replace

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client
from django.urls import reverse

from recommendations.models import PairCount
from recommendations.services import record
from recommendations.services.fold import fold_all, fold_for
from tests.factories import NOW, make_order, placed_order
from tests.shop.stock import make_product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sql, pytest.mark.usefixtures("stocked")]

SUGGESTED = "Product b"


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


@pytest.fixture
def product(stocked):
    """A product of the reference shop that was bought with `b`."""
    made = make_product("a")
    key = stocked.item_key(made)
    stocked.shelf[key] = replace(stocked.shelf["a"], key=key)
    make_order(key, "b")
    fold_all(now=NOW)
    return made


def assert_busy(answer):
    assert (answer.status_code, answer.json()) == (503, {"errors": {"server": ["is busy, try again"]}})
    assert answer["Retry-After"] == "5"


def test_while_a_table_is_locked_lists_answer_in_time_orders_are_recorded_and_counted_afterwards(impatient, locked):
    make_order("a", "b")
    fold_all(now=NOW)
    locked.take()
    client = Client()

    began = time.monotonic()
    answer = client.get("/api/v1/items/a/related/")
    assert_busy(answer)
    assert time.monotonic() - began < 1
    record.order(placed_order("a", "b"))
    with pytest.raises(OperationalError, match="timeout"):
        fold_for(0)
    locked.release()
    fold_for(0)
    assert PairCount.objects.get().orders == 2
    assert client.get("/api/v1/items/a/related/").json()["items"][0]["item"] == "b"


def test_while_a_table_is_locked_the_shop_s_pages_are_shown_without_suggestions(impatient, locked, product):
    client = Client()
    client.post(reverse("shop:cart-add"), {"product": "a", "quantity": 1})
    assert SUGGESTED in client.get(product.get_absolute_url()).content.decode()
    locked.take()

    for page in (product.get_absolute_url(), reverse("shop:cart")):
        answer = client.get(page)
        assert (answer.status_code, SUGGESTED in answer.content.decode()) == (200, False)
        assert "Product a" in answer.content.decode()
    assert client.get("/api/v1/fragments/for-you/?strategy=for_you").status_code == 204


@pytest.mark.parametrize("atomic_requests", [False, True])
def test_a_statement_that_takes_too_long_is_a_503_and_an_empty_place(
    impatient, stocked, product, monkeypatch, atomic_requests
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic_requests)

    def slow(keys, context):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")

    client = Client()
    assert SUGGESTED in client.get(product.get_absolute_url()).content.decode()
    monkeypatch.setattr(stocked, "facts", slow)
    began = time.monotonic()
    assert_busy(client.get("/api/v1/items/a/related/"))
    assert_busy(client.post("/api/v1/batch/", {"lists": [{"strategy": "for_you"}]}, content_type="application/json"))
    answer = client.get(product.get_absolute_url())
    assert (answer.status_code, SUGGESTED in answer.content.decode()) == (200, False)
    assert "Product a" in answer.content.decode()
    assert time.monotonic() - began < 10


def test_a_connection_that_breaks_is_a_503_and_the_next_request_has_another(stocked, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection to lose")
    make_order("a", "b")
    fold_all(now=NOW)
    original = stocked.facts

    def cut(keys, context):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(stocked, "facts", cut)
    assert_busy(Client().get("/api/v1/items/a/related/"))
    connection.close()
    monkeypatch.setattr(stocked, "facts", original)
    assert Client().get("/api/v1/items/a/related/").json()["items"][0]["item"] == "b"
