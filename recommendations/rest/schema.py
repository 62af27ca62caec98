"""The API's description of itself as OpenAPI, and the page that shows it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from recommendations import __version__
from recommendations.rest import health
from recommendations.rest.base import PluginView
from recommendations.rest.conditional import with_etag
from recommendations.rest.rates import Rate

HOUR = 3_600

TITLE = "Basketry"
DESCRIPTION = (
    "Recommendations of a shop. Who asks is what the session or the visitor's cookie says, never a parameter. "
    'Every error names what is wrong: `{"errors": {"limit": ["must be ..."]}}`. '
    "An answer with an ETag need not be told twice: with `If-None-Match` it is a 304 while it holds."
)
PARTS = {
    "lists": "What to suggest. Public; nothing is written.",
    "shopper": "What a shopper decides and gives: consent, ratings, the merge at login.",
    "recording": "What happened in the shop.",
    "rules": "Staff: claims and decisions.",
    "placements": "Staff: named spots, pins, boosts, hides.",
    "jobs": "Staff: background work.",
    "artefacts": "Staff: published versions.",
    "health": "How the background keeps up.",
}


STATUS = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"type": "string", "enum": ["ok", "degraded", "unavailable"]},
        "warnings": {"type": "array", "items": {"type": "string"}},
        **{name: {"type": "number", "nullable": True} for name in health.AGES},
    },
}
PROBES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "health-live": ("Whether the process answers; asks nobody", {"200": "It does."}),
    "health-ready": (
        "Whether lists can be served, and whether the background keeps up",
        {"200": "They can; `degraded` where the background falls behind.", "503": "The database is away."},
    ),
    "health-metrics": (
        "Figures for Prometheus; send METRICS_TOKEN as a bearer token",
        {
            "200": "Gauges in the text format.",
            "403": "Neither the token nor staff who see jobs.",
            "501": "The package is not there.",
            "503": "The database is away.",
        },
    ),
}


def with_health(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The description with the probes, which are plain views: they answer when all else is broken."""
    for name, (summary, answers) in PROBES.items():
        content = (
            {"text/plain": {"schema": {"type": "string"}}}
            if name == "health-metrics"
            else {"application/json": {"schema": STATUS}}
        )
        result["paths"][reverse(f"recommendations:{name}")] = {
            "get": {
                "operationId": name.replace("-", "_"),
                "summary": summary,
                "tags": ["health"],
                "security": [{}],
                "responses": {code: {"description": meaning, "content": content} for code, meaning in answers.items()},
            }
        }
    return result


class OwnEndpoints(EndpointEnumerator):
    """The plugin's endpoints, whatever else the host's URLs hold."""

    def should_include_endpoint(self, path: str, callback: Any) -> bool:
        is_own = issubclass(getattr(callback, "cls", object), PluginView)
        return is_own and bool(super().should_include_endpoint(path, callback))


class OwnSchema(SchemaGenerator):
    """A description of the plugin's API alone; the host's own may have one beside it."""

    endpoint_inspector_cls = OwnEndpoints


class SchemaView(SpectacularAPIView):
    """The description; YAML, or JSON where that is asked for. It is made once a process: making it takes a while."""

    generator_class = OwnSchema
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (Rate,)
    rate = "READ_RATE"
    versioning_class = None
    custom_settings = {
        "TITLE": TITLE,
        "DESCRIPTION": DESCRIPTION,
        "VERSION": __version__,
        "TAGS": [{"name": name, "description": text} for name, text in PARTS.items()],
        "POSTPROCESSING_HOOKS": ["recommendations.rest.schema.with_health"],
    }

    def _get_schema_response(self, request: Request) -> Response:
        response = Response(_whole())
        patch_cache_control(response, public=True, max_age=HOUR)
        with_etag(request, response)
        return response


@cache
def _whole() -> dict[str, Any]:
    generator: Any = OwnSchema
    with translation.override("en"):
        described: dict[str, Any] = generator().get_schema(request=None, public=True)
    return described
