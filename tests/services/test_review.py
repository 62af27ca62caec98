"""Which pairs wait for a look of staff, and until when."""

from datetime import timedelta
from decimal import Decimal

import pytest

from recommendations.catalogue import Facts
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, Decision, LivePointer, Rule, RuleReview
from recommendations.services import review
from recommendations.services.decide import decide
from recommendations.services.review import BASE, BASE_KEPT, find_reviews, leave
from tests.admin.conftest import make_rule
from tests.factories import NOW, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


@pytest.fixture
def staff(admin_user):
    return admin_user.pk


def mined(*, held=(), at=NOW, **pairs):
    """A version with both directions of each pair, `ab=37`: orders with both of the 210 with a and the 90 with b."""
    version = Artefact.objects.create(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
    Artefact.objects.filter(pk=version.pk).update(created_at=at)
    LivePointer.objects.update_or_create(kind=ArtefactKind.RULES, defaults={"artefact": version})
    for (first, second), orders in pairs.items():
        both = [
            make_rule(first, second, artefact=version, orders=orders),
            make_rule(second, first, artefact=version, orders=orders, first_orders=90, second_orders=210),
        ]
        if f"{first}{second}" in held:
            Rule.objects.filter(pk__in=[rule.pk for rule in both]).update(
                status="held", hold_reasons={"few_days": {"days": 2}}
            )
    find_reviews(version, now=at)
    version.refresh_from_db()
    return version


def waiting():
    """Why what waits waits, and the orders it moved away from, in the order of the page."""
    rows = RuleReview.objects.waiting().select_related("low", "high")
    return [(row.low.key + row.high.key, row.reason, row.orders) for row in rows]


def pair(keys):
    return tuple(sorted(make_item(key).pk for key in keys))


def test_of_a_first_version_only_what_is_held_waits():
    assert mined(ab=30, ac=40, held=["ab"]).metrics == {}
    assert waiting() == [("ab", "held", None)]


def test_what_is_new_and_what_moved_beyond_chance_waits_and_what_did_not_does_not():
    first = mined(ab=30, ac=40, ad=20)
    second = mined(ab=80, ac=44, ad=22, ae=15)
    assert sorted(waiting()) == [("ab", "moved", 30), ("ae", "new", None)]
    assert second.metrics == {BASE: first.pk}


def test_small_steps_add_up_against_one_version_for_a_week():
    first = mined(ab=30)
    for number, orders in enumerate((42, 54, 66), start=1):
        assert mined(ab=orders, at=NOW + timedelta(hours=number)).metrics == {BASE: first.pk}
    assert waiting() == [("ab", "moved", 30)]
    last = Artefact.objects.order_by("-pk")[0]
    assert mined(ab=66, at=NOW + BASE_KEPT).metrics == {BASE: last.pk}
    assert waiting() == [("ab", "moved", 30)]


def test_what_moved_back_or_is_a_rule_no_more_waits_no_more():
    mined(ab=30, ac=30)
    mined(ab=80, ac=30, ad=30)
    assert len(waiting()) == 2
    mined(ab=31, ac=30)
    assert waiting() == []
    assert not RuleReview.objects.exists()


def test_what_was_left_comes_back_only_where_it_moves_again(staff):
    mined(ab=30, held=["ab"])
    assert leave(pair("ab"), user_id=staff, now=NOW)
    assert not leave(pair("ab"), user_id=staff, now=NOW)
    mined(ab=36, held=["ab"])
    assert waiting() == []
    mined(ab=80, held=["ab"])
    assert waiting() == [("ab", "moved", 30)]
    mined(ab=34, held=["ab"])
    assert waiting() == []
    leave(pair("ab"), user_id=staff, now=NOW)
    mined(ab=80)
    assert leave(pair("ab"), user_id=staff, now=NOW)
    mined(ab=84)
    assert waiting() == []


@pytest.mark.parametrize("decision", [Decision.APPROVED, Decision.REJECTED])
def test_what_was_decided_whichever_way_comes_back_only_where_it_moves(staff, decision):
    mined(ab=30, ac=30)
    mined(ab=80, ac=30, ad=30, held=["ad"])
    for key in ("ab", "ad"):
        decide(rule_keys=["{1}=>{0}".format(*pair(key))], decision=decision, user_id=staff)
    assert waiting() == []
    mined(ab=82, ac=30, ad=31, held=["ad"])
    assert waiting() == []
    mined(ab=30, ac=30, ad=90, held=["ad"])
    assert sorted(waiting()) == [("ab", "moved", 80), ("ad", "moved", 30)]


def test_what_was_decided_in_the_list_never_waits_as_new(staff):
    mined(ab=30)
    decide(rule_keys=["{}=>{}".format(*pair("ac"))], decision=Decision.REJECTED, user_id=staff)
    mined(ab=30, ac=30)
    assert waiting() == []


def test_most_money_comes_first_at_what_both_products_cost_a_month(fake_catalogue):
    for key, price in {"a": "1.00", "b": "2.00", "c": "9.50"}.items():
        fake_catalogue.shelf[key] = Facts(key=key, title=key, url="/", price=Decimal(price), currency="EUR")
    fake_catalogue.shelf["d"] = Facts(key="d", title="d", url="/")
    make_order("a", at=NOW - timedelta(days=60))
    make_order("a", at=NOW)
    mined(ab=40, ac=20, de=80, held=["ab", "ac", "de"])
    rows = RuleReview.objects.waiting()
    assert [(row.stake, row.currency, row.stake_orders) for row in rows] == [
        (Decimal("105.00"), "EUR", 10.0),
        (Decimal("60.00"), "EUR", 20.0),
        (None, "", 40.0),
    ]


def test_no_more_wait_than_staff_could_look_at(monkeypatch):
    monkeypatch.setattr(review, "MOST_WAITING", 2)
    mined(ab=30, ac=50, ad=40, held=["ab", "ac", "ad"])
    assert [pair for pair, *_ in waiting()] == ["ac", "ad"]


def test_what_staff_looked_at_in_the_middle_of_a_mining_stays_so(staff, monkeypatch):
    mined(ab=30, held=["ab"])
    months = review._months
    monkeypatch.setattr(review, "_months", lambda: leave(pair("ab"), user_id=staff, now=NOW) and months())
    mined(ab=31, held=["ab"])
    assert waiting() == []
