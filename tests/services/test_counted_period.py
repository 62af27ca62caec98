"""Campaigns and the window: from when to when orders count."""

from datetime import UTC, date, datetime

import pytest

from recommendations.models import (
    BasketTotals,
    CampaignMode,
    CampaignPeriod,
    Excluded,
    JobKind,
)
from recommendations.services import cleaning, due, record, recount
from recommendations.services.fold import fold, fold_all, fold_for
from tests.factories import NOW, make_order
from tests.services.counted import DAY, counts, states

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


def test_campaign_days_begin_and_end_in_the_shop_s_time_zone(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    CampaignPeriod.objects.create(name="11.11", starts_on=date(2025, 11, 11), ends_on=date(2025, 11, 11))
    times = {
        "before": datetime(2025, 11, 10, 15, 59, 59, tzinfo=UTC),
        "first": datetime(2025, 11, 10, 16, tzinfo=UTC),
        "last": datetime(2025, 11, 11, 15, 59, 59, tzinfo=UTC),
        "after": datetime(2025, 11, 11, 16, tzinfo=UTC),
    }
    for key, at in times.items():
        make_order("a", key=key, at=at)
    fold_all(now=NOW)
    campaign = Excluded.CAMPAIGN
    assert states() == {"before": "", "first": campaign, "last": campaign, "after": ""}
    assert recount.check() == []


def test_a_campaign_that_changes_asks_for_a_recount_and_until_then_all_counts_follow_the_same_rules():
    make_order("a", "b", key="early")
    fold_all(now=NOW)
    assert JobKind.RECOUNT not in dict(due.due(now=NOW))
    period = CampaignPeriod.objects.create(name="Sale", starts_on=NOW.date(), ends_on=NOW.date())
    assert (JobKind.RECOUNT, "after-generation-1") in due.due(now=NOW)
    make_order("a", "b", key="late")
    fold_all(now=NOW)
    assert states() == {"early": "", "late": ""}
    assert recount.check() == []
    assert recount.rebuild(now=NOW).left_out.orders == {"campaign": 2}
    assert JobKind.RECOUNT not in dict(due.due(now=NOW))
    CampaignPeriod.objects.filter(pk=period.pk).update(mode=CampaignMode.APART)
    assert (JobKind.RECOUNT, "after-generation-2") in due.due(now=NOW)
    recount.rebuild(now=NOW)
    assert counts()[0] == {"a": 2, "b": 2}


@pytest.mark.parametrize(
    "changed",
    [
        {"BASKET_CAP": 7},
        {"MAX_BASKET_ITEMS": 9},
        {"MAX_ORDERS_PER_DAY": None},
        {"COUNT_FREE_LINES": False},
        {"WINDOW_DAYS": 9},
    ],
)
def test_a_rule_that_changes_asks_for_a_recount(choose, changed):
    make_order("a", "b")
    fold_all(now=NOW)
    assert not cleaning.is_outdated(BasketTotals.objects.get())
    choose(**changed)
    assert (JobKind.RECOUNT, "after-generation-1") in due.due(now=NOW)
    recount.rebuild(now=NOW)
    assert not cleaning.is_outdated(BasketTotals.objects.get())


def test_the_window_moves_on_fold_by_fold_and_a_late_order_is_not_counted(choose):
    choose(WINDOW_DAYS=10, FOLD_BATCH=2)
    ages = {f"o{age}": age for age in range(12)}
    for key, age in ages.items():
        make_order("a", key, key=key, at=NOW - age * DAY)
    fold_all(now=NOW)
    left = Excluded.WINDOW
    assert states() == {key: left if age > 10 else "" for key, age in ages.items()}
    assert BasketTotals.objects.get().window_from == (NOW - 10 * DAY).replace(hour=0)
    later = NOW + 6 * DAY
    folded = fold(now=later)
    assert (folded.orders, folded.pending) == (2, True), "a fold takes a batch and leaves the rest to the next"
    assert recount.check() == []
    fold_all(now=later)
    assert states() == {key: left if age > 4 else "" for key, age in ages.items()}
    make_order("a", "b", key="late", at=NOW - 5 * DAY)
    record.cancel(order_key="o9", key="c", at=later)
    fold_all(now=later)
    assert states()["late"] == states()["o9"] == left
    assert recount.check() == []
    before = counts()
    recount.rebuild(now=later + 3 * DAY)
    assert counts() == before, "a recount stays at the window of the last fold"


def test_the_first_shrink_goes_by_a_recount(choose):
    make_order("a", "b", key="old", at=NOW - 5 * DAY)
    make_order("a", "b", key="new")
    fold_all(now=NOW)
    choose(WINDOW_DAYS=2)
    make_order("a", "b", key="late", at=NOW - 5 * DAY)
    fold_all(now=NOW)
    assert set(states().values()) == {""}, "a fold keeps to the rules of its generation"
    assert recount.rebuild(now=NOW).left_out.orders == {"window": 2}
    assert counts()[0] == {"a": 1, "b": 1}


def test_orders_of_one_moment_leave_together(choose):
    choose(WINDOW_DAYS=1, FOLD_BATCH=2)
    for _ in range(5):
        make_order("a", "b")
    fold_all(now=NOW)
    fold_all(now=NOW + 3 * DAY)
    assert counts() == ({}, {})
    assert recount.check() == []


def test_a_wider_window_or_none_is_reached_by_a_recount(choose):
    choose(WINDOW_DAYS=1)
    make_order("a", key="old", at=NOW - 3 * DAY)
    make_order("b", key="new")
    fold_all(now=NOW)
    assert states() == {"old": Excluded.WINDOW, "new": ""}
    for days in (5, None):
        choose(WINDOW_DAYS=days)
        assert JobKind.RECOUNT in dict(due.due(now=NOW))
        recount.rebuild(now=NOW)
        assert states() == {"old": "", "new": ""}
    assert BasketTotals.objects.get().window_from is None


def test_the_background_moves_the_window_when_nothing_is_placed(choose):
    choose(WINDOW_DAYS=1)
    make_order("a", "b")
    fold_all(now=NOW)
    fold_for(0)
    assert counts() == ({}, {})
    assert recount.check() == []
