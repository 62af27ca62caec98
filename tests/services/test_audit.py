"""A change leaves one entry with the values before and after, and takes it along when it is undone."""

import json
import logging

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import DatabaseError, transaction

from recommendations.exceptions import InvalidInput
from recommendations.models import Placement
from recommendations.services import audit, curate

pytestmark = pytest.mark.django_db


@pytest.fixture
def placement():
    return Placement(slug="side", strategy="cart")


def test_added_changed_and_deleted_are_told_apart(placement, admin_user):
    curate.keep(placement, {"limit": 3}, user_id=admin_user.pk)
    curate.keep(placement, {"limit": 5}, user_id=admin_user.pk)
    curate.remove(placement, user_id=admin_user.pk)
    entries = LogEntry.objects.order_by("id")
    assert [entry.action_flag for entry in entries] == [ADDITION, CHANGE, DELETION]
    assert {(entry.user, entry.object_repr, entry.content_type.model) for entry in entries} == {
        (admin_user, "side", "placement")
    }
    changed = json.loads(entries[1].get_change_message())
    assert (changed["before"]["limit"], changed["after"]["limit"]) == (3, 5)


def test_a_change_that_is_undone_leaves_none(placement, admin_user):
    with transaction.atomic():
        curate.keep(placement, {}, user_id=admin_user.pk)
        transaction.set_rollback(True)
    assert not LogEntry.objects.exists()


def test_a_row_that_breaks_its_own_rules_is_not_kept(placement, admin_user):
    with pytest.raises(InvalidInput, match="sources: A blend needs"):
        curate.keep(placement, {"strategy": "blend"}, user_id=admin_user.pk)
    assert not Placement.objects.filter(slug="side").exists()
    assert not LogEntry.objects.exists()


def test_what_somebody_else_changed_meanwhile_stays(placement, admin_user):
    curate.keep(placement, {"limit": 3}, user_id=admin_user.pk)
    other = Placement.objects.get(slug="side")
    curate.keep(other, {"title": "Beside"}, user_id=admin_user.pk)
    curate.keep(placement, {"limit": 5}, user_id=admin_user.pk)
    assert Placement.objects.values_list("title", "limit").get(slug="side") == ("Beside", 5)
    curate.remove(other, user_id=admin_user.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        curate.keep(placement, {"limit": 6}, user_id=admin_user.pk)
    assert not Placement.objects.filter(slug="side").exists()


def test_without_an_admin_the_log_has_it(placement, admin_user, settings, caplog):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "django.contrib.admin"]
    with caplog.at_level(logging.INFO, logger=audit.__name__):
        curate.keep(placement, {"limit": 3}, user_id=admin_user.pk)
    assert '"limit": 3' in caplog.text
    assert f"user {admin_user.pk}: added recommendations.Placement" in caplog.text
