"""Shopping in the bookshop through its ASGI application, with real commits: run within its project, after the steps."""

import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from accounts.models import User
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from bookshop.asgi import application
from bookshop.celery import app as celery
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.db import connection, connections
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from history import BOOKS, PASSWORD, email, skus
from invoices.models import Invoice
from orders.models import Order
from products.models import Product

from recommendations import models
from recommendations.catalogue import Context, get_catalogue
from recommendations.exceptions import KeyConflict
from recommendations.services import attribute, record

CLICK = re.compile(r'<li class="book"><a href="([^"?]*)\?basketry=([^"]*)" rel="nofollow">([^<]*)</a>')


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker):
    with django_db_blocker.unblock():
        yield


class Visitor:
    """A browser of the shop."""

    def __init__(self):
        self.client = AsyncClient()

    def get(self, url):
        return async_to_sync(self.client.get)(url)

    def post(self, url, body, **more):
        return async_to_sync(self.client.post)(url, body, **more)

    def put(self, url, body):
        return async_to_sync(self.client.put)(url, body, content_type="application/json")

    def tell(self, kind, item, **more):
        event = {"event_id": str(uuid4()), "kind": kind, "item": item, "at": timezone.now().isoformat(), **more}
        answer = self.post("/api/v1/events/", [event], content_type="application/json")
        return answer.json()["events"][0]["status"]

    def log_in(self, number):
        assert self.post("/accounts/login/", {"username": email(number), "password": PASSWORD}).status_code == 302
        return User.objects.get(email=email(number))

    def buy(self, *keys, card="4111", email="guest@example.com"):
        for sku in keys:
            self.post(reverse("cart"), {"sku": sku})
        return self.post(reverse("checkout"), {"email": email, "card": card}).status_code

    def related(self, key):
        return self.get(f"/api/v1/items/{quote(key)}/related/?limit=1")


@pytest.fixture
def visitor():
    return Visitor()


def suggested(html):
    return [title for _, _, title in CLICK.findall(html)]


def evidence(answer):
    return answer.json()["items"][0]["reasons"][0]["evidence"]


def eventually(question):
    ends = time.monotonic() + 20
    while not question() and time.monotonic() < ends:
        time.sleep(0.1)
    return question()


@async_to_sync
async def requested(path):
    """Status and body, as a server asks for them: unlike the test client, it hands over text that is not ASCII."""
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    server = ApplicationCommunicator(application, scope)
    await server.send_input({"type": "http.request"})
    start, body = await server.receive_output(5), await server.receive_output(5)
    return start["status"], body["body"].decode()


