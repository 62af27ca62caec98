"""What machines are told: alive, ready, and whether the background keeps up."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from recommendations import store
from recommendations.models import Artefact, ArtefactKind, BasketTotals, BrowseLog, JobKind, JobRun, JobState, Order
from recommendations.rest import health as views
from recommendations.services import counting, health, record
from tests.factories import fold_all, make_order, placed_order, tiny_network

pytestmark = pytest.mark.django_db

TOKEN = "a token of some length"


@pytest.fixture
def shop(stocked, settings, tmp_path):
    """Folded orders, and a live network; all is well."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path), "METRICS_TOKEN": TOKEN}
    for _ in range(2):
        make_order("a", "b")
    fold_all(now=timezone.now())
    return tiny_network()


def ready(client):
    answer = client.get("/api/v1/health/ready")
    return answer.status_code, answer.json()


def test_a_live_process_says_so_without_a_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/api/v1/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_a_new_shop_without_anything_is_ready(client):
    code, body = ready(client)
    assert (code, body["status"], body["warnings"]) == (200, "ok", [])
    assert (body["pending_lag_s"], body["counts_age_s"], body["rules_age_s"]) == (0.0, None, None)


def test_when_all_is_well_it_is_ready(client, shop):
    code, body = ready(client)
    assert (code, body["status"], body["warnings"]) == (200, "ok", [])
    assert body["counts_age_s"] < 60
    assert body["network_age_s"] < 60


def test_the_age_of_a_refresh_is_told_while_its_arrays_serve(client, shop):
    assert ready(client)[1]["network_refreshed_age_s"] is None
    arrays = store.live(ArtefactKind.NETWORK).arrays
    store.refresh(shop.pk, arrays, metrics={}, data_sequence=1, now=timezone.now() - timedelta(seconds=90))
    assert 90 <= ready(client)[1]["network_refreshed_age_s"] < 120
    assert ready(client)[1]["network_age_s"] < 60
    shop.refresh_from_db()
    (store.store_dir() / shop.refreshed["file"]).unlink()
    store._loaded.clear()
    assert ready(client)[1]["network_refreshed_age_s"] is None


def test_without_a_database_it_is_unavailable(client, monkeypatch):
    def away(**_):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(views.health, "examine", away)
    assert ready(client) == (503, {"status": "unavailable", "warnings": ["database"]})
    answer = client.get("/api/v1/health/metrics")
    assert answer.status_code == 403


def test_an_order_that_waits_too_long_is_told_and_an_old_one_that_changed_just_now_is_not(client, shop):
    old = make_order("a", "c")
    long_ago = timezone.now() - timedelta(days=30)
    Order.objects.filter(pk=old.pk).update(recorded_at=long_ago, changed_at=timezone.now() - timedelta(seconds=40))
    _, body = ready(client)
    assert (body["status"], body["warnings"]) == ("degraded", ["orders_wait"])
    assert 40 <= body["pending_lag_s"] < 60
    fold_all(now=timezone.now())
    record.cancel(order_key=old.key, key="c1", at=timezone.now())
    assert ready(client)[1]["warnings"] == []


def test_what_was_set_aside_is_told(client, shop):
    counting.quarantine(make_order("a", "b").pk, ValueError("unreadable"))
    JobRun.objects.create(kind=JobKind.TRAIN, slot="x", state=JobState.FAILED, attempts=3, finished_at=timezone.now())
    assert ready(client)[1]["warnings"] == ["orders_quarantined", "jobs_quarantined"]


def test_rules_and_a_network_that_fell_behind_are_told(client, shop, settings):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TRAIN_AFTER_ORDERS": 1}
    call_command("mine")
    assert ready(client)[1]["warnings"] == []
    for _ in range(4):
        make_order("a", "b")
    fold_all(now=timezone.now())
    Artefact.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert ready(client)[1]["warnings"] == ["rules_stale", "network_stale"]


def test_a_network_whose_file_is_gone_is_told(client, shop, tmp_path):
    for file in tmp_path.iterdir():
        file.unlink()
    Artefact.objects.filter(kind=ArtefactKind.NETWORK).update(sha256="0" * 64)
    assert "network_refused" in ready(client)[1]["warnings"]


def test_a_network_that_lost_its_gate_three_times_in_a_row_is_told(client, shop):
    def refuse():
        store.refuse(ArtefactKind.NETWORK, reason="worse", metrics={}, data_sequence=1, data_orders=1)

    refuse()
    tiny_network()
    refuse()
    refuse()
    assert ready(client)[1]["warnings"] == []
    refuse()
    assert ready(client)[1]["warnings"] == ["network_gate_lost"]
    answer = client.get("/api/v1/health/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert "basketry_networks_refused 3.0" in answer
    assert 'basketry_warning{code="network_gate_lost"} 1.0' in answer
    tiny_network()
    assert ready(client)[1]["warnings"] == []


def test_a_shop_whose_first_networks_were_all_refused_is_told(client, db):
    for _ in range(3):
        store.refuse(ArtefactKind.NETWORK, reason="learnt nothing", metrics={}, data_sequence=1, data_orders=1)
    assert ready(client)[1]["warnings"] == ["network_gate_lost"]


def test_a_catalogue_that_fails_is_told(client, shop, stocked, monkeypatch):
    monkeypatch.setattr(type(stocked), "facts", lambda self, keys, context: 1 / 0)
    assert ready(client)[1]["warnings"] == ["catalogue_fails"]


def test_corrected_times_are_counted(shop):
    record.order(placed_order("a", "b", at=timezone.now() + timedelta(days=400)))
    event = record.BrowseEvent.parse({"event_id": "1" * 32, "kind": "view", "item": "a", "at": "1970-01-01T00:00:00Z"})
    record.events([event], shopper="anon:1", now=timezone.now())
    found = health.examine(now=timezone.now())
    assert (found.clamped_orders, found.clamped_events) == (1, 1)
    assert BrowseLog.objects.get().clamped


def test_metrics_are_for_the_token_and_for_staff_who_see_jobs(client, shop, admin_client, django_user_model):
    assert client.get("/api/v1/health/metrics").status_code == 403
    for wrong in (f"Bearer {TOKEN}x", "Bearer ", f"Basic {TOKEN}"):
        assert client.get("/api/v1/health/metrics", headers={"Authorization": wrong}).status_code == 403
    client.force_login(django_user_model.objects.create_user("staff", is_staff=True))
    assert client.get("/api/v1/health/metrics").status_code == 403
    assert admin_client.get("/api/v1/health/metrics").status_code == 200


def test_metrics_are_in_prometheus_format(client, shop):
    make_order("a", "b")
    Order.objects.pending().update(changed_at=timezone.now() - timedelta(seconds=99))
    answer = client.get("/api/v1/health/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert f"basketry_counted_orders {float(BasketTotals.objects.live().get().orders)}" in lines
    assert "basketry_pending_orders 1.0" in lines
    assert 'basketry_warning{code="orders_wait"} 1.0' in lines
    assert any(line.startswith("basketry_pending_lag_seconds 99.") for line in lines)


def test_metrics_without_the_library_say_how_to_install_it(client, shop, monkeypatch):
    monkeypatch.setattr(views, "find_spec", lambda name: None)
    answer = client.get("/api/v1/health/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 501
    assert "django-basketry[prometheus]" in answer.content.decode()


def test_health_shows_no_secret(client, shop):
    assert TOKEN not in json.dumps(ready(client)[1])


@pytest.mark.parametrize("path", ["live", "ready", "metrics"])
def test_nothing_is_changed_by_asking(client, path):
    assert client.post(f"/api/v1/health/{path}").status_code == 405
