"""The demo's visits: before real orders, the same each time, and some of them lead to what is ordered."""

import io

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from recommendations.models import BrowseLog, Impression
from recommendations.services import outcomes
from recommendations.services.figures import Period, earned
from shop.seeding import visits
from tests.factories import fold_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(settings, tmp_path, monkeypatch):
    settings.VAR = tmp_path
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "CATALOGUE": "shop.catalogue.ShopCatalogue"}
    call_command("seed_shop", orders=300, stdout=io.StringIO())
    fold_all()
    monkeypatch.setattr(visits, "WEEKS", 60)
    monkeypatch.setattr(visits, "VISITS", 40)
    monkeypatch.setattr(visits, "CLICKS_WANTED", 1.0)
    monkeypatch.setattr(visits, "CLICKS_ELSE", 0.2)


def happened():
    with transaction.atomic():
        lists = visits.record_visits(now=timezone.now())
        assert lists == Impression.objects.count() > 0
        events = list(BrowseLog.objects.order_by("pk").values_list("event_id", "shopper", "item", "kind", "at"))
        transaction.set_rollback(True)
    return events


def test_visits_are_the_same_each_time(seeded):
    assert happened() == happened() != []


def test_orders_come_of_the_clicks(seeded, settings):
    now = timezone.now()
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "TOKEN_DAYS": 365, "BROWSE_DAYS": 500}
    visits.record_visits(now=now)
    outcomes.refresh(now=now, everything=True)
    total = earned(Period.latest(366, now=now)).total
    assert total.orders > 0
    assert 0 < total.clicked <= total.clicks <= total.lists
    assert total.cart_adds <= total.clicks
    assert set(BrowseLog.objects.values_list("kind", flat=True)) <= {"view", "click", "cart_add"}
