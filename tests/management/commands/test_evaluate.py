import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from recommendations import store
from recommendations.models import Impression
from recommendations.services import outcomes
from tests.factories import tiny_network

pytestmark = pytest.mark.django_db


def shown(days_ago):
    at = timezone.now() - timedelta(days=days_ago)
    Impression.objects.create(recommendation=uuid4(), placement="product-related", served_at=at, shown_at=at)
    outcomes.refresh(now=timezone.now(), everything=True)


def test_it_prints_the_networks_figures_and_the_last_days_of_each_placement(settings, tmp_path, capsys):
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    tiny_network(still_ours=lambda: None)
    shown(days_ago=1)
    shown(days_ago=40)
    call_command("evaluate")
    printed = capsys.readouterr().out
    assert "0.5000" in printed
    assert "product-related        1 impressions, 0 clicks, 0 orders, 0 pieces, nothing earned" in printed


def interval(value):
    return {"value": value, "low": value - 0.01, "high": value + 0.01}


@pytest.fixture
def measured(settings, tmp_path):
    """A live network with a table of one view."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path)}
    figures = {
        f"{metric}_{k}": interval(0.3 + k / 1_000)
        for metric in ("ndcg", "recall", "precision", "f1", "hit_rate", "mrr")
        for k in (5, 10, 20)
    }
    artefact = tiny_network()
    artefact.metrics = {
        "ndcg_10": 0.31,
        "table": {
            "window": {"ours": {**figures, "coverage_10": {"value": 0.45}}, "most_popular": figures},
            "cold_shoppers": {"ours": figures},
        },
        "shoppers_of": {"window": 1_234, "cold_shoppers": 5},
        "gate": {"passed": True, "reason": "better than most popular", "basis": "first", "live_version": None},
    }
    artefact.save()
    store._loaded.clear()
    return artefact


def test_it_prints_a_row_a_recommender_with_intervals(measured, capsys):
    call_command("evaluate")
    printed = capsys.readouterr().out.splitlines()
    (ours,) = (line for line in printed if line.startswith("  ours") and "0.4500" in line)
    assert ours.split()[:4] == ["ours", "0.3100", "[0.3000,", "0.3200]"]
    assert any(line.startswith("window, 1,234 shoppers") for line in printed)
    assert any(line.startswith("cold_shoppers, 5 shoppers") for line in printed)
    assert any("better than most popular" in line for line in printed)
    call_command("evaluate", at=20)
    assert "0.3200 [0.3100, 0.3300]" in capsys.readouterr().out


def test_it_prints_everything_as_json(measured, capsys):
    shown(days_ago=1)
    call_command("evaluate", json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["network"]["version"] == measured.pk
    assert told["network"]["metrics"] == measured.metrics
    assert [row["placement"] for row in told["placements"]] == ["product-related"]


def test_as_json_it_says_when_no_network_is_live(capsys):
    call_command("evaluate", json=True)
    assert json.loads(capsys.readouterr().out)["network"] is None


def test_it_says_when_no_network_is_live(capsys):
    call_command("evaluate")
    assert "no network is live" in capsys.readouterr().out
