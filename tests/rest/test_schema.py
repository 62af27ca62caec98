"""The API's description: valid, whole, and the same whoever's project it is in."""

import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse

from recommendations import urls
from recommendations.rest import schema


@pytest.fixture
def described(client, db):
    answer = client.get("/api/v1/schema/", headers={"accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    return json.loads(answer.content)


def operations(described):
    return [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_command_finds_nothing_to_warn_of():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_every_address_of_the_api_is_described(described):
    ids = ("rule_id", "pin_id", "job_id", "artefact_id", "manual_id", "ban_id")
    names = {"slug": "s", "key": "k", "token": "t", "desk": "mining", **dict.fromkeys(ids, 1)}
    for pattern in urls.urlpatterns:
        if pattern.name in ("schema", "fragment"):  # a fragment is HTML
            continue
        given = {name: names[name] for name in pattern.pattern.converters}
        path = reverse(f"recommendations:{pattern.name}", kwargs=given)
        templates = {path.replace(f"/{value}/", "/{" + name + "}/") for name, value in given.items()} or {path}
        assert templates & described["paths"].keys(), path


def test_every_address_of_the_api_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "rest.md").read_text()
    parts = {"<path:key>": "{key}", "<slug:slug>": "{slug}", "<str:token>": "{id}", "<slug:desk>": "{desk}"}
    for pattern in urls.urlpatterns:
        route = str(pattern.pattern)
        for part, name in parts.items():
            route = route.replace(part, name)
        if pattern.name != "fragment":
            assert re.sub(r"<int:\w+>", "{id}", route) in text, route


def test_the_description_is_made_once(client, db, monkeypatch):
    first = client.get("/api/v1/schema/")
    assert first["Cache-Control"] == "public, max-age=3600"
    monkeypatch.setattr(schema.OwnSchema, "get_schema", None)
    assert client.get("/api/v1/schema/").content == first.content


def test_each_operation_has_a_summary_a_shape_for_each_status_and_errors(described):
    found = operations(described)
    assert len(found) > 45
    for path, method, operation in found:
        assert operation["summary"], (path, method)
        for code, answer in operation["responses"].items():
            assert answer["description"], (path, method, code)
            assert code == "204" or answer["content"], (path, method, code)
        if "/health/" not in path:
            assert {"400", "429", "503"} <= operation["responses"].keys(), (path, method)
        for parameter in operation.get("parameters", []):
            assert parameter["schema"], (path, method, parameter)
    assert len({operation["operationId"] for _, _, operation in found}) == len(found)


def test_each_operation_shows_what_is_sent_and_answered_with_the_described_fields(described):
    def fields(content):
        schema = content["schema"]
        name = schema.get("$ref", "").rpartition("/")[2]
        return described["components"]["schemas"][name] if name else schema

    for path, method, operation in operations(described):
        answers = operation["responses"]
        if "/health/" in path:
            continue
        shown = [answers["400"], *([operation["requestBody"]] if "requestBody" in operation else [])]
        if "204" not in answers:
            shown.append(answers.get("201", answers.get("200")))
        for content in (one["content"]["application/json"] for one in shown):
            assert content.get("examples"), (path, method)
            for example in content["examples"].values():
                known = fields(content)
                own = {name for name, field in known["properties"].items() if not field.get("readOnly")}
                assert own & set(known.get("required", ())) <= example["value"].keys(), path
                assert example["value"].keys() <= known["properties"].keys(), path


def test_errors_are_described_in_their_one_form(described):
    for path, method, operation in operations(described):
        for code, answer in operation["responses"].items():
            if int(code) >= 400 and "/health/" not in path:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Errors"}, (path, method, code)


def test_the_page_loads_nothing_from_elsewhere(client, db):
    page = client.get("/api/v1/docs/").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "http://" not in page
    assert "https://" not in page
    script = client.get("/api/v1/docs/?script=")
    assert "/api/v1/schema/" in script.content.decode()


def test_a_host_whose_own_api_is_described_otherwise_gets_the_same(tmp_path):
    program = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "answer = Client().get('/api/v1/schema/', headers={'accept': 'application/json', 'host': 'localhost'})\n"
        "assert answer.status_code == 200, answer.content\n"
        "print(sorted(answer.json()['paths']))\n"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.integration.bare",
        "DATABASE_URL": "sqlite:///:memory:",
        "VAR_DIR": str(tmp_path),
    }
    answer = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert "/api/v1/items/{key}/related/" in answer.stdout
