"""Staff see what each version is worth and go back to the one before."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import translation

from recommendations.admin.evaluations import VIEWS
from recommendations.admin.verdicts import grounds, reason_of
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, LivePointer, Rule
from recommendations.services import claims
from tests.admin.conftest import make_rule

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


def page_url(name, *args):
    return reverse(f"admin:recommendations_artefact_{name}", args=args)


def roll_back(client, kind="rules"):
    """Look at the page that asks and say yes."""
    asked = client.get(page_url(f"roll_back_{kind}"))
    artefact = asked.context and asked.context.get("artefact")
    confirmed = {"version": artefact.pk} if artefact else {}
    return client.post(page_url(f"roll_back_{kind}"), confirmed, follow=True)


def test_a_second_click_goes_no_further_back(admin_client, versions):
    third = Artefact.objects.create(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
    LivePointer.objects.update(artefact=third)
    page = admin_client.get(page_url("roll_back_rules")).content.decode()
    assert f'name="version" value="{versions[1].pk}"' in page
    for _click in range(2):
        answer = admin_client.post(page_url("roll_back_rules"), {"version": versions[1].pk}, follow=True)
    assert "Another version serves since you looked" in answer.content.decode()
    assert LivePointer.objects.get().artefact == versions[1]
    assert LogEntry.objects.count() == 1


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


def test_going_back_is_confirmed_and_leaves_one_entry(admin_client, admin_user, versions):
    asked = admin_client.get(page_url("roll_back_rules")).content.decode()
    assert f"Serves now: rules {versions[1].pk}" in asked
    assert f"Would serve: rules {versions[0].pk}" in asked
    assert LivePointer.objects.get().artefact == versions[1]

    page = roll_back(admin_client)

    assert LivePointer.objects.get().artefact == versions[0]
    assert f"Rules {versions[0].pk} serves now" in page.content.decode()
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin_user, str(versions[0].pk))
    assert json.loads(entry.change_message) == {"before": {"live": versions[1].pk}, "after": {"live": versions[0].pk}}


def test_where_there_is_no_way_back_it_says_so(admin_client, versions):
    roll_back(admin_client)
    page = roll_back(admin_client)

    assert "There is no earlier version to go back to: rules." in page.content.decode()
    assert "There is no earlier version to go back to: network." in roll_back(admin_client, "network").content.decode()
    assert LivePointer.objects.get().artefact == versions[0]
    assert LogEntry.objects.count() == 1


def test_a_chosen_version_serves_once_it_is_confirmed(admin_client, versions):
    make_rule("a", "b", artefact=versions[0])
    make_rule("a", "c", artefact=versions[1])
    asked = admin_client.get(page_url("publish", versions[0].pk)).content.decode()
    assert "bought together: 1 new, 1 gone, 0 in both" in asked

    admin_client.post(page_url("publish", versions[0].pk))

    assert LivePointer.objects.get().artefact == versions[0]
    assert json.loads(LogEntry.objects.get().change_message)["after"] == {"live": versions[0].pk}


def test_a_version_that_cannot_serve_says_why_and_the_live_one_stays(admin_client, versions):
    lost = Artefact.objects.create(kind="network", status=ArtefactStatus.PUBLISHED, file="lost.npz", sha256="0" * 64)
    refused = Artefact.objects.create(kind="network", status=ArtefactStatus.REFUSED, metrics=METRICS)
    told = {
        lost: f"The file of network {lost.pk} is missing or was changed.",
        refused: f"Network {refused.pk} was never published, so it cannot serve. It is better than most popular",
        versions[1]: f"Rules {versions[1].pk} serves already.",
    }
    for artefact, words in told.items():
        assert words in admin_client.post(page_url("publish", artefact.pk)).content.decode()
    assert LivePointer.objects.get().artefact == versions[1]
    assert not LogEntry.objects.exists()


def test_publishing_and_going_back_are_for_those_who_may(staff_client, versions):
    client = staff_client("view_artefact", "view_livepointer", "change_livepointer")

    listed = client.get(reverse(LIST)).content.decode()
    assert "Roll back" not in listed
    assert f"/{versions[0].pk}/publish/" not in listed
    assert roll_back(client).status_code == 403
    assert client.post(page_url("publish", versions[0].pk)).status_code == 403
    assert LivePointer.objects.get().artefact == versions[1]


@pytest.mark.parametrize("page", ["compare_rules", "compare_networks"])
def test_comparing_is_for_who_may_see_versions(staff_client, page):
    assert staff_client("view_rule").get(page_url(page)).status_code == 403


def test_two_versions_of_rules_are_compared_in_words_with_the_live_one_last(admin_client, stocked, versions):
    before, after = versions
    make_rule("a", "b", artefact=before, orders=9)
    moved = [make_rule("a", "c", artefact=version) for version in versions]
    for rule, confidence, weighted_lift in zip(moved, (0.2, 0.35), (2.0, 1.5), strict=True):
        Rule.objects.filter(pk=rule.pk).update(confidence=confidence, weighted_lift=weighted_lift)
    new = make_rule("a", "d", artefact=after, orders=8)

    page = admin_client.get(page_url("compare_rules"))

    assert (page.context["before"], page.context["after"]) == (before, after)
    assert page.context["counts"] == ["bought together: 1 new, 1 gone, 1 in both"]
    came, went, confidence, lift = (rules for _heading, rules in page.context["parts"])
    assert [one["words"] for one in came] == [
        claims.sentence(new, {new.antecedent_id: "Product a", new.consequent_id: "Product d"})
    ]
    assert came[0]["url"] == reverse("admin:recommendations_rule_change", args=[new.pk])
    assert "Product b" in went[0]["words"]
    assert [one["moved"] for one in confidence] == ["▲ 20.0% → 35.0%"]
    assert [one["moved"] for one in lift] == ["▼ 2.00 → 1.50"]

    turned = admin_client.get(page_url("compare_rules"), {"before": after.pk, "after": before.pk})
    assert "Product d" in turned.context["parts"][1][1][0]["words"]


def test_two_networks_stand_side_by_side(admin_client):
    for name in ("first", "second"):
        Artefact.objects.create(kind="network", status=ArtefactStatus.PUBLISHED, metrics={**METRICS, "name": name})
    page = admin_client.get(page_url("compare_networks"))
    questions = dict(page.context["rows"])
    assert questions["all that was bought later"][0].startswith("43 of 100 products that a shopper bought later")
    assert len(questions["the gate's verdict"]) == 2
    assert page.content.decode().count("data-curves") == 1


def test_comparing_many_rules_asks_the_database_as_often_as_few(
    admin_client, stocked, versions, django_assert_max_num_queries
):
    def queries():
        with django_assert_max_num_queries(100) as asked:
            admin_client.get(page_url("compare_rules"))
        return len(asked)

    make_rule("a", "b", artefact=versions[0])
    make_rule("a", "c", artefact=versions[1])
    few = queries()
    for key in "defghi":
        make_rule("a", key, artefact=versions[0])
        make_rule(key, "b", artefact=versions[1])
    assert queries() == few


def test_pages_of_versions_without_any_say_so(admin_client):
    for page in ("compare_rules", "compare_networks"):
        assert "no two versions" in admin_client.get(page_url(page)).content.decode()


def measured(value, low=None, high=None):
    return {"value": value} if low is None else {"value": value, "low": low, "high": high}


METRICS = {
    "ndcg_10": 0.1234,
    "table": {
        "window": {
            "ours": {
                "ndcg_10": measured(0.2, 0.15, 0.25),
                "coverage_10": measured(0.45),
                "recall_10": measured(0.431),
            },
            "most_popular": {"recall_10": measured(0.056)},
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


def test_a_networks_page_says_what_it_is_worth_in_sentences(admin_client):
    page = page_of(admin_client, METRICS)
    sentence = "43 of 100 products that a shopper bought later were among the ten that it named (most popular: 5.6)"
    assert f"<li>{sentence}</li>" in page
    assert "of 100 next baskets" not in page


def test_a_networks_page_draws_its_training_and_has_the_figures_as_a_table(admin_client):
    page = page_of(admin_client, METRICS)
    drawn = json.loads(page.partition('<script id="curves" type="application/json">')[2].partition("</script>")[0])
    assert [line["values"] for line in drawn["lines"]] == [[0.7, 0.5, 0.4], [0.1, 0.2, 0.15]]
    assert drawn["best"] == {"epoch": 2, "label": "best epoch: 2"}
    assert "<tr><td>2</td><td>0.5000</td><td>0.2000</td></tr>" in page
    assert "echarts.min.js" in page


def test_the_verdict_is_told_from_the_figures_in_the_language_of_staff(admin_client):
    refused = Artefact(kind="network", status=ArtefactStatus.REFUSED, metrics=METRICS, reason="English")
    assert reason_of(refused) == (
        "It is better than most popular beyond chance: everything bought in the window. "
        "It is worse than the version that served then beyond chance: everything bought in the window."
    )
    with translation.override("zh-hans"):
        assert not reason_of(refused).isascii()
    session = Artefact(
        kind="session", status=ArtefactStatus.REFUSED, metrics={"ndcg_20": 0.1, "ndcg_20_most_popular": 0.2}
    )
    assert "worse (0.100) than most popular does (0.200)" in reason_of(session)
    assert reason_of(Artefact(kind="network", status=ArtefactStatus.REFUSED, reason="not finite")) == "not finite"


def gate(floor, live, *, passed):
    def bound(low, high):
        return {"mean": (low + high) / 2, "error": 0.01, "low": low, "high": high, "shoppers": 99}

    return {
        "passed": passed,
        "floor": {"window": bound(*floor)},
        "habit": {"window": bound(-0.1, 0.1)},
        "live": {"window": bound(*live)},
    }


@pytest.mark.parametrize(
    ("floor", "live", "passed", "words"),
    [
        ((-0.1, 0.1), (-0.1, 0.1), False, "It learnt nothing"),
        ((0.1, 0.2), (-0.1, 0.1), True, "there is no difference beyond chance"),
        ((0.1, 0.2), (0.1, 0.2), True, "It is better than the version that served then"),
        ((0.1, 0.2), (-0.1, 0.1), False, "Staff went back to that version"),
    ],
)
def test_the_grounds_are_those_that_the_gate_had(floor, live, passed, words):
    told = " ".join(grounds(gate(floor, live, passed=passed)))
    assert words in told
    assert ("Staff went back" in told) == ("Staff went back" in words)


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
