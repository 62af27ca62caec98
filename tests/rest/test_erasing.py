import json
import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import signing
from django.test import Client
from django.utils import timezone

from recommendations.models import ErasedKey, Shopper
from recommendations.services.identify import SALT, set_consent
from recommendations.services.merge import merge
from tests.factories import NOW, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stocked")]

ME = "/api/v1/me/"


@pytest.fixture
def account(django_user_model):
    return django_user_model.objects.create_user("ann")


def visit(client):
    """Look at a product as a visitor; returns the visitor's key."""
    event = {"event_id": str(uuid.uuid4()), "kind": "view", "item": "a", "at": timezone.now().isoformat()}
    client.post("/api/v1/events/", json.dumps({"events": [event]}), content_type="application/json")
    return Shopper.objects.latest("pk").key


def live(shoppers=None):
    return set((shoppers or Shopper.objects).filter(erased_at__isnull=True).values_list("key", flat=True))


def test_a_visitor_erases_themselves_and_the_device_forgets_them(client):
    make_order("a", shopper="user:7")
    visit(client)
    answer = client.delete(ME)
    assert (answer.status_code, answer["Cache-Control"]) == (204, "private, no-store")
    assert live() == {"user:7"}
    assert answer.cookies["basketry_visitor"].value == ""
    assert client.delete(ME).status_code == 204


def test_an_account_erases_itself_with_the_visitor_it_was(client, account):
    visit(client)
    client.force_login(account)
    client.post("/api/v1/me/merge/")
    assert Shopper.objects.get(key=f"user:{account.pk}").merged.exists()
    assert client.delete(ME).status_code == 204
    assert live() == set()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("consent", ["granted", "refused"])
def test_who_sits_at_the_device_after_a_logout_erases_no_account(client, account, consent):
    visitor = uuid.uuid4()
    key = f"user:{account.pk}"
    merge(visitor=f"anon:{visitor}", account=key, user_id=account.pk)
    set_consent(shopper_key=key, state=consent, now=NOW)
    client.cookies["basketry_visitor"] = signing.dumps(str(visitor), salt=SALT)
    assert client.delete(ME).status_code == 204
    assert live() == {key, f"anon:{visitor}"}


def test_a_stranger_leaves_nothing(client):
    assert client.delete(ME).status_code == 204
    assert not ErasedKey.objects.exists()


def test_a_session_needs_a_csrf_token_to_erase(account):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(account)
    make_order("a", shopper=f"user:{account.pk}")
    assert strict.delete(ME).status_code == 403
    assert live() == {f"user:{account.pk}"}


def test_staff_with_both_rights_erase_anybody_and_it_is_noted_once(client, account):
    own = Permission.objects.filter(content_type__app_label="recommendations")
    account.user_permissions.set(own.filter(codename__in=["delete_shopper", "see_personal_data"]))
    client.force_login(account)
    make_order("a", shopper="user:77")
    for _ in range(2):
        assert client.delete("/api/v1/shoppers/user:77/").status_code == 204
    assert live(Shopper.objects.filter(key="user:77")) == set()
    entry = LogEntry.objects.get()
    assert entry.user == account
    assert "user:77" not in entry.object_repr + entry.change_message
    answer = client.delete("/api/v1/shoppers/ann/")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["key"])
