from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from recommendations.models import Shopper
from recommendations.services.erase import erase
from recommendations.services.merge import merge
from tests.factories import NOW, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stocked")]

BOTH = ("delete_shopper", "see_personal_data")


@pytest.fixture
def staff(client, django_user_model):
    user = django_user_model.objects.create_user("staff", is_staff=True)
    client.force_login(user)

    def may(*codenames):
        own = Permission.objects.filter(content_type__app_label="recommendations", codename__in=codenames)
        user.user_permissions.set(own)
        return client

    return may


@pytest.fixture
def ann(db):
    make_order("a", "b", shopper="anon:1", at=NOW - timedelta(days=1))
    merge(visitor="anon:1", account="user:42", user_id=None)
    return Shopper.objects.get(key="user:42")


def url(page, shopper):
    return reverse(f"admin:recommendations_shopper_{page}", args=[shopper.pk])


def test_it_says_in_numbers_what_goes_and_then_it_goes(staff, ann):
    client = staff(*BOTH, "view_shopper")
    assert url("erase", ann) in client.get(url("person", ann)).content.decode()
    asked = client.get(url("erase", ann)).content.decode()
    assert "Orders, which leave the counts: <strong>1</strong>" in asked
    assert "Devices that became this account: <strong>1</strong>" in asked
    assert Shopper.objects.filter(key="user:42").exists()
    answer = client.post(url("erase", ann), follow=True)
    assert answer.status_code == 200
    assert url("person", ann) not in answer.content.decode()
    assert not Shopper.objects.filter(key="user:42").exists()
    assert client.get(url("person", ann)).status_code == 404
    assert client.post(url("erase", ann)).status_code == 404
    assert LogEntry.objects.exclude(change_message="looked at").count() == 1
    assert not LogEntry.objects.filter(object_repr__contains="user:42").exists()


@pytest.mark.parametrize("missing", BOTH)
def test_one_permission_is_not_enough(staff, ann, missing):
    client = staff(*(one for one in BOTH if one != missing))
    assert client.get(url("erase", ann)).status_code == client.post(url("erase", ann)).status_code == 403
    assert Shopper.objects.filter(key="user:42").exists()


def test_who_may_only_look_is_offered_no_button(staff, ann):
    page = staff("see_personal_data").get(url("person", ann)).content.decode()
    assert url("erase", ann) not in page


def test_a_visitor_that_became_an_account_says_that_the_account_goes(staff, ann):
    visitor = Shopper.objects.get(key="anon:1")
    assert "the whole account is erased" in staff(*BOTH).get(url("erase", visitor)).content.decode()


def test_lists_show_nothing_of_who_is_erased(staff, ann):
    client = staff(*BOTH, "view_shopper", "view_browselog", "view_rating", "view_impression")
    erase("user:42", now=NOW)
    for model in ("shopper", "browselog", "rating", "impression"):
        shown = client.get(reverse(f"admin:recommendations_{model}_changelist"))
        assert shown.status_code == 200
        assert "erased:" not in shown.content.decode()
