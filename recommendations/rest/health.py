"""Health for machines: is the process alive, can it serve, does the background keep up; figures for Prometheus."""

import hmac
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import DatabaseError
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recommendations.conf import settings
from recommendations.services import health

AGES = ("pending_lag_s", "counts_age_s", "rules_age_s", "network_age_s", "network_refreshed_age_s")

GAUGES = {
    "pending_lag_s": ("pending_lag_seconds", "How long the order waits that waits longest to be folded"),
    "pending_orders": ("pending_orders", "Orders that wait to be folded"),
    "waiting_orders": ("waiting_orders", "Back-filled orders that wait for a recount"),
    "quarantined_orders": ("quarantined_orders", "Orders that cannot be folded"),
    "quarantined_jobs": ("quarantined_jobs", "Jobs of the last day that used up their attempts"),
    "clamped_orders": ("clamped_orders", "Orders whose time could not be and was corrected"),
    "clamped_events": ("clamped_events", "Browse events whose time could not be and was corrected"),
    "counted_orders": ("counted_orders", "Orders in the live counts"),
    "counts_age_s": ("counts_age_seconds", "Time since the last fold"),
    "rules_age_s": ("rules_age_seconds", "Age of the live rules"),
    "network_age_s": ("network_age_seconds", "Age of the live network"),
    "network_refreshed_age_s": (
        "network_refreshed_age_seconds",
        "Time since the arrays that serve were refreshed; absent where they are as trained",
    ),
    "networks_refused": ("networks_refused", "Networks refused since the last one that was published"),
    "orders_since_network": ("orders_since_network", "Orders counted since the live network was made"),
}


@non_atomic_requests
@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """GET health/live: 200 as long as the process answers; asks nobody."""
    return JsonResponse({"status": "ok"})


@non_atomic_requests
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """GET health/ready: 200 where lists can be served, 503 where the database is away or not migrated.

    A background that does not keep up is `degraded`, still with 200: taking web servers away would not help it.
    """
    try:
        state = health.examine(now=timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "warnings": ["database"]}, status=503)
    warnings = state.warnings()
    figures = {name: None if (age := getattr(state, name)) is None else round(age, 1) for name in AGES}
    return JsonResponse({"status": "degraded" if warnings else "ok", "warnings": warnings, **figures})


@non_atomic_requests
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """GET health/metrics in Prometheus' text format, with METRICS_TOKEN as bearer token or for staff who see jobs."""
    if not _may_see(request):
        return HttpResponse("send METRICS_TOKEN as a bearer token\n", status=403, content_type="text/plain")
    if find_spec("prometheus_client") is None:
        words = 'metrics need prometheus-client: pip install "django-basketry[prometheus]"\n'
        return HttpResponse(words, status=501, content_type="text/plain")
    client: Any = import_module("prometheus_client")
    try:
        state = health.examine(now=timezone.now())
    except DatabaseError:
        return HttpResponse("the database is away\n", status=503, content_type="text/plain")
    registry = client.CollectorRegistry()
    for field, (name, meaning) in GAUGES.items():
        value = getattr(state, field)
        if value is not None:
            client.Gauge(f"basketry_{name}", meaning, registry=registry).set(value)
    warning = client.Gauge("basketry_warning", "1 while somebody should look at it", ["code"], registry=registry)
    for code in state.warnings():
        warning.labels(code=code).set(1)
    return HttpResponse(client.generate_latest(registry), content_type=client.CONTENT_TYPE_LATEST)


def _may_see(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    user: Any = getattr(request, "user", None)
    return user is not None and user.is_staff and user.has_perm("recommendations.view_jobrun")
