from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from recommendations.models import Impression
from tests.factories import tiny_network

pytestmark = pytest.mark.django_db


def shown(days_ago):
    at = timezone.now() - timedelta(days=days_ago)
    Impression.objects.create(recommendation=uuid4(), placement="product-related", served_at=at, shown_at=at)


def test_it_prints_the_networks_figures_and_the_last_days_of_each_placement(settings, tmp_path, capsys):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    tiny_network(still_ours=lambda: None)
    shown(days_ago=1)
    shown(days_ago=40)
    call_command("evaluate")
    printed = capsys.readouterr().out
    assert "0.5000" in printed
    assert "product-related        1 impressions, 0 clicks, 0 orders, 0 pieces, nothing earned" in printed


def test_it_says_when_no_network_is_live(capsys):
    call_command("evaluate")
    assert "no network is live" in capsys.readouterr().out
