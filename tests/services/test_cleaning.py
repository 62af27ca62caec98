"""What is left out of the counts, and that a fold and a recount agree about it whatever came when."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recommendations.catalogue import Identity
from recommendations.data.orders import ReturnedLine
from recommendations.models import (
    BasketTotals,
    CampaignMode,
    CampaignPeriod,
    Counted,
    Excluded,
    Item,
    ItemCount,
    JobKind,
    Order,
    PairCount,
)
from recommendations.services import cleaning, due, record, recount, requeue
from recommendations.services.fold import fold, fold_all, fold_for
from recommendations.services.merge import merge
from tests.factories import NOW, make_order, placed_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]

DAY = timedelta(days=1)


@pytest.fixture
def choose(settings):
    """Set some of the plugin's settings."""

    def choose(**options):
        settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **options}

    return choose


def counts():
    """Orders of each item and each pair, by keys."""
    live = BasketTotals.objects.live().first()
    generation = live.generation if live else 0
    items = ItemCount.objects.filter(generation=generation).values_list("item__key", "orders")
    pairs = PairCount.objects.filter(generation=generation).values_list("low__key", "high__key", "orders")
    return Counter(dict(items)), Counter({tuple(sorted(row[:2])): row[2] for row in pairs})


def brute_force(baskets):
    items, pairs = Counter(), Counter()
    for basket in baskets:
        items.update(basket)
        pairs.update(combinations(sorted(basket), 2))
    return items, pairs


def states():
    return dict(Order.objects.values_list("key", "excluded"))


def test_lines_that_are_no_basket_are_counted_by_reason(choose, fake_catalogue):
    choose(COUNT_FREE_LINES=False, BASKET_CAP=3)
    fake_catalogue.identities["gift"] = Identity("gift", counted=False)
    order = make_order("a", "a", "b", "gift", "back", "c", "d")
    record.orders([placed_order("free", "a", price="0")])
    record.refund(order_key=order.key, key="r", at=NOW, lines=[ReturnedLine("back", 1)])
    folded = fold_all(now=NOW)
    expected = {"no_product": 1, "duplicate": 1, "returned": 1, "cut": 1}
    assert (folded.left_out.lines, folded.left_out.orders) == (expected, {"nothing": 1})
    counted = recount.rebuild(now=NOW)
    assert counted.left_out == folded.left_out
    assert str(counted.left_out).startswith("1 orders (nothing), 1 lines (cut)")
    assert recount.check() == []


def test_lines_at_no_price_count_unless_the_shop_says_otherwise(choose):
    record.orders([placed_order("a", "b", price="0")])
    fold_all(now=NOW)
    assert counts()[0] == {"a": 1, "b": 1}
    choose(COUNT_FREE_LINES=False)
    recount.rebuild(now=NOW)
    assert counts()[0] == {}


def test_an_order_of_more_items_than_a_shopper_s_is_left_out_and_not_cut(choose):
    choose(MAX_BASKET_ITEMS=3, BASKET_CAP=2)
    make_order("a", "b", "c", key="home")
    order = make_order("a", "b", "c", "d", key="trade")
    fold_all(now=NOW)
    assert states() == {"home": "", "trade": Excluded.LARGE}
    assert BasketTotals.objects.get().sum_size == 2
    record.refund(order_key=order.key, key="r", at=NOW, lines=[ReturnedLine("d", 1)])
    fold_all(now=NOW)
    assert states() == {"home": "", "trade": ""}
    assert recount.check() == []


def test_a_day_of_more_orders_than_a_shopper_places_is_left_out_whole(choose):
    choose(MAX_ORDERS_PER_DAY=2)
    for number in range(2):
        make_order("a", "b", key=f"o{number}")
        make_order("a", shopper=None, key=f"guest{number}")
    make_order("a", "b", key="next day", at=NOW - DAY)
    fold_all(now=NOW)
    assert set(states().values()) == {""}
    make_order("a", "b", key="o2")
    make_order("a", shopper=None, key="guest2")
    assert recount.check() == [], "an order that is not folded yet changes nothing"
    fold_all(now=NOW)
    rate = Excluded.RATE
    expected = {"o0": rate, "o1": rate, "o2": rate, "next day": "", "guest0": "", "guest1": "", "guest2": ""}
    assert states() == expected
    assert recount.check() == []
    assert recount.rebuild(now=NOW).left_out.orders == {"rate": 3}
    assert states() == expected
    choose(MAX_ORDERS_PER_DAY=None)
    recount.rebuild(now=NOW)
    assert set(states().values()) == {""}


