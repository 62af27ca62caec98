"""Whatever comes when, a fold and a recount leave the same out."""

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from recommendations.models import (
    CampaignPeriod,
    Item,
    Order,
)
from recommendations.services import record, recount
from recommendations.services.fold import fold, fold_all
from recommendations.services.merge import merge
from tests.factories import NOW, make_order
from tests.services.counted import DAY, brute_force, counts, states

pytestmark = [pytest.mark.django_db, pytest.mark.sql, pytest.mark.usefixtures("fake_catalogue")]


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
