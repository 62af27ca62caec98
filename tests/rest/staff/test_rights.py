"""Each right alone opens exactly its endpoints; who has none is told so in the API's form."""

import pytest
from django.test import Client
from django.urls import reverse

from recommendations import urls
from recommendations.rest.base import TrustedView

IDS = ("rule_id", "pin_id", "job_id", "artefact_id", "manual_id", "ban_id")
PATHS = {"slug": "product-related", "desk": "mining", "key": "user:1", **dict.fromkeys(IDS, 1)}

OPEN = {
    "related",
    "cart",
    "batch",
    "rank",
    "recommendation",
    "for-you",
    "buy-again",
    "new-for-you",
    "because-viewed",
    "recently-viewed",
    "popular",
    "trending",
    "new",
    "offers",
    "consent",
    "merge",
    "me",
    "ratings",
    "rating",
    "fragment",
    "events",
    "health-live",
    "health-ready",
    "health-metrics",
    "schema",
}
"""What a shopper or anybody may ask; all else needs rights."""

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


def test_whatever_is_not_for_everybody_is_behind_rights():
    trusted = {pattern.name for pattern, _, _ in OPERATIONS}
    assert {pattern.name for pattern in urls.urlpatterns} - trusted == OPEN


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
    for right in rights:
        others = ask(client_with(*sorted(every - {right})), pattern, method)
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


def test_what_staff_bring_about_needs_the_permission_for_just_that():
    needed = {(pattern.name, method): rights for pattern, method, rights in OPERATIONS if method != "GET"}
    assert not [one for one, rights in needed.items() if any(right.startswith("view_") for right in rights)]
    commands = {
        ("decision", "POST"): ("decide_rule",),
        ("decision", "DELETE"): ("decide_rule",),
        ("jobs", "POST"): ("run_jobrun",),
        ("cancel-job", "POST"): ("run_jobrun",),
        ("publish-artefact", "POST"): ("publish_artefact",),
        ("roll-back", "POST"): ("roll_back_artefact",),
        ("shopper", "DELETE"): ("delete_shopper", "see_personal_data"),
    }
    assert {one: needed[one] for one in commands} == commands
