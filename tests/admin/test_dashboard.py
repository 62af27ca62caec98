"""The dashboard reads the daily figures alone, with as many queries for a year of them as for a day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recommendations.models import DailyOutcome, ItemOutcome, ShownItems
from recommendations.services.outcomes import packed
from tests.factories import make_item

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stocked")]

MOST_QUERIES = 45


def fill(days, items):
    today = timezone.localdate()
    pks = [make_item(f"sold-{number}").pk for number in range(items)]
    for after in range(days):
        day = today - timedelta(days=after)
        for spot in (("", ""), ("cart", ""), ("", "cart"), ("cart", "cart")):
            DailyOutcome.objects.create(
                day=day, placement=spot[0], strategy=spot[1], lists=9, clicked=3, orders=1, revenue={"EUR": "2.5000"}
            )
        ItemOutcome.objects.bulk_create(
            ItemOutcome(day=day, item_id=pk, placement="cart", source=source, shown=9, orders=1)
            for pk in pks
            for source in ("together", "staff")
        )
        ShownItems.objects.create(day=day, items=packed(pks))


def queries_of(client, days):
    until = timezone.localdate()
    asked = {"range": "custom", "since": until - timedelta(days=days - 1), "until": until}
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse("admin:recommendations_placement_dashboard"), asked)
    assert answer.status_code == 200
    return [query["sql"] for query in queries.captured_queries]


def test_many_days_and_items_cost_as_many_queries_as_one(admin_client):
    fill(1, 1)
    queries_of(admin_client, 1)
    few = queries_of(admin_client, 1)
    for model in (DailyOutcome, ItemOutcome, ShownItems):
        model.objects.all().delete()
    fill(180, 15)
    many = queries_of(admin_client, 180)
    assert len(many) == len(few) <= MOST_QUERIES
    assert not [sql for sql in many if "COUNT(*)" in sql and " WHERE " not in sql]
