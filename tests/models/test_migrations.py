"""Migrations can be taken back, whatever rows the later version holds."""

import uuid

import pytest
from django.core.management import call_command

from recommendations.models import (
    Arrival,
    Artefact,
    ArtefactKind,
    BrowseLog,
    CategoryBan,
    EventKind,
    Impression,
    ItemExposure,
    JobKind,
    JobRun,
    LivePointer,
    Pin,
    Placement,
    RuleDecision,
)
from recommendations.services import record
from tests.factories import NOW, make_item

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sql]


def test_further_strategies_are_taken_back_and_made_again():
    trending, _ = Placement.objects.get_or_create(slug="trending", defaults={"strategy": "trending"})
    Pin.objects.create(placement=trending, item=make_item("a"), kind="pin")
    artefact = Artefact.objects.create(kind=ArtefactKind.ITEMS, status="published")
    LivePointer.objects.create(kind=ArtefactKind.ITEMS, artefact=artefact)
    JobRun.objects.create(kind=JobKind.STATISTICS, slot="1")
    try:
        call_command("migrate", "recommendations", "0008", verbosity=0)
    finally:
        call_command("migrate", "recommendations", verbosity=0)
    assert Placement.objects.get(slug="trending").bought_before == "if_repeated"
    assert not Artefact.objects.exists()
    assert not JobRun.objects.exists()


def test_the_rules_of_placements_are_taken_back_and_made_again():
    shelf = Placement.objects.create(
        slug="shelf", strategy="blend", sources=[{"strategy": "cart", "weight": 1}], price_band=2
    )
    related, _ = Placement.objects.get_or_create(slug="product-related", defaults={"strategy": "related"})
    for placement in (shelf, related):
        Pin.objects.create(placement=placement, item=make_item("a"), kind="promote")
    RuleDecision.objects.create(rule_key="3,8=>12", decision="rejected")
    try:
        call_command("migrate", "recommendations", "0010", verbosity=0)
    finally:
        call_command("migrate", "recommendations", verbosity=0)
    assert Placement.objects.get(slug="product-related").diversity == 0
    assert not Pin.objects.exists()
    assert RuleDecision.objects.get().antecedents == "3,8"


def test_everything_since_strategies_is_taken_back_and_made_again(django_user_model):
    """From 0012 down to 0008 and up again, with rows of every kind that the later versions brought."""
    item = make_item("a")
    shelf, _ = Placement.objects.get_or_create(slug="new-arrivals", defaults={"strategy": "new_arrivals"})
    Pin.objects.create(placement=shelf, item=item, kind="pin")
    related, _ = Placement.objects.get_or_create(slug="product-related", defaults={"strategy": "related"})
    Placement.objects.filter(pk=related.pk).update(explore=0.2, bought_before="hide", per_brand=2)
    Arrival.objects.create(item=item, launched_at=NOW, believed=0.1, examinations=1, rewards=0, share=0.5)
    ItemExposure.objects.create(
        **dict.fromkeys(("impressions", "clicks", "purchases", "weight", "weight_clicks", "weight_purchases"), 1),
        weight_squares=1,
        item=item,
        placement="cart",
        rank=1,
    )
    shown = {"placement": "cart", "items": [[item.pk, 1, "together", 1.0]], "served_at": NOW, "shown_at": NOW}
    Impression.objects.create(recommendation=uuid.uuid4(), outcome=[[1], []], **shown)
    Impression.objects.create(recommendation=uuid.uuid4(), **shown)
    artefact = Artefact.objects.create(kind=ArtefactKind.NETWORK, status="published", refreshed={"sha256": "f"})
    LivePointer.objects.create(kind=ArtefactKind.NETWORK, artefact=artefact)
    for kind in (JobKind.REFRESH, JobKind.STATISTICS, JobKind.EXPOSURES, JobKind.TRAIN):
        JobRun.objects.create(kind=kind, slot="1")
    staff = django_user_model.objects.create_user("staff")
    RuleDecision.objects.create(rule_key="substitute:3=>12", decision="rejected", decided_by=staff)
    CategoryBan.objects.create(category="a", beside="b", decided_by=staff)
    try:
        call_command("migrate", "recommendations", "0008", verbosity=0)
    finally:
        call_command("migrate", "recommendations", verbosity=0)
    again = Placement.objects.get(slug="product-related")
    assert (again.explore, again.bought_before, again.per_brand) == (0, "if_repeated", None)
    assert Placement.objects.get(slug="new-arrivals").strategy == "new_arrivals"
    assert RuleDecision.objects.get().antecedents == "substitute:3"
    assert LivePointer.objects.get().artefact.refreshed == {}
    assert [run.kind for run in JobRun.objects.all()] == [JobKind.TRAIN]
    assert [row.outcome for row in Impression.objects.all()] == [None, None], "they are counted anew"
    for model in (Arrival, ItemExposure, CategoryBan):
        assert not model.objects.exists()


def test_earlier_events_are_told_the_placement_of_their_list_where_it_is_known(stocked):
    known, unknown = uuid.uuid4(), uuid.uuid4()
    for one in (known, unknown):
        record.events([record.BrowseEvent(uuid.uuid4(), EventKind.VIEW, NOW, item="a")], shopper="user:1", now=NOW)
        BrowseLog.objects.filter(recommendation=None).update(recommendation=one)
    Impression.objects.create(recommendation=known, placement="home", served_at=NOW, shown_at=NOW)
    call_command("migrate", "recommendations", "0022", verbosity=0)
    call_command("migrate", "recommendations", verbosity=0)
    placements = dict(BrowseLog.objects.values_list("recommendation", "placement"))
    assert placements == {known: "home", unknown: ""}
