"""Daily figures: what a day is, that they equal a plain count of the rows, and that every change is found."""

import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings

from recommendations.data.orders import PlacedLine, PlacedOrder, ReturnedLine
from recommendations.models import (
    Amendment,
    BrowseLog,
    ChangedDay,
    DailyOutcome,
    EventKind,
    Impression,
    ItemOutcome,
    Order,
    ShownItems,
)
from recommendations.services import outcomes, record, tokens
from recommendations.services.figures import Period, coverage, earned, of_item
from recommendations.services.identify import set_consent
from recommendations.services.merge import merge
from recommendations.services.prune import prune
from tests.factories import NOW, make_item, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("stocked")]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = Period.latest(1, now=NOW)


def token(*keys, at=NOW, placement="product-related", strategy="related", fallback=False, source="together"):
    items = tuple((make_item(key).pk, rank, source, 1.0) for rank, key in enumerate(keys, start=1))
    shown = tokens.Shown(uuid.uuid4(), placement, at, items=items, strategy=strategy, fallback=fallback)
    return tokens.sign(shown)


def see(*keys, at=NOW, shopper="user:1", **options):
    """A list that was on screen."""
    seen = token(*keys, at=at, **options)
    record.impressions([seen], shopper=shopper, now=at)
    return seen


def do(kind, key, *, at=NOW, now=None, shopper="user:1", recommendation=None):
    event = record.BrowseEvent(uuid.uuid4(), EventKind(kind), at, item=key, recommendation=recommendation)
    (outcome,) = record.events([event], shopper=shopper, now=now or at)
    assert outcome.status == "recorded", outcome


def test_a_day_in_figures():
    first, second = see("a", "b", at=NOW - 3 * HOUR), see("c", fallback=True, placement="home", at=NOW - 3 * HOUR)
    do("click", "a", recommendation=first, at=NOW - 2 * HOUR)
    do("click", "a", recommendation=first, at=NOW - 2 * HOUR)
    do("click", "c", recommendation=second, at=NOW - 2 * HOUR)
    do("cart_add", "a", at=NOW - HOUR)
    make_order("a", "c", "d", quantity=2)
    outcomes.refresh(now=NOW)
    total = earned(TODAY).total
    assert (total.lists, total.fallbacks, total.shown, total.clicks, total.clicked) == (2, 1, 3, 3, 2)
    assert (total.cart_adds, total.orders, total.quantity, total.revenue) == (1, 1, 4, {"EUR": Decimal("10.00")})
    by_placement = earned(TODAY).placements
    assert {name: (found.lists, found.orders, found.revenue["EUR"]) for name, found in by_placement.items()} == {
        "home": (1, 1, Decimal("5.00")),
        "product-related": (1, 1, Decimal("5.00")),
    }
    assert earned(TODAY, placement="home").strategies["related"].revenue == {"EUR": Decimal("5.00")}
    days, (spot,) = of_item(make_item("a").pk, TODAY)
    assert days[NOW.date()].shown == 1
    assert (spot.placement, spot.source, spot.figures.clicks, spot.figures.cart_adds) == (
        "product-related",
        "together",
        2,
        1,
    )


def test_an_entry_of_another_form_says_nothing_of_what_was_shown():
    see("a", "b", at=NOW - HOUR)
    see("c", at=NOW - HOUR)
    whole, broken = Impression.objects.order_by("id")
    odd = ["text", 7, None, [1], {"item": 1}, ["a", 1, "together", 1.0]]
    Impression.objects.filter(pk=whole.pk).update(items=[*whole.items, *odd])
    Impression.objects.filter(pk=broken.pk).update(items={"item": 1})
    outcomes.refresh(now=NOW)
    assert (earned(TODAY).total.lists, earned(TODAY).total.shown) == (2, 2)


def test_currencies_are_never_added_up():
    do("click", "a", recommendation=see("a"))
    make_order("a")
    yen = PlacedOrder("yen", (PlacedLine("a", 1, Decimal(300)),), placed_at=NOW, currency="JPY", shopper="user:1")
    record.order(yen)
    outcomes.refresh(now=NOW)
    assert earned(TODAY).total.revenue == {"EUR": Decimal("2.50"), "JPY": Decimal(300)}


