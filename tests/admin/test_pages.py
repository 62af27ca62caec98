"""Every page of the plugin's admin: it opens, it costs the same however many rows, it counts no large table."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recommendations.admin.base import MOST_LISTED, BoundedPaginator
from recommendations.catalogue import Facts
from recommendations.models import Item, Pin, Placement, RuleDecision
from tests.factories import make_item

MODELS = sorted(apps.get_app_config("recommendations").get_models(), key=lambda model: model.__name__)
EDITABLE = {Placement, Pin, RuleDecision}

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def url(model, page, *args):
    return reverse(f"admin:recommendations_{model._meta.model_name}_{page}", args=args)


def queries_of(client, address):
    with CaptureQueriesContext(connection, ) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured]


@each_model
def test_every_model_is_registered(model):
    assert admin.site.is_registered(model)


@each_model
def test_the_list_opens_when_empty_and_with_rows_and_finds(admin_client, furnish, model):
    assert admin_client.get(url(model, "changelist")).status_code == 200
    furnish(2)
    page = admin_client.get(url(model, "changelist"))
    assert page.status_code == 200
    assert page.context["cl"].result_count >= 1
    for words in ("p1", "\x00", "user:1", "' OR 1=1 --", "ä" * 500):
        assert admin_client.get(url(model, "changelist"), {"q": words}).status_code == 200


@each_model
def test_the_page_of_a_row_opens(admin_client, furnish, model):
    furnish(2)
    row = model._default_manager.order_by("-pk").first()

    assert admin_client.get(url(model, "change", row.pk)).status_code == 200
    assert admin_client.get(url(model, "change", 10**12)).status_code == 302


@each_model
def test_only_what_staff_own_can_be_added_changed_or_deleted(admin_client, furnish, model):
    furnish(1)
    row = model._default_manager.order_by("-pk").first()
    expected = 200 if model in EDITABLE else 403

    assert admin_client.get(url(model, "add")).status_code == expected
    assert admin_client.post(url(model, "change", row.pk), {}).status_code == expected
    assert admin_client.get(url(model, "delete", row.pk)).status_code == expected


@each_model
def test_a_list_costs_the_same_for_3_rows_and_for_30_and_counts_nothing(admin_client, furnish, model):
    furnish(3)
    address = url(model, "changelist")
    admin_client.get(address)
    few = queries_of(admin_client, address)
    furnish_more(furnish)
    many = queries_of(admin_client, address)

    assert len(few) == len(many), [query for query in many if query not in few]
    assert [query for query in many if re.search(r"count\(", query, re.IGNORECASE)] == []


def furnish_more(furnish):
    raise NotImplementedError
