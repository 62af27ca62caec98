import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.urls import reverse

from benchmarks.admin import pages
from recommendations.models import Item
from tests.factories import make_item

pytestmark = pytest.mark.django_db


def test_statements_are_counted_and_a_count_of_a_whole_table_is_told():
    def noted(question):
        statements = pages.Statements()
        with connection.execute_wrapper(statements):
            question()
        return statements.number, statements.counted_whole

    def bounded():
        list(Item.objects.all()[:5])
        Item.objects.filter(key="p").count()
        Item.objects.all()[:5].count()

    assert noted(bounded) == (3, False)
    assert noted(Item.objects.count) == (1, True)
    assert noted(lambda: Item.objects.aggregate(rows=Count("*"))) == (1, True)


def test_every_list_is_asked_for_and_the_views_beside_it():
    make_item("p")

    found = dict(pages.addresses())

    lists = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "recommendations"}
    assert lists
    assert {f"{name} list" for name in lists} <= found.keys()
    assert found["item page"] == reverse("admin:recommendations_item_change", args=[1])
    assert found["placement dashboard, range=28"].endswith("/dashboard/?range=28")
    assert not [name for name in found if name.partition(" ")[2] in pages.POSTED]


def test_a_page_is_measured_and_one_that_does_not_answer_is_an_error():
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ann"))

    row = pages._measured(client, "items", reverse("admin:recommendations_item_changelist"), 1)

    assert (row["name"], row["counts_whole_table"]) == ("items", "no")
    assert row["statements"] > 0
    assert row["median_ms"] > 0
    with pytest.raises(RuntimeError, match="answered 404"):
        pages._measured(client, "nothing", "/admin/nothing/", 0)
