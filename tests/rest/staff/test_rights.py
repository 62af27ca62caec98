"""Each right alone opens exactly its endpoints; who has none is told so in the API's form."""

import pytest
from django.test import Client
from django.urls import reverse

from recommendations import urls
from recommendations.rest.base import TrustedView

IDS = ("rule_id", "pin_id", "job_id", "artefact_id", "manual_id", "ban_id")
PATHS = {"slug": "product-related", **dict.fromkeys(IDS, 1)}

OPERATIONS = [
    (pattern, method, tuple(rights))
    for pattern in urls.urlpatterns
    if issubclass(getattr(pattern.callback, "cls", object), TrustedView)
    for method, rights in pattern.callback.cls.rights.items()
]


def ask(client, pattern, method):
    names = {name: PATHS[name] for name in pattern.pattern.converters}
    url = reverse(f"recommendations:{pattern.name}", kwargs=names)
    return client.generic(method, url, "{}", content_type="application/json")


def test_every_method_of_a_trusted_view_names_its_rights():
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "cls", object)
        if issubclass(view, TrustedView):
            methods = {name.upper() for name in view.http_method_names if hasattr(view, name)} - {"OPTIONS", "HEAD"}
            assert set(view.rights) == methods
            assert all(view.rights.values())
    assert len(OPERATIONS) > 20


@pytest.mark.parametrize(("pattern", "method", "rights"), OPERATIONS, ids=lambda one: getattr(one, "name", str(one)))
def test_only_the_right_itself_opens_an_operation(client_with, pattern, method, rights):
    every = {right for _, _, needed in OPERATIONS for right in needed}
    stranger = ask(Client(), pattern, method)
    assert (stranger.status_code, list(stranger.json()["errors"])) == (401, ["request"])
    others = ask(client_with(*sorted(every - set(rights))), pattern, method)
    assert (others.status_code, list(others.json()["errors"])) == (403, ["request"])
    assert ask(client_with(*rights), pattern, method).status_code not in (401, 403)


def test_a_session_needs_a_csrf_token_to_change_anything(admin_user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    assert strict.post("/api/v1/jobs/", {"kind": "mine"}, content_type="application/json").status_code == 403
    assert strict.get("/api/v1/jobs/").status_code == 200


def test_a_key_that_nobody_gave_out_opens_nothing(db):
    answer = Client(headers={"Authorization": "Token made-up"}).get("/api/v1/jobs/")
    assert (answer.status_code, answer["Cache-Control"]) == (401, "private, no-store")
