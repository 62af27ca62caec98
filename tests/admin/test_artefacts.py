"""Staff see what each version is worth and go back to the one before."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from recommendations.admin.evaluations import VIEWS
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, LivePointer

LIST = "admin:recommendations_artefact_changelist"


@pytest.fixture
def versions(db):
    """Two versions of rules; the second serves."""
    first, second = (
        Artefact.objects.create(
            kind=ArtefactKind.RULES,
            status=ArtefactStatus.PUBLISHED,
            metrics={"rules": rules, "pairs_considered": 56_789},
        )
        for rules in (1_234, 1_300)
    )
    LivePointer.objects.create(kind=ArtefactKind.RULES, artefact=second)
    return first, second


def press(client, name):
    return client.post(reverse("admin:recommendations_artefact_press", args=[name]), follow=True)


def test_figures_are_told_in_words(admin_client, versions):
    Artefact.objects.create(
        kind=ArtefactKind.NETWORK,
        status=ArtefactStatus.REFUSED,
        reason="worse than <most popular>",
        metrics={"ndcg_10": 0.1234, "ndcg_10_most_popular": 0.05},
    )
    Artefact.objects.create(kind=ArtefactKind.NETWORK, status=ArtefactStatus.REFUSED)
    Artefact.objects.create(
        kind=ArtefactKind.ITEMS, status=ArtefactStatus.PUBLISHED, metrics={"items": 18_626, "rising": 12}
    )

    page = admin_client.get(reverse(LIST)).content.decode()

    assert "18,626 items, 12 of them rise" in page
    assert "1,234 rules of 56,789 pairs" in page
    assert "NDCG@10 0.123 on held-out orders; most popular 0.050" in page
    assert "worse than &lt;most popular&gt;" in page


def test_one_click_goes_back_to_the_version_before_and_is_logged(admin_client, admin_user, versions):
    page = press(admin_client, "rules")

    assert LivePointer.objects.get().artefact == versions[0]
    assert f"Rules {versions[0].pk} serves now" in page.content.decode()
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin_user, str(versions[0].pk))
    assert json.loads(entry.change_message) == {"before": {"live": versions[1].pk}, "after": {"live": versions[0].pk}}


def test_where_there_is_no_way_back_it_says_so(admin_client, versions):
    press(admin_client, "rules")
    page = press(admin_client, "rules")

    assert "There is no earlier version to go back to: rules." in page.content.decode()
    assert "There is no earlier version to go back to: network." in press(admin_client, "network").content.decode()
    assert LivePointer.objects.get().artefact == versions[0]


def test_rolling_back_is_for_those_who_may(staff_client, versions):
    client = staff_client("view_artefact")

    assert "Roll back" not in client.get(reverse(LIST)).content.decode()
    assert press(client, "rules").status_code == 403
    assert LivePointer.objects.get().artefact == versions[1]


def measured(value, low=None, high=None):
    return {"value": value} if low is None else {"value": value, "low": low, "high": high}


METRICS = {
    "ndcg_10": 0.1234,
    "table": {
        "window": {
            "ours": {"ndcg_10": measured(0.2, 0.15, 0.25), "coverage_10": measured(0.45)},
            "<b>theirs</b>": {"ndcg_10": measured(0.1, 0.05, 0.15)},
        },
    },
    "shoppers_of": {"window": 1_234},
    "curves": {"train": [0.7, 0.5, 0.4], "validation": [0.1, 0.2, 0.15], "best_epoch": 2},
    "gate": {
        "passed": False,
        "reason": "it is worse than the live version on window",
        "basis": "fresh",
        "live_version": 7,
        "floor": {"window": {"mean": 0.2353, "error": 0.01, "low": 0.2099, "high": 0.2607, "shoppers": 1_311}},
        "live": {
            "window": {"mean": -0.05, "error": 0.01, "low": -0.07, "high": -0.03, "shoppers": 1_311},
            "next_basket": {"mean": 0.01, "error": 0.02, "low": -0.03, "high": 0.05, "shoppers": 1_311},
            "new_items": {"mean": 0.4, "error": 0.1, "low": None, "high": None, "shoppers": 4},
        },
    },
}


def page_of(client, metrics):
    artefact = Artefact.objects.create(kind=ArtefactKind.NETWORK, status=ArtefactStatus.REFUSED, metrics=metrics)
    answer = client.get(reverse("admin:recommendations_artefact_change", args=[artefact.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_networks_page_shows_its_evaluation_with_intervals_and_the_verdict_in_words(admin_client):
    page = page_of(admin_client, METRICS)
    assert "<details open><summary>everything bought in the window, 1,234 shoppers</summary>" in page
    assert "<td>this version, as it serves</td><td>0.200<br>" in page
    assert "0.150 - 0.250</small>" in page
    assert "<td>0.450</td>" in page
    assert "&lt;b&gt;theirs&lt;/b&gt;" in page
    assert "Refused. Judged beside version 7 on orders that neither had seen." in page
    rows = [
        ("most popular", VIEWS["window"], "+0.2353", "+0.2099, +0.2607", "better", "1,311"),
        ("the version that served then", VIEWS["window"], "-0.0500", "-0.0700, -0.0300", "worse", "1,311"),
        ("the version that served then", VIEWS["next_basket"], "+0.0100", "-0.0300, +0.0500", "no different", "1,311"),
        ("the version that served then", VIEWS["new_items"], "+0.4000", "-", "too few shoppers to tell", "4"),
    ]
    for row in rows:
        assert "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" in page


def test_a_networks_page_draws_its_training_and_marks_the_best_epoch(admin_client):
    page = page_of(admin_client, METRICS)
    assert page.count("<polyline") == 2
    assert page.count("<circle") == 6
    assert "best epoch: 2" in page
    assert "<script>" not in page.partition("<svg")[2].partition("</svg>")[0]


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"ndcg_10": 0.5},
        {"curves": {"train": [0.5], "validation": [], "best_epoch": 0}},
        {"table": {"window": {}}, "curves": {"train": []}, "gate": {"passed": True, "reason": "better"}},
    ],
)
def test_a_network_of_which_less_is_known_has_a_page_too(admin_client, metrics):
    page_of(admin_client, metrics)


def test_a_networks_page_says_when_it_was_refreshed_and_what_changed(admin_client, settings):
    settings.TIME_ZONE = "UTC"
    artefact = Artefact.objects.create(
        kind=ArtefactKind.NETWORK,
        status=ArtefactStatus.PUBLISHED,
        refreshed={
            "file": "x.npz",
            "at": "2026-03-01T12:00:00+00:00",
            "metrics": {"touched_items": 1_234, "new_items": 5, "drift": 0.0625},
        },
    )
    page = admin_client.get(reverse("admin:recommendations_artefact_change", args=[artefact.pk])).content.decode()
    assert "March 1, 2026, noon: 1,234 items were bought since the training, 5 new; " in page
    assert "vectors moved by 6.2% of their length" in page
    assert "items were bought since the training" not in page_of(admin_client, {})


def test_the_version_that_serves_is_marked(admin_client, versions):
    rows = admin_client.get(reverse(LIST)).context["cl"].result_list

    assert [(row.pk, row.is_live) for row in rows] == [(versions[1].pk, True), (versions[0].pk, False)]


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        (ArtefactKind.RULES, {"MIN_RULE_ORDERS": 7}, "<td>fewest orders of a rule</td><td>7</td>"),
        (ArtefactKind.NETWORK, {"TRAIN_EPOCHS": 20}, "<td>most passes</td><td>20</td>"),
    ],
)
def test_a_version_says_with_which_parameters_it_was_made(admin_client, db, kind, parameters, words):
    artefact = Artefact.objects.create(kind=kind, status=ArtefactStatus.PUBLISHED, metrics={"parameters": parameters})
    page = admin_client.get(reverse("admin:recommendations_artefact_change", args=[artefact.pk]))
    assert words in page.content.decode()