@contextmanager
def missing(model):
    """The shop while a table of the plugin's is not there."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_gone")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table}_gone RENAME TO {table}")


def test_the_asgi_application_answers():
    status, page = requested(Product.objects.get(pk=BOOKS[0]).get_absolute_url())
    assert status == 200
    assert "recommendations/basketry.js" in page
    assert suggested(page)[0] == "Volume 1"


def test_the_history_was_counted_with_every_edition_as_its_book():
    assert models.Order.objects.count() >= 300
    assert not models.Order.objects.pending().exists()
    assert set(models.Item.objects.values_list("key", flat=True)) == {str(pk) for pk in BOOKS}
    by_uuid = Visitor().related(str(BOOKS[2]))
    assert by_uuid.json()["items"][0]["title"] == "Volume 3"
    assert evidence(by_uuid)["n_ab"] >= 40
    for sku in skus(2):
        status, body = requested(f"/api/v1/items/{sku}/related/")
        assert status == 200
        assert json.loads(body)["items"][0]["reasons"] == by_uuid.json()["items"][0]["reasons"]


def test_what_is_suggested_is_an_edition_in_stock(visitor):
    (item,) = visitor.related(str(BOOKS[4])).json()["items"]
    assert item["item"] == skus(5)[1]
    assert item["price"] == "35.00"


@pytest.mark.parametrize("key", ["no-such-book", "a/b", "7", str(uuid4()), BOOKS[0].hex, "红"])
def test_a_key_that_the_shop_does_not_know_is_a_404(visitor, key):
    assert visitor.related(key).status_code == 404
    assert visitor.tell("view", key) == "invalid"


def test_facts_of_both_kinds_of_keys_are_one_query():
    keys = [str(BOOKS[0]), *skus(1), "no-such-book"]
    with CaptureQueriesContext(connection) as queries:
        facts = get_catalogue().facts(keys, Context())
    assert len(queries) == 1
    assert facts.keys() >= set(keys[:-1])


def test_the_api_keeps_to_its_own_rules_whatever_the_shop_s_are(visitor):
    visitor.log_in(5)
    assert visitor.tell("view", str(BOOKS[0])) == "recorded"
    form = {
        "events": json.dumps([{"event_id": str(uuid4()), "kind": "view", "item": str(BOOKS[1]), "at": "2026-01-31"}])
    }
    assert visitor.post("/api/v1/events/", form).status_code == 200
    order = {"key": "1", "placed_at": "2026-01-31T12:00:00Z", "currency": "CNY", "lines": []}
    assert visitor.post("/api/v1/orders/", order, content_type="application/json").status_code == 401


def test_a_visitor_who_refuses_is_not_recorded(visitor):
    answer = visitor.put("/api/v1/me/consent/", {"consent": "refused"})
    assert answer.status_code == 200
    assert visitor.tell("view", str(BOOKS[0])) == "refused"


def test_staff_reach_every_page_of_the_plugin_s(visitor):
    call_command("mine")
    User.objects.create_superuser("staff@example.com", PASSWORD)
    visitor.post("/accounts/login/", {"username": "staff@example.com", "password": PASSWORD})
    pages = [reverse("admin:index")]
    for model in apps.get_app_config("recommendations").get_models():
        if admin.site.is_registered(model):
            pages.append(reverse(f"admin:recommendations_{model._meta.model_name}_changelist"))
            row = model._base_manager.first()
            if row is not None:
                pages.append(reverse(f"admin:recommendations_{model._meta.model_name}_change", args=[row.pk]))
    assert len(pages) > 10
    assert {url: visitor.get(url).status_code for url in pages} == dict.fromkeys(pages, 200)


def test_recording_the_history_again_makes_no_order_and_no_conflict_with_an_account_s():
    before = models.Order.objects.count()
    again = [order for order in get_catalogue().orders(None) if order.shopper]
    assert not any(isinstance(outcome, KeyConflict) or outcome.created for outcome in record.orders(again))
    call_command("backfill")
    assert models.Order.objects.count() == before


def test_a_visitor_who_logs_in_takes_along_what_they_looked_at(visitor):
    assert visitor.tell("view", str(BOOKS[0])) == "recorded"
    assert visitor.tell("view", skus(1)[0]) == "recorded"
    user = visitor.log_in(0)
    shopper = models.Shopper.objects.get(key=f"user:{user.pk}")
    assert shopper.user_id == user.pk
    assert set(models.BrowseLog.objects.filter(shopper=shopper).values_list("item__key", flat=True)) == {
        str(pk) for pk in BOOKS[:2]
    }


def test_checkouts_are_counted_at_the_next_fold(visitor):
    before = evidence(visitor.related(str(BOOKS[6])))
    visitor.log_in(1)
    assert visitor.buy(skus(6)[0], skus(7)[1]) == 302
    assert visitor.buy(skus(6)[1], skus(6)[0]) == 302
    assert Visitor().buy(skus(7)[0], skus(6)[0]) == 302
    call_command("fold")
    after = evidence(visitor.related(str(BOOKS[6])))
    assert (after["n_ab"], after["n_a"]) == (before["n_ab"] + 2, before["n_a"] + 3)
    newest = Order.objects.order_by("-pk")[:3]
    recorded = models.Order.objects.filter(key__in=[str(order.pk) for order in newest])
    user = User.objects.get(email=email(1))
    assert sorted(recorded.values_list("shopper__key", flat=True), key=str) == [None, *[f"user:{user.pk}"] * 2]
    assert call_command("recount", check=True) is None


def test_a_declined_card_leaves_no_order_here_nor_there(visitor):
    before = Order.objects.count(), models.Order.objects.count(), Invoice.objects.count()
    assert visitor.buy(skus(0)[0], card="declined") == 402
    assert (Order.objects.count(), models.Order.objects.count(), Invoice.objects.count()) == before
    assert visitor.buy() == 302
    assert Order.objects.count() == before[0] + 1
    assert models.Order.objects.count() == before[1] + 1


def test_cart_and_personal_page_suggest_in_the_shop_s_own_look(visitor):
    visitor.post(reverse("cart"), {"sku": skus(8)[0]})
    assert suggested(visitor.get(reverse("cart")).content.decode())[0] == "Volume 9"
    page = visitor.get(reverse("yours")).content.decode()
    assert suggested(page)
    assert "Best sellers" in page
    visitor.log_in(2)
    assert suggested(visitor.get(reverse("yours")).content.decode())


def test_a_purchase_after_a_click_is_credited_to_the_list(visitor):
    began = timezone.now()
    page = visitor.get(Product.objects.get(pk=BOOKS[0]).get_absolute_url()).content.decode()
    url, token, _ = CLICK.findall(page)[0]
    assert visitor.get(f"{url}?basketry={token}").status_code == 200
    impression = {"kind": "impression", "recommendation": token}
    visitor.post("/api/v1/events/", [impression], content_type="application/json")
    assert visitor.tell("click", str(BOOKS[1]), recommendation=token) == "recorded"
    visitor.log_in(3)
    assert visitor.buy(skus(1)[0]) == 302
    (bought,) = attribute.purchases(since=began, until=timezone.now() + timedelta(seconds=1))
    assert (bought.touch.placement, bought.item_key, bought.currency) == ("product-related", str(BOOKS[1]), "CNY")


@pytest.mark.parametrize("model", [models.Placement, models.Item, models.PairCount])
def test_a_page_is_whole_and_its_transaction_stands_where_a_table_is_missing(visitor, model):
    book = Product.objects.get(pk=BOOKS[9])
    visitor.post(reverse("cart"), {"sku": skus(9)[0]})
    with missing(model):
        for url in (book.get_absolute_url(), reverse("cart"), reverse("yours")):
            answer = visitor.get(url)
            assert answer.status_code == 200
            assert "</html>" in answer.content.decode()
            assert not suggested(answer.content.decode())
    assert Product.objects.get(pk=book.pk).views == book.views + 1


def test_an_order_that_cannot_be_recorded_is_placed_all_the_same(visitor):
    before = Order.objects.count(), models.Order.objects.count()
    with missing(models.OrderLine):
        assert visitor.buy(skus(0)[0]) == 302
    assert (Order.objects.count(), models.Order.objects.count()) == (before[0] + 1, before[1])


def test_a_login_goes_on_where_a_table_is_missing(visitor):
    assert visitor.tell("view", str(BOOKS[0])) == "recorded"
    with missing(models.Rating):
        visitor.log_in(4)
    assert visitor.get(reverse("home")).status_code == 200


def test_a_tag_in_an_asynchronous_view_shows_nothing(visitor):
    answer = visitor.get(reverse("hours"))
    assert answer.status_code == 200
    assert answer.content.decode().rstrip().endswith("<p>Ten to eight, every day.</p>")


def test_the_second_database_is_left_alone():
    tables = connections["archive"].introspection.table_names()
    assert not [table for table in tables if table.startswith("recommendations")]


def test_the_shop_s_own_tasks_stay_in_its_queue_beside_the_plugin_s():
    celery.loader.import_default_modules()
    assert {entry["task"] for entry in celery.conf.beat_schedule.values()} <= celery.tasks.keys()
    assert set(celery.conf.beat_schedule) == {"remind", "fold", "dispatch"}
    assert celery.amqp.router.route({}, "orders.tasks.remind")["queue"].name == "bookshop"
    assert celery.conf.beat_schedule["fold"]["options"]["queue"] == "recommendations"


def test_a_worker_counts_an_order_as_it_is_placed(visitor):
    worker = subprocess.Popen([sys.executable, "manage.py", "work"], stdout=subprocess.DEVNULL)
    try:
        assert visitor.buy(skus(0)[0], skus(1)[0]) == 302
        assert eventually(lambda: not models.Order.objects.pending().exists())
    finally:
        worker.terminate()
        assert worker.wait(10) == 0