def test_a_click_on_a_list_that_was_never_reported_belongs_to_its_placement_all_the_same():
    do("click", "a", recommendation=token("a"))
    make_order("a")
    outcomes.refresh(now=NOW)
    found = earned(TODAY).placements["product-related"]
    assert (found.lists, found.clicks, found.orders) == (0, 1, 1)
    assert earned(TODAY).strategies["related"].orders == 1


def test_an_id_of_an_earlier_version_counts_for_its_placement_and_no_strategy():
    do("click", "a", recommendation=see("a", strategy=""))
    make_order("a")
    outcomes.refresh(now=NOW)
    found = earned(TODAY)
    assert (found.total.orders, found.placements["product-related"].orders, found.strategies) == (1, 1, {})


def test_days_are_those_of_the_shops_time_zone(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    late = datetime(2026, 2, 28, 17, tzinfo=UTC)  # the first of March there
    do("click", "a", recommendation=see("a", at=late), at=late)
    make_order("a", at=late)
    outcomes.refresh(now=NOW)
    assert [row.day for row in DailyOutcome.objects.filter(placement="", strategy="")] == [date(2026, 3, 1)]
    settings.TIME_ZONE = "UTC"
    outcomes.refresh(now=NOW)
    assert {row.day for row in DailyOutcome.objects.all()} == {date(2026, 2, 28)}


def test_a_refund_a_cancellation_and_a_late_order_of_long_ago_are_found():
    before = NOW - 30 * DAY
    for key in "abc":
        do("click", key, recommendation=see(key, at=before), at=before)
    make_order("a", key="first", at=before, quantity=2)
    make_order("b", key="second", at=before)
    outcomes.refresh(now=NOW)
    then = Period(before.date(), before.date())
    assert earned(then).total.revenue == {"EUR": Decimal("7.50")}
    record.refund(order_key="first", key="r", at=NOW, lines=[ReturnedLine("a", 1)])
    record.cancel(order_key="second", key="c", at=NOW)
    make_order("c", at=before + HOUR)
    outcomes.refresh(now=NOW + HOUR)
    assert earned(then).total.revenue == {"EUR": Decimal("5.00")}
    assert earned(then).total.orders == 2


def test_a_late_click_a_merge_and_a_refusal_are_found(django_user_model):
    before = NOW - 30 * DAY
    seen = see("a", at=before, shopper="anon:1")
    make_order("a", shopper="user:1", at=before + 2 * DAY)
    _recorded_long_ago()
    outcomes.refresh(now=NOW)
    then = Period(before.date(), NOW.date())
    do("click", "a", recommendation=seen, at=before + HOUR, now=NOW, shopper="anon:1")
    outcomes.refresh(now=NOW + HOUR)
    assert (earned(then).total.clicks, earned(then).total.orders) == (1, 0)
    user = django_user_model.objects.create(pk=1, username="ann")
    merge(visitor="anon:1", account="user:1", user_id=user.pk)
    outcomes.refresh(now=NOW + 2 * HOUR)
    assert (earned(then).total.clicks, earned(then).total.orders) == (1, 1)
    set_consent(shopper_key="user:1", state="refused", now=NOW)
    outcomes.refresh(now=NOW + 3 * HOUR)
    assert earned(then).total == earned(Period(date(2020, 1, 1), date(2020, 1, 1))).total
    assert not ChangedDay.objects.exists()


def test_days_whose_events_were_pruned_keep_their_sums(settings):
    before = NOW - 30 * DAY
    do("click", "a", recommendation=see("a", at=before), at=before)
    make_order("a", key="old", at=before)
    outcomes.refresh(now=NOW)
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BROWSE_DAYS": 20}
    prune(progress=lambda *_: None, now=NOW)
    assert not BrowseLog.objects.exists()
    record.cancel(order_key="old", key="c", at=NOW)
    outcomes.refresh(now=NOW + HOUR, everything=True)
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "BROWSE_DAYS": 180}
    outcomes.refresh(now=NOW + 2 * HOUR, everything=True)
    assert earned(Period(before.date(), NOW.date())).total.orders == 1


