"""The whole API against its own description: no request makes a server error, every answer has its described shape.

Few cases an operation here; `make fuzz` sends thousands, on PostgreSQL.
"""

import os
import sys
from urllib.parse import unquote, urlsplit

import pytest
import schemathesis
from django.contrib.auth import get_user_model
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import Resolver404, resolve
from hypothesis import HealthCheck, Phase, settings
from rest_framework.authtoken.models import Token
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from recommendations.rest.schema import OwnSchema
from tests.factories import fold_all, make_order, tiny_network

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

CASES = int(os.environ.get("FUZZ_CASES", "5"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

sent = {"cases": 0, "errors": 0}


api = schemathesis.openapi.from_dict(OwnSchema().get_schema(public=True))
api.app = get_wsgi_application()
api.config.phases.coverage.enabled = CASES > 5


@pytest.fixture
def one_connection():
    """Requests leave the test's connection open, as those of Django's own client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def key(stocked, settings, db, one_connection):
    """A key that may do everything, in a shop with orders and a network."""
    settings.ALLOWED_HOSTS = ["localhost"]
    for other in "bbc":
        make_order("a", other)
    fold_all()
    tiny_network()
    user = get_user_model().objects.create_superuser("everything")
    return Token.objects.create(user=user).key


def is_elsewhere(url):
    """Whether the address is none of the API's, so that the host answers in its own way."""
    try:
        return resolve(unquote(urlsplit(url).path)).app_name != "recommendations"
    except Resolver404:
        return True


@api.parametrize()
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server_or_the_description(case, key):
    answer = case.call(headers={"Authorization": f"Token {key}"})
    sent["cases"] += 1
    sent["errors"] += answer.status_code >= 500
    if answer.status_code == 404 and is_elsewhere(answer.request.url):
        return
    case.validate_response(answer, checks=CHECKS)


def test_the_cases_are_told(capsys):
    with capsys.disabled():
        sys.stdout.write(f"\n{sent['cases']:,} cases, {sent['errors']} server errors\n")
    assert sent["cases"] >= CASES
    assert sent["errors"] == 0