def test_two_halves_of_a_rapid_day_are_left_out_when_a_visitor_becomes_the_account(choose, django_user_model):
    choose(MAX_ORDERS_PER_DAY=3)
    user = django_user_model.objects.create_user("ann")
    for number in range(4):
        make_order("a", "b", shopper="anon:5" if number % 2 else f"user:{user.pk}")
    fold_all(now=NOW)
    assert counts()[0]["a"] == 4
    merge(visitor="anon:5", account=f"user:{user.pk}", user_id=user.pk)
    assert recount.check() == []
    fold_all(now=NOW)
    assert counts()[0] == {}
    assert recount.check() == []


def test_a_check_names_days_that_were_decided_wrongly(choose):
    choose(MAX_ORDERS_PER_DAY=1)
    order = make_order("a")
    fold_all(now=NOW)
    Order.objects.filter(pk=order.pk).update(counted=Counted.EXCLUDED, excluded=Excluded.RATE)
    assert any("placed no more than 1 that day" in fault for fault in recount.check())
    Order.objects.filter(pk=order.pk).update(counted=Counted.COUNTED, excluded="")
    other = make_order("a")
    Order.objects.filter(pk=other.pk).update(counted=Counted.EXCLUDED, excluded=Excluded.RATE)
    assert any("counted, one of 2" in fault for fault in recount.check())


def test_a_recount_that_an_order_arrives_during_leaves_the_whole_day_out(choose, monkeypatch):
    choose(MAX_ORDERS_PER_DAY=2)
    monkeypatch.setattr(recount, "ORDERS_AT_ONCE", 1)
    make_order("a", "b")
    make_order("a", "b")

    def arrive(fraction, message):
        if not Order.objects.filter(key="late").exists():
            make_order("a", "b", key="late")

    recount.rebuild(now=NOW, progress=arrive)
    assert recount.check() == []
    fold_all(now=NOW)
    assert set(states().values()) == {Excluded.RATE}
    assert counts()[0] == {}
    assert recount.check() == []


@pytest.fixture
def busy(monkeypatch):
    """Let some other transaction be changing each order that is to be decided on again, until it is called."""
    real = requeue.requeue
    monkeypatch.setattr(requeue, "requeue", lambda orders: not orders.exists())
    return lambda: monkeypatch.setattr(requeue, "requeue", real)


def test_an_order_waits_while_another_one_of_its_rapid_day_is_being_changed(choose, busy):
    choose(MAX_ORDERS_PER_DAY=1)
    make_order("a", key="held")
    fold_all(now=NOW)
    make_order("b", key="waits")
    make_order("c", key="stranger's", shopper="user:2")
    assert fold_all(now=NOW).orders == 1
    assert dict(Order.objects.values_list("key", "counted")) == {
        "held": Counted.COUNTED,
        "waits": Counted.PENDING,
        "stranger's": Counted.COUNTED,
    }
    assert recount.check() == []
    busy()
    fold_all(now=NOW)
    assert states() == {"held": Excluded.RATE, "waits": Excluded.RATE, "stranger's": ""}
    assert recount.check() == []


def test_a_recount_leaves_what_has_to_wait_to_the_next_fold(choose, busy, monkeypatch):
    choose(MAX_ORDERS_PER_DAY=1)
    monkeypatch.setattr(recount, "ORDERS_AT_ONCE", 1)
    make_order("a", key="held")

    def arrive(fraction, message):
        if not Order.objects.filter(key="late").exists():
            make_order("a", "b", key="late")

    recount.rebuild(now=NOW, progress=arrive)
    assert dict(Order.objects.values_list("key", "counted")) == {"held": Counted.COUNTED, "late": Counted.PENDING}
    assert recount.check() == []
    busy()
    fold_all(now=NOW)
    assert set(states().values()) == {Excluded.RATE}
    assert recount.check() == []


