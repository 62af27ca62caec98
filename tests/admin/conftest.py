"""Rows of every model, as many as a test wants."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from recommendations.models import (
    Amendment,
    Arrival,
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BrowseLog,
    CampaignPeriod,
    CategoryBan,
    Decision,
    Impression,
    ItemExposure,
    JobKind,
    JobRun,
    JobState,
    LivePointer,
    ManualRule,
    Pin,
    Placement,
    Rating,
    Rule,
    RuleDecision,
    RuleKind,
    Shopper,
    Spelling,
)
from recommendations.services import record
from tests.factories import NOW, fold_all, make_item, make_order

PLACEMENT = "product-related"


def live_rules():
    """The version of rules that serves, made where there is none."""
    pointer = LivePointer.objects.filter(kind=ArtefactKind.RULES).select_related("artefact").first()
    if pointer is not None:
        return pointer.artefact
    artefact = Artefact.objects.create(
        kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED, metrics={"rules": 1234, "pairs_considered": 5678}
    )
    LivePointer.objects.create(kind=ArtefactKind.RULES, artefact=artefact)
    return artefact


def make_rule(
    first, second, *, artefact=None, orders=37, first_orders=210, second_orders=90, total=2_100, kind="complement"
):
    a, b = make_item(first), make_item(second)
    return Rule.objects.create(
        artefact=artefact or live_rules(),
        kind=kind,
        key=RuleKind(kind).key([a.pk], b.pk),
        antecedent=a,
        consequent=b,
        orders=orders,
        antecedent_orders=first_orders,
        consequent_orders=second_orders,
        total_orders=total,
        shoppers=12,
        support=orders / total,
        confidence=orders / first_orders,
        lift=orders * total / (first_orders * second_orders),
        leverage=0.0133,
        conviction=None,
    )


@pytest.fixture
def furnish(db, stocked):
    """Make `count` rows of every model, numbered from `start`, each with products and a shopper of its own."""

    def furnish(count, *, start=0):
        placement = Placement.objects.get(slug=PLACEMENT)
        for number in range(start, start + count):
            first, second = f"p{number}", f"q{number}"
            key = f"user:{number}"
            order = make_order(first, second, shopper=key, key=f"shop-{number}")
            record.cancel(order_key=order.key, key=f"c-{number}", at=NOW)
            make_order(first, second, shopper=key, key=f"kept-{number}")
            record.returned(key=f"r-{number}", shopper=None, product=first, quantity=1, at=NOW)
            shopper, item = Shopper.objects.get(key=key), make_item(first)
            user = get_user_model().objects.create(username=f"decider-{number}")
            Shopper.objects.filter(pk=shopper.pk).update(user=user)
            seen = BrowseLog(event_id=uuid.uuid4(), shopper=shopper, item=item, kind="view", at=NOW, body_digest="")
            seen.save()
            Rating.objects.create(shopper=shopper, item=item, stars=4, rated_at=NOW)
            rule = make_rule(first, second)
            RuleDecision.objects.create(rule_key=rule.key, decision=Decision.APPROVED, decided_by=user)
            ManualRule.objects.create(antecedent=item, consequent=make_item(second), decided_by=user)
            Pin.objects.create(placement=placement, item=item, kind="pin", position=1)
            CampaignPeriod.objects.create(
                name=f"p{number} sale", starts_on=NOW.date(), ends_on=NOW.date(), mode="apart"
            )
            Placement.objects.create(slug=f"spot-{number}", strategy="cart")
            CategoryBan.objects.create(category=f"p{number} wine", beside="baby", decided_by=user)
            Artefact.objects.create(
                kind=ArtefactKind.NETWORK,
                status=ArtefactStatus.PUBLISHED,
                metrics={"ndcg_10": 0.1234, "ndcg_10_most_popular": 0.05},
            )
            JobRun.objects.create(kind=JobKind.MINE, slot=f"{number}", state=JobState.DONE, started_at=NOW, progress=1)
            Impression.objects.create(
                recommendation=uuid.uuid4(),
                placement=PLACEMENT,
                shopper=shopper,
                items=[[item.pk, 1, "pairs", 1.0]],
                served_at=NOW,
                shown_at=NOW + timedelta(seconds=1),
            )
            Spelling.objects.create(
                title_count=1, item_ids=item.pk.to_bytes(8, "little"), spelt="NiuNai\n", made_at=NOW
            )
            Arrival.objects.create(
                item=item, launched_at=NOW, categories=["c"], believed=0.02, examinations=5.0, rewards=0.5, share=0.5
            )
            ItemExposure.objects.create(
                item=item,
                placement=PLACEMENT,
                rank=1,
                impressions=1,
                clicks=0,
                purchases=0,
                weight=1,
                weight_clicks=0,
                weight_purchases=0,
                weight_squares=1,
            )
        fold_all()
        assert Amendment.objects.count() == 2 * (start + count)

    return furnish


@pytest.fixture
def staff_client(db, client):
    """Log in as staff with just these permissions."""

    def log_in(*codenames):
        user = get_user_model().objects.create_user("staff", password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return log_in
