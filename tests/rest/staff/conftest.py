"""Clients with some rights and no others, and the log that a write must leave one entry in."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from rest_framework.authtoken.models import Token


@pytest.fixture
def client_with(db, django_user_model):
    """A server's client whose key may do these things."""

    def make(*rights):
        user = django_user_model.objects.create_user(f"server-{'-'.join(rights) or 'nothing'}")
        permissions = Permission.objects.filter(content_type__app_label="recommendations", codename__in=rights)
        assert permissions.count() == len(rights)
        user.user_permissions.add(*permissions)
        return Client(headers={"Authorization": f"Token {Token.objects.create(user=user).key}"})

    return make


@pytest.fixture
def logged(db):
    """The entries of the log since, as (object, what is before, what is after)."""

    def entries():
        told = [(entry.object_repr, json.loads(entry.change_message)) for entry in LogEntry.objects.order_by("id")]
        return [(name, change["before"], change["after"]) for name, change in told]

    return entries
