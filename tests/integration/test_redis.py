"""Redis may be stopped, frozen or slow: pages and checkouts answer as ever, and the worker goes on afterwards."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from recommendations.models import Order
from tests.factories import make_order
from tests.integration.test_worker import counted_orders, database_url, eventually, redis, start
from tests.shop.stock import make_product

__all__ = ["redis", "start"]

SECONDS = 1.0

SHOPPING = """
import json, time
import django
django.setup()
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
from shop.models import Product
client = Client(raise_request_exception=False)
client.get("/")  # templates and catalogues are loaded once
took = []
def ask(method, path, body=None):
    began = time.monotonic()
    answer = getattr(client, method)(path, body)
    took.append((path, answer.status_code, time.monotonic() - began))
    return answer
for product in Product.objects.all():
    ask("get", "/")
    ask("get", product.get_absolute_url())
    ask("get", f"/api/v1/items/{product.pk}/related/")
    ask("get", "/api/v1/me/recommendations/")
    ask("post", "/cart/add/", {"product": product.sku, "quantity": 1})
    ask("get", "/cart/")
    form = ask("get", "/checkout/").context["form"]
    hidden = {"checkout": str(form["checkout"].value()), "shown": str(form["shown"].value())}
    placed = ask("post", "/checkout/", {"email": "g@example.com", "name": "G", "address": "1 Lane", **hidden})
    assert placed.status_code == 302, placed.content
print(json.dumps(took))
"""


class SlowProxy:
    """Passes bytes on to Redis two seconds late."""

    def __init__(self, port):
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()

        async def carry(reader, writer):
            while data := await reader.read(65_536):
                await asyncio.sleep(2)
                writer.write(data)
            writer.close()

        async def accept(reader, writer):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(carry(reader, there_writer), carry(there_reader, writer), return_exceptions=True)

        async def serve():
            server = await asyncio.start_server(accept, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()

        self.loop.create_task(serve())
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        ready.wait()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)


@pytest.fixture(params=["stopped", "frozen", "slow"])
def sick_redis(request, redis):
    """The address of a Redis that is of no help."""
    url, after = redis.url, lambda: None
    if request.param == "stopped":
        redis.kill()
    elif request.param == "frozen":
        redis.process.send_signal(signal.SIGSTOP)
        after = lambda: redis.process.send_signal(signal.SIGCONT)  # noqa: E731
    else:
        proxy = SlowProxy(redis.port)
        url, after = f"redis://127.0.0.1:{proxy.port}/0", proxy.stop
    yield url
    after()


def test_pages_and_checkouts_answer_in_time_whatever_redis_does(transactional_db, sick_redis, tmp_path):
    for number in range(3):
        make_product(f"sku-{number}")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(tmp_path),
        "REDIS_URL": sick_redis,
        "ALLOWED_HOSTS": "testserver",
    }
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"], env=environment, check=True)
    answer = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", SHOPPING], env=environment, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    took = json.loads(answer.stdout)
    assert len(took) == 3 * 8
    assert [one for one in took if one[1] >= 500 or one[2] > SECONDS] == []
    assert Order.objects.pending().count() == 3


def test_after_a_frozen_redis_the_worker_goes_on(start, redis):
    worker = start(redis.url)
    make_order("a", "b")
    assert eventually(lambda: counted_orders() == 1)
    redis.process.send_signal(signal.SIGSTOP)
    make_order("a", "b")
    time.sleep(4)
    redis.process.send_signal(signal.SIGCONT)
    assert eventually(lambda: counted_orders() == 2)
    assert worker.poll() is None
