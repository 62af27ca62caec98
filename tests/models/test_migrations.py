"""Migrations can be taken back, whatever rows the later version holds."""

import pytest
from django.core.management import call_command

from recommendations.models import Artefact, ArtefactKind, JobKind, JobRun, LivePointer, Pin, Placement, RuleDecision
from tests.factories import make_item

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