def test_a_transaction_that_is_still_open_is_found_by_the_run_after_its_end():
    """Its order has a lower number than those that the last run saw."""
    late = make_order("a", at=NOW - 30 * DAY)
    do("click", "a", recommendation=see("a", at=NOW - 31 * DAY), at=NOW - 31 * DAY)
    Order.objects.filter(pk=late.pk).update(status="cancelled")
    make_order("b")
    outcomes.refresh(now=NOW)
    Order.objects.filter(pk=late.pk).update(status="placed")  # as if it became visible only now
    outcomes.refresh(now=NOW + HOUR)
    assert earned(Period.latest(60, now=NOW)).total.orders == 1


def test_a_run_is_due_when_its_time_has_come_and_something_happened():
    assert not outcomes.is_due(now=NOW)
    seen = see("a")
    assert outcomes.is_due(now=NOW)
    outcomes.refresh(now=NOW)
    assert not outcomes.is_due(now=NOW + HOUR)
    do("click", "a", recommendation=seen)
    assert not outcomes.is_due(now=NOW + timedelta(minutes=14))
    assert outcomes.is_due(now=NOW + timedelta(minutes=15))
    outcomes.refresh(now=NOW + HOUR)
    assert outcomes.is_due(now=NOW + DAY)


def test_a_day_costs_a_constant_number_of_queries(django_assert_max_num_queries):
    for key in "abcdefgh":
        do("click", key, recommendation=see(key))
        make_order(key)
    outcomes.refresh(now=NOW)
    with django_assert_max_num_queries(65):
        outcomes.refresh(now=NOW)


def test_coverage_is_the_share_of_what_is_sold_that_was_shown(stocked):
    for key in "abcd":
        make_item(key)
    make_item("unknown")
    see("a", "b", at=NOW - DAY)
    see("b", "unknown")
    outcomes.refresh(now=NOW)
    assert (coverage(Period.latest(2, now=NOW)).shown, coverage(Period.latest(2, now=NOW)).sold) == (2, 4)
    assert coverage(TODAY).shown == 1


@given(strategies.sets(strategies.integers(1, 2**40)))
def test_packed_ids_come_back(ids):
    assert outcomes.unpacked(outcomes.packed(ids)).tolist() == sorted(ids)


# The law: whatever happens in whatever order, the figures equal a plain count, and all days made anew are the same.

MOMENTS = strategies.integers(0, 5 * 24).map(lambda hours: hours * HOUR)
ACTIONS = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(
            ["see", "click", "click", "click", "cart", "order", "order", "refund", "cancel", "merge", "forget", "run"]
        ),
        strategies.integers(0, 2),
        strategies.sampled_from("abc"),
        MOMENTS,
    ),
    min_size=3,
    max_size=20,
)


@pytest.fixture
def shortly(settings):
    """Purchases count for two days."""
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "ATTRIBUTION_DAYS": 2}


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(ACTIONS)
def test_whatever_happens_figures_equal_a_plain_count_and_all_days_made_anew(shortly, actions):
    with transaction.atomic():
        _play(actions)
        now = NOW + 2 * HOUR
        outcomes.refresh(now=now)
        kept = _tables()
        assert _plain(kept) == _oracle()
        outcomes.refresh(now=now, everything=True)
        assert _tables() == kept
        transaction.set_rollback(True)


def _play(actions: list[Any]) -> None:  # noqa: C901 (one case an action)
    for key in "abc":
        make_item(key)
    users = [get_user_model().objects.create(username=f"u{number}") for number in range(3)]
    runs = 0
    for number, (action, who, key, ago) in enumerate(actions):
        at, shopper = NOW - ago, f"user:{users[who].pk}" if number % 2 else f"anon:{who}"
        match action:
            case "see":
                see(key, shopper=shopper, placement=f"spot-{who}")
            case "click":
                seen = token("a", "b", "c", at=at, placement=f"spot-{who}", strategy="related" if who else "")
                event = record.BrowseEvent(uuid.uuid4(), EventKind.CLICK, at, item=key, recommendation=seen)
                record.events([event], shopper=shopper, now=NOW)
            case "cart":
                event = record.BrowseEvent(uuid.uuid4(), EventKind.CART_ADD, at, item=key)
                record.events([event], shopper=shopper, now=NOW)
            case "order":
                make_order(key, "a" if key != "a" else "b", shopper=shopper, key=f"o{number}", at=at, quantity=2)
            case "refund" | "cancel":
                for order in Order.objects.filter(status="placed", lines__refunded=0).distinct()[:1]:
                    if action == "cancel":
                        record.cancel(order_key=order.key, key=f"c{number}", at=NOW)
                    else:
                        product = order.lines.filter(refunded=0).order_by("number")[0].product_key
                        lines = [ReturnedLine(product, 1 + who % 2)]
                        record.refund(order_key=order.key, key=f"r{number}", at=NOW, lines=lines)
            case "merge":
                merge(visitor=f"anon:{who}", account=f"user:{users[who].pk}", user_id=users[who].pk)
            case "forget":
                set_consent(shopper_key=shopper, state="refused", now=NOW)
            case "run":
                runs += 1
                _recorded_long_ago()
                outcomes.refresh(now=NOW + runs * timedelta(minutes=1))


