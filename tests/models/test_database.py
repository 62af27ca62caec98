"""Where rows are read and written when the host has several databases."""

from unittest import mock

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.testcases import DatabaseOperationForbidden

from recommendations.catalogue import Context
from recommendations.models import Counted, ItemCount, JobKind, LivePointer, Order, OrderLine, Shopper, database
from recommendations.selectors.histories import all_histories
from recommendations.selectors.persons import person
from recommendations.selectors.serving import candidates
from recommendations.services import due, health, jobs, record, recount, serve
from recommendations.services.fold import fold_all
from recommendations.services.identify import consent_of, set_consent
from recommendations.services.merge import merge
from recommendations.services.mine import mine
from tests.factories import NOW, make_order, placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]


class Replica:
    """A host's router that sends every read to a replica, as Django's documentation shows."""

    def db_for_read(self, model, **hints):
        return "replica" if model._meta.app_label == "recommendations" else None

    def db_for_write(self, model, **hints):
        return "default" if model._meta.app_label == "recommendations" else None

    def allow_relation(self, first, second, **hints):
        return True


@pytest.fixture
def with_a_dead_replica(monkeypatch):
    """Whatever is read from the replica is an error."""
    monkeypatch.setitem(
        connections.settings, "replica", {**connections["default"].settings_dict, "NAME": "/nowhere/nothing"}
    )
    with mock.patch("django.db.router.routers", [Replica()]):
        with pytest.raises(DatabaseOperationForbidden):
            serve.related("a", context=Context(), now=NOW)
        yield
    del connections["replica"]


def test_writing_folding_and_what_must_not_be_late_never_ask_the_replica(with_a_dead_replica, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "MIN_RULE_ORDERS": 2, "MIN_RULE_SHOPPERS": 2}
    for shopper in ("user:1", "anon:1"):
        record.order(placed_order("a", "b", shopper=shopper))
    last = placed_order("a", "c", key="last")
    record.order(last)
    fold_all(now=NOW)
    merge(visitor="anon:1", account="user:5", user_id=None)
    record.cancel(order_key="last", key="c", at=NOW)
    fold_all(now=NOW)
    recount.rebuild(now=NOW)
    assert recount.check() == []
    assert dict(ItemCount.objects.values_list("item__key", "orders")) == {"a": 2, "b": 2}
    mine(progress=lambda *_: None, now=NOW)
    assert LivePointer.objects.count() == 1
    due.request_due(now=NOW)
    jobs.claim(jobs.request(JobKind.PRUNE, slot="x")[0].pk, now=NOW)
    set_consent(shopper_key="user:5", state="refused", now=NOW)
    assert consent_of("anon:1") == "refused"
    assert health.examine(now=NOW).counted_orders == 2


def test_lists_are_read_from_the_replica():
    make_order("a", "b")
    fold_all(now=NOW)
    asked = []

    class Watched(Replica):
        def db_for_read(self, model, **hints):
            asked.append(model.__name__)
            return

    with mock.patch("django.db.router.routers", [Watched()]):
        answer = serve.related("a", context=Context(), now=NOW)
    assert [one.item for one in answer.items] == ["b"]
    assert {"Item", "Placement"} <= set(asked)


def test_what_shoppers_did_is_read_where_their_consent_is_written(with_a_dead_replica):
    make_order("a", "b")
    assert len(all_histories().items) == 2
    assert len(person("user:1", since=NOW).history) == 2
    found = candidates(asked_keys=("a",), partners=5, popular=5, shopper="user:1", history=True, now=NOW)
    assert len(found.bought) == 2


def test_related_rows_are_read_where_they_are_written(with_a_dead_replica):
    order = Order.objects.get(pk=record.order(placed_order("a", "b")).id)
    assert order.lines.count() == 2
    assert order.lines.get(number=1).order == order
    assert Shopper.objects.get().orders.get() == order
    assert OrderLine.objects.using("default").count() == 2
    assert Order.objects.filter(counted=Counted.PENDING).update(currency="USD") == 1


def test_savepoints_keep_the_host_s_transaction_usable_and_cost_nothing_outside_of_one(
    django_assert_num_queries, transactional_db
):
    with django_assert_num_queries(0), database.savepoints():
        pass
    with transaction.atomic():
        with pytest.raises(IntegrityError), database.savepoints():
            Shopper.objects.create(key="user:1", consent="perhaps")
        assert not Shopper.objects.exists()
        assert connection.is_usable()


def test_joining_is_one_transaction_of_its_own_where_there_is_none(transactional_db):
    @database.joining
    def write():
        Shopper.objects.create(key="user:1")
        assert connection.in_atomic_block
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert not Shopper.objects.exists()
