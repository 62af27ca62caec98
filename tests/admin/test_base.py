"""What all pages promise: no title harms a page, no broken shop closes it, no action reaches beyond the list."""

import pytest
from django.contrib import admin
from django.urls import reverse

from recommendations.catalogue import Facts
from recommendations.models import Item, Pin, Rule, RuleDecision
from recommendations.testing import FakeCatalogue

HOSTILE = "</script><img src=x onerror=alert(1)>"
MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "recommendations"),
    key=lambda model: model.__name__,
)

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def pages(model):
    """Addresses of the list, of a search in it and of its newest row."""
    name = f"admin:recommendations_{model._meta.model_name}"
    row = model._default_manager.order_by("-pk").first()
    return [f"{reverse(f'{name}_changelist')}{query}" for query in ("", "?q=p1")] + [
        reverse(f"{name}_change", args=[row.pk])
    ]


def break_down(*args):
    raise RuntimeError("the shop is out of order")


@each_model
def test_a_hostile_title_harms_no_page(admin_client, furnish, stocked, model):
    furnish(2)
    for key in Item.objects.values_list("key", flat=True):
        stocked.shelf[key] = Facts(key=key, title=HOSTILE, url="/")

    texts = [admin_client.get(address).content.decode() for address in pages(model)]

    assert all("<img src=x" not in text for text in texts)


def test_a_hostile_title_and_note_are_shown_beside_the_rule_as_text(admin_client, furnish, stocked):
    furnish(1)
    stocked.shelf["p0"] = Facts(key="p0", title=HOSTILE, url="/")
    RuleDecision.objects.update(note=HOSTILE)

    page = admin_client.get(reverse("admin:recommendations_rule_changelist")).content.decode()

    assert page.count("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;") >= 2
    assert HOSTILE not in page


@pytest.mark.parametrize("method", ["facts", "search", "context"])
@each_model
def test_a_broken_catalogue_closes_no_page(admin_client, furnish, monkeypatch, model, method):
    furnish(2)
    monkeypatch.setattr(FakeCatalogue, method, break_down)

    for address in pages(model):
        assert admin_client.get(address).status_code == 200, address


def test_keys_stand_in_for_the_titles_of_a_broken_catalogue(admin_client, furnish, monkeypatch):
    furnish(1)
    monkeypatch.setattr(FakeCatalogue, "facts", break_down)

    page = admin_client.get(reverse("admin:recommendations_rule_changelist")).content.decode()

    assert "orders with p0 also had q0" in page


@pytest.mark.sql
def test_a_statement_of_the_shop_that_fails_does_not_spoil_the_page(admin_client, furnish, monkeypatch):
    furnish(1)
    monkeypatch.setattr(FakeCatalogue, "facts", lambda *_: list(Item.objects.extra(where=["no_such_column = 1"])))

    for address in pages(Rule):
        assert admin_client.get(address).status_code == 200


def test_an_action_on_all_rules_means_those_that_the_list_can_show(admin_client, furnish, monkeypatch):
    monkeypatch.setattr("recommendations.admin.base.MOST_LISTED", 2)
    furnish(3)
    RuleDecision.objects.all().delete()
    form = {"action": "reject", "select_across": 1, "index": 0, "_selected_action": [Rule.objects.first().pk]}

    admin_client.post(reverse("admin:recommendations_rule_changelist"), form)

    assert RuleDecision.objects.count() == 2


@pytest.mark.parametrize("version", ["9" * 30, "-1", "\x00", "٣"])
def test_a_version_that_nobody_published_shows_the_live_one(admin_client, furnish, version):
    furnish(1)

    page = admin_client.get(reverse("admin:recommendations_rule_changelist"), {"version": version})

    assert page.context["cl"].result_count == 1


def test_a_decision_about_ids_that_cannot_be_is_refused(admin_client, db):
    form = {"rule_key": f"{'9' * 30}=>1", "decision": "approved"}

    assert admin_client.post(reverse("admin:recommendations_ruledecision_add"), form).status_code == 200
    assert not RuleDecision.objects.exists()


def test_pins_in_a_placement_bear_their_titles(admin_client, furnish, stocked):
    furnish(1)
    stocked.shelf["p0"] = Facts(key="p0", title="Blue kettle", url="/")
    placement = Pin.objects.get().placement_id

    page = admin_client.get(reverse("admin:recommendations_placement_change", args=[placement])).content.decode()

    assert "Blue kettle" in page
