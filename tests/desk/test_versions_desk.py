"""Staff compare versions, read what a network is worth, let another one serve and go back."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from recommendations.models import Artefact, ArtefactKind, LivePointer, Rule
from recommendations.services.mine import mine
from tests.browser import in_thread
from tests.desk.test_lists import LANGUAGES
from tests.looks import overflow, photograph, violations

pytestmark = pytest.mark.browser

PHONE = {"width": 375, "height": 800}


def figures(ours, popular, live):
    return {
        "ours": {"hit_rate_10": {"value": ours}, "recall_10": {"value": ours / 4}, "ndcg_10": {"value": ours / 3}},
        "most_popular": {"hit_rate_10": {"value": popular}, "recall_10": {"value": popular / 4}},
        "live": {"hit_rate_10": {"value": live}, "recall_10": {"value": live / 4}},
    }


def bound(low, high):
    return {"mean": (low + high) / 2, "error": 0.01, "low": low, "high": high, "shoppers": 311}


def network_metrics(ours):
    return {
        "table": {view: figures(ours, 0.22, 0.39) for view in ("next_basket", "window", "new_items")},
        "shoppers_of": {"next_basket": 311, "window": 311, "new_items": 290},
        "curves": {
            "train": [0.7, 0.52, 0.44, 0.4, 0.38],
            "validation": [0.1, 0.16, 0.2, 0.19, ours / 3],
            "best_epoch": 3,
        },
        "gate": {
            "passed": True,
            "basis": "fresh",
            "live_version": 7,
            "floor": {"window": bound(0.05, 0.1)},
            "habit": {"window": bound(-0.02, 0.03)},
            "live": {"window": bound(-0.01, 0.02)},
        },
    }


@pytest.fixture
def versions(shop):
    """A second mine, some of whose rules are others; two networks. All goes again at the end."""

    def make():
        first = LivePointer.objects.get(kind=ArtefactKind.RULES).artefact
        second = mine(progress=lambda *_: None, now=timezone.now())
        rules = list(Rule.objects.filter(artefact=second).order_by("-orders"))
        rules[0].delete()
        Rule.objects.filter(artefact=first, key=rules[1].key).delete()
        Rule.objects.filter(pk=rules[2].pk).update(confidence=0.01)
        networks = [
            Artefact.objects.create(kind="network", status="published", metrics=network_metrics(ours), data_orders=400)
            for ours in (0.35, 0.43)
        ]
        return first, second, networks

    made = in_thread(make)
    yield made

    def forget():
        first, second, networks = made
        LivePointer.objects.filter(kind=ArtefactKind.RULES).update(artefact=first)
        Artefact.objects.filter(pk__in=[second.pk, *(one.pk for one in networks)]).delete()
        LogEntry.objects.filter(content_type__model="artefact").delete()

    in_thread(forget)


@pytest.mark.parametrize("language", LANGUAGES)
def test_versions_are_compared_and_a_network_is_read(staff, versions, language):
    page = staff("view_artefact", "view_rule", locale=LANGUAGES[language])
    page.goto("/admin/recommendations/artefact/")
    photograph(page, f"versions-{language}")
    page.goto("/admin/recommendations/artefact/compare/rules/")
    assert page.locator("section").nth(0).locator("li").count() == 1
    assert page.locator("section").nth(1).locator("li").count() == 1
    assert "1.0%" in page.locator("section").nth(2).locator("li").first.inner_text()
    assert violations(page, within="#content") == []
    photograph(page, f"version-compare-{language}")
    before, after = (one.pk for one in versions[2])
    page.goto(f"/admin/recommendations/artefact/compare/networks/?before={before}&after={after}")
    page.locator("canvas").wait_for()
    assert page.locator(".basketry-networks td", has_text="43").count() > 0
    assert violations(page, within="#content") == []
    photograph(page, f"version-networks-{language}")
    page.set_viewport_size(PHONE)
    assert overflow(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/admin/recommendations/artefact/{versions[2][1].pk}/change/")
    page.locator("canvas").wait_for()
    assert page.locator(".field-worth li").count() == 3
    photograph(page, f"version-network-{language}")


def test_going_back_is_confirmed_and_forward_again(staff, versions):
    first, second, _networks = versions
    page = staff("view_artefact", "publish_artefact", "roll_back_artefact")
    page.goto("/admin/recommendations/artefact/")
    page.get_by_role("link", name="Roll back rules").click()
    page.get_by_text("1 new, 1 gone").first.wait_for()
    assert violations(page, within="#content") == []
    photograph(page, "version-confirm-en")
    page.locator("input.default").click()
    page.locator(".messagelist .success").wait_for()
    assert in_thread(live) == first.pk
    page.locator("tr", has_text=f"rules {second.pk}").get_by_role("link", name="let it serve").click()
    page.locator("input.default").click()
    page.locator(".messagelist .success").wait_for()
    assert in_thread(live) == second.pk


def test_who_may_only_look_changes_nothing(staff, versions):
    page = staff("view_artefact")
    page.goto("/admin/recommendations/artefact/")
    assert page.get_by_role("link", name="Roll back rules").count() == 0
    assert page.goto("/admin/recommendations/artefact/roll-back/rules/").status == 403
    assert page.goto(f"/admin/recommendations/artefact/{versions[0].pk}/publish/").status == 403


def live():
    return LivePointer.objects.get(kind=ArtefactKind.RULES).artefact_id
