"""The benchmark of faults finds what it looks for, and its clients ask until they are answered."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection

from benchmarks.baskets import Shop
from benchmarks.clients import Change, Client, Sent
from benchmarks.reconciling import reconcile
from recommendations.models import BasketTotals, OrderLine
from recommendations.services import record
from tests.factories import NOW, fold_all, make_order


@pytest.fixture
def ledger(db):
    """Two orders as sent and as recorded, counted."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_publication (artefact bigint, kind text, job bigint, token bigint)")
    for key in ("one", "two"):
        make_order("a", "b", key=key, quantity=2)
    fold_all()
    return [Sent(key, {"a": 2, "b": 2}, acknowledged=True) for key in ("one", "two")]


def wrong(ledger):
    return {name: number for name, number in reconcile(ledger).items() if number}


def test_nothing_is_found_where_all_is_well(ledger):
    assert wrong(ledger) == {}


def test_an_acknowledged_order_that_is_not_there_is_missing(ledger):
    assert wrong([*ledger, Sent("three", {"a": 1}, acknowledged=True)]) == {"missing": 1}
    assert wrong([*ledger, Sent("three", {"a": 1})]) == {}


def test_an_order_without_one_of_its_lines_is_half_written(ledger):
    OrderLine.objects.filter(order__key="two", product_key="b").delete()
    found = wrong(ledger)
    assert found["half_written"] == 1
    assert found["recount_differences"]


def test_an_order_that_is_counted_twice_is_double(ledger):
    BasketTotals.objects.update(orders=3)
    assert wrong(ledger) == {"double": 1, "recount_differences": 1}


def test_changes_must_be_there_once_and_have_their_effect(ledger):
    record.cancel(order_key="one", key="c", at=NOW)
    fold_all()
    ledger[0].changes.append(Change("c", acknowledged=True))
    assert wrong(ledger) == {}
    ledger[1].changes.append(Change("r", "a", 1, acknowledged=True))
    assert wrong(ledger) == {"changes_missing_or_double": 1}


def test_a_client_asks_again_until_it_is_answered():
    answers = iter([500, None, 503, 201])
    bodies = []

    class Shaky(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            status = next(answers, 200)
            if status is not None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"{}")

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shaky)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = threading.Event()
    client = Client(1, server.server_port, "session", Shop(items=5, shoppers=5), told)
    client._order()
    server.shutdown()
    server.server_close()
    assert client.sent[0].acknowledged
    assert client.met == {"status_500": 1, "no_answer": 1, "status_503": 1, "made": 1}
    assert len(bodies) == 4
    assert len(set(bodies)) == 1