def test_the_window_stays_while_an_order_that_leaves_it_is_being_changed(choose, busy):
    choose(WINDOW_DAYS=1)
    make_order("a")
    fold_all(now=NOW)
    before = BasketTotals.objects.get().window_from
    assert fold_all(now=NOW + 3 * DAY).orders == 0
    assert BasketTotals.objects.get().window_from == before
    busy()
    fold_all(now=NOW + 3 * DAY)
    assert counts() == ({}, {})


@pytest.mark.django_db(transaction=True)
def test_orders_that_another_transaction_is_changing_are_not_waited_for():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    order = make_order("a")
    make_order("b")
    fold_all(now=NOW)
    holds, done = Event(), Event()

    def change():
        with transaction.atomic():
            Order.objects.select_for_update().get(pk=order.pk)
            holds.set()
            done.wait(10)
        connection.close()

    thread = Thread(target=change)
    thread.start()
    try:
        assert holds.wait(10)
        with transaction.atomic():
            assert not requeue.requeue(Order.objects.settled())
            assert not Order.objects.pending().exists()
    finally:
        done.set()
        thread.join()
    with transaction.atomic():
        assert requeue.requeue(Order.objects.settled())
    assert Order.objects.pending().count() == 2


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


class Shop:
    """A shop in memory that says what should be counted: the slow way of the same rules."""

    def __init__(self):
        self.orders = {}
        self.cancelled = set()

    def place(self, key, items, shopper, day):
        self.orders[key] = (items, shopper, day)
        make_order(*items, key=key, shopper=shopper, at=NOW + day * DAY)

    def baskets(self, *, campaign, window_from, most, most_a_day):
        a_day = Counter((shopper, day) for _, shopper, day in self.orders.values())
        for key, (items, shopper, day) in self.orders.items():
            if key in self.cancelled or day in campaign or NOW + day * DAY < window_from or len(items) > most:
                continue
            if shopper is None or a_day[shopper, day] <= most_a_day:
                yield items


CHANGES = st.lists(
    st.one_of(
        st.tuples(
            st.just("order"),
            st.sets(st.sampled_from("abcd"), min_size=1),
            st.sampled_from([None, "user:1", "user:2", "anon:3"]),
            st.integers(-3, 0),
        ),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("day")),
        st.tuples(st.just("fold")),
        st.tuples(st.just("rebuild")),
        st.tuples(st.just("merge")),
    ),
    max_size=30,
)


@given(CHANGES, st.booleans())
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_when_what_is_left_out_is_what_the_rules_say(choose, changes, windowed):
    choose(
        MAX_ORDERS_PER_DAY=1,
        MAX_BASKET_ITEMS=3,
        FOLD_BATCH=2,
        BULK_FOLD_ORDERS=1_000,
        WINDOW_DAYS=3 if windowed else None,
    )
    sid = transaction.savepoint()
    try:
        campaign = NOW.date() - DAY
        CampaignPeriod.objects.create(name="Sale", starts_on=campaign, ends_on=campaign)
        shop, now, merged = Shop(), NOW, False
        for number, (change, *what) in enumerate(changes):
            if change == "order":
                items, shopper, day = what
                shop.place(f"o{number}", sorted(items), "user:1" if merged and shopper == "anon:3" else shopper, day)
            elif change == "cancel" and shop.orders:
                key = sorted(shop.orders)[what[0] % len(shop.orders)]
                shop.cancelled.add(key)
                record.cancel(order_key=key, key=f"k{number}", at=NOW)
            elif change == "merge" and not merged:
                merge(visitor="anon:3", account="user:1", user_id=None)
                merged = True
                shop.orders = {
                    key: (items, "user:1" if shopper == "anon:3" else shopper, day)
                    for key, (items, shopper, day) in shop.orders.items()
                }
            elif change == "day":
                now += DAY
            elif change == "fold":
                fold(now=now)
            elif change == "rebuild":
                recount.rebuild(now=now)
            assert recount.check() == []
        fold_all(now=now)
        assert recount.check() == []
        assert not Order.objects.pending().exists()
        window_from = (now - 3 * DAY).replace(hour=0) if windowed else NOW - 100 * DAY
        expected = brute_force(shop.baskets(campaign={-1}, window_from=window_from, most=3, most_a_day=1))
        assert counts() == expected
        found = states()
        recount.rebuild(now=now)
        assert counts() == expected
        assert states() == found
        assert Item.objects.count() <= 4
    finally:
        transaction.savepoint_rollback(sid)