def _recorded_long_ago() -> None:
    """What is there is not found again because it just came."""
    for model in (Order, Amendment):
        model.objects.update(recorded_at=NOW - 60 * DAY)


def _tables() -> dict[str, list[Any]]:
    return {
        "lists": sorted(
            DailyOutcome.objects.values_list(
                "day", "placement", "strategy", "lists", "shown", "clicks", "clicked", "cart_adds", "orders", "quantity"
            )
        ),
        "revenue": sorted(
            (day, placement, strategy, sorted(revenue.items()))
            for day, placement, strategy, revenue in DailyOutcome.objects.values_list(
                "day", "placement", "strategy", "revenue"
            )
        ),
        "items": sorted(
            ItemOutcome.objects.values_list("day", "item", "placement", "source", "shown", "clicks", "orders")
        ),
        "shown": sorted((row.day, outcomes.unpacked(row.items).tolist()) for row in ShownItems.objects.all()),
    }


def _plain(tables: dict[str, list[Any]]) -> tuple[Any, ...]:
    """Of each day and placement the counts, and the revenue."""
    counts = {row[:2]: row[3:] for row in tables["lists"] if not row[2]}
    revenue = {row[:2]: {key: Decimal(value) for key, value in row[3]} for row in tables["revenue"] if not row[2]}
    return counts, revenue


def _oracle() -> tuple[Any, ...]:  # noqa: C901 (plain loops are the point)
    """The same by loops over the rows."""
    counts: dict[Any, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    lists: dict[Any, set[Any]] = defaultdict(set)
    orders: dict[Any, set[int]] = defaultdict(set)
    money: dict[Any, dict[str, Decimal]] = defaultdict(dict)
    events = list(BrowseLog.objects.all())

    def add(at: datetime, placement: str, name: str, number: int = 1) -> list[Any]:
        spots = [(at.date(), one) for one in {"", placement}]
        for spot in spots:
            counts[spot][name] += number
        return spots

    def last_click(shopper: int, item: int, at: datetime) -> BrowseLog | None:
        before = [
            one
            for one in events
            if one.kind == "click" and (one.shopper_id, one.item_id) == (shopper, item) and at - 2 * DAY <= one.at <= at
        ]
        return max(before, key=lambda one: (one.at, one.pk), default=None)

    for seen in Impression.objects.all():
        add(seen.shown_at, seen.placement, "lists")
        add(seen.shown_at, seen.placement, "shown", len(seen.items))
    for event in events:
        if event.kind == "click":
            for spot in add(event.at, event.placement, "clicks"):
                lists[spot].add(event.recommendation)
        elif click := last_click(event.shopper_id, event.item_id, event.at):
            add(event.at, click.placement, "cart_adds")
    for order in Order.objects.filter(status="placed", shopper__isnull=False):
        for line in order.lines.all():
            kept = line.quantity - line.refunded
            click = last_click(order.shopper_id, line.item_id, order.placed_at) if kept else None
            if click is None:
                continue
            for spot in add(order.placed_at, click.placement, "quantity", kept):
                orders[spot].add(order.pk)
                money[spot]["EUR"] = money[spot].get("EUR", Decimal(0)) + kept * line.unit_price
    figures = {
        spot: (
            found["lists"],
            found["shown"],
            found["clicks"],
            len(lists[spot]),
            found["cart_adds"],
            len(orders[spot]),
            found["quantity"],
        )
        for spot, found in counts.items()
    }
    return figures, {spot: dict(money[spot]) for spot in counts}
