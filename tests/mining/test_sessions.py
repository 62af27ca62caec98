"""Sessions and the pairs in them, against the slowest and plainest code there is."""

from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.data.views import Purchases, Views
from recommendations.data.visits import DAY
from recommendations.mining import sessions as module
from recommendations.mining.followed import buyers_of_items, followed, followed_guard
from recommendations.mining.guard import Floors, guard
from recommendations.mining.sessions import sessions_of, viewed_together

SILENCE, LEAST_DWELL, MOST_A_DAY, CAP, WITHIN = 1_800, 2.0, 6, 3, 3_600
SCALE = 2**32
OPTIONS = {"silence": SILENCE, "least_dwell": LEAST_DWELL, "most_a_day": MOST_A_DAY, "cap": CAP}

MOMENTS = st.integers(0, 24).map(lambda step: DAY - 12 * 900 + 900 * step)
VIEWS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 5), MOMENTS, st.sampled_from([float("nan"), 0.0, 1.9, 2.0, 60.0])),
    max_size=40,
)
ORDERS = st.lists(st.tuples(st.integers(1, 4), MOMENTS, st.sets(st.integers(1, 6)).map(sorted)), max_size=10)


def as_views(rows):
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Views(*(column.astype(np.int64) for column in columns[:3]), columns[3])


def as_purchases(rows):
    return Purchases(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        Baskets.of([row[2] for row in rows]),
    )


def plain_sessions(rows):
    """(shopper, day, start, end, {item: first viewed}) of each session, ascending."""
    a_day = defaultdict(int)
    for shopper, _, at, _ in rows:
        a_day[shopper, at // DAY] += 1
    human = sorted(
        (row for row in rows if a_day[row[0], row[2] // DAY] <= MOST_A_DAY), key=lambda row: (row[0], row[2], row[1])
    )
    found = []
    for shopper, item, at, dwell in human:
        if not found or found[-1][0] != shopper or at - found[-1][3] > SILENCE:
            found.append([shopper, at // DAY, at, at, {}])
        found[-1][3] = at
        if not dwell < LEAST_DWELL and (item in found[-1][4] or len(found[-1][4]) < CAP):
            found[-1][4].setdefault(item, at)
    return [session for session in found if session[4]]


@given(VIEWS)
def test_sessions_are_what_a_plain_loop_finds(rows):
    sessions = sessions_of(as_views(rows), **OPTIONS)
    items = np.split(sessions.baskets.items, sessions.baskets.offsets[1:-1])
    seen = np.split(sessions.first_viewed, sessions.baskets.offsets[1:-1])
    found = [
        [shopper, start // DAY, start, end, dict(zip(some.tolist(), at.tolist(), strict=True))]
        for shopper, start, end, some, at in zip(
            sessions.shoppers.tolist(), sessions.starts.tolist(), sessions.ends.tolist(), items, seen, strict=False
        )
    ]
    assert found == plain_sessions(rows)
    days = [(session[0], session[1]) for session in found]
    assert [days[i] == days[i - 1] for i in range(1, len(days))] == (np.diff(sessions.visits) == 0).tolist()


@given(VIEWS)
def test_a_pair_counts_once_for_a_shopper_and_day(rows):
    counted, people, sessions, weights = defaultdict(set), defaultdict(set), Counter(), defaultdict(list)
    for shopper, day, _, _, seen in plain_sessions(rows):
        sessions.update(list(seen))
        for pair in combinations(sorted(seen), 2):
            if (shopper, day) not in counted[pair]:
                weights[pair].append(len(seen) - 1)
            counted[pair].add((shopper, day))
            people[pair].add(shopper)
    pairs = viewed_together(sessions_of(as_views(rows), **OPTIONS), least_days=1)
    found = list(zip(pairs.sums.low.tolist(), pairs.sums.high.tolist(), strict=True))
    assert found == sorted(counted)
    assert pairs.sums.orders.tolist() == [len(counted[pair]) for pair in found]
    assert pairs.shoppers.tolist() == [len(people[pair]) for pair in found]
    assert pairs.sums.share.tolist() == [sum(round(SCALE / n) for n in weights[pair]) for pair in found]
    assert pairs.sums.share_square.tolist() == [sum(round(SCALE / n**2) for n in weights[pair]) for pair in found]
    assert pairs.weighted.low_orders.tolist() == [sessions[low] for low, _ in found]
    assert pairs.weighted.high_orders.tolist() == [sessions[high] for _, high in found]
    assert pairs.items == len(sessions)
    sizes = [len(session[4]) for session in plain_sessions(rows)]
    assert pairs.weighted.size == sum(sizes)
    assert pairs.weighted.size_multi == sum(size for size in sizes if size > 1)
    often = viewed_together(sessions_of(as_views(rows), **OPTIONS), least_days=2)
    assert often.sums.keys.tolist() == pairs.sums.keys[pairs.sums.orders >= 2].tolist()


@given(VIEWS, ORDERS)
def test_what_is_bought_after_a_view_is_what_a_plain_loop_finds(rows, orders):
    days, people, times = defaultdict(set), defaultdict(set), Counter()
    sessions = plain_sessions(rows)
    for shopper, day, _, end, seen in sessions:
        for buyer, at, basket in orders:
            for a, viewed_at in seen.items():
                for b in basket:
                    if buyer == shopper and viewed_at <= at <= end + WITHIN and a != b:
                        times[a, b] += 1
                        days[a, b].add((shopper, day))
                        people[a, b].add(shopper)
    pairs = followed(sessions_of(as_views(rows), **OPTIONS), as_purchases(orders), within=WITHIN)
    found = list(zip(pairs.viewed.tolist(), pairs.bought.tolist(), strict=True))
    assert found == sorted(days)
    assert pairs.days.tolist() == [len(days[pair]) for pair in found]
    assert pairs.shoppers.tolist() == [len(people[pair]) for pair in found]
    assert pairs.total_times == times.total()
    for (a, b), expected in zip(found, pairs.expected.tolist(), strict=True):
        of_a = sum(count for (one, _), count in times.items() if one == a)
        of_b = sum(count for (_, other), count in times.items() if other == b)
        assert expected == pytest.approx(of_a * of_b / times.total())
    viewers = {session[0] for session in sessions}
    bought = {item for buyer, _, basket in orders if buyer in viewers for item in basket}
    seen = {item for session in sessions for item in session[4]}
    assert pairs.possible == sum(a != b for a in seen for b in bought)


@given(VIEWS, ORDERS)
def test_work_in_parts_gives_the_same(rows, orders):
    sessions, bought = sessions_of(as_views(rows), **OPTIONS), as_purchases(orders)
    whole = viewed_together(sessions, least_days=1), followed(sessions, bought, within=WITHIN)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "AT_ONCE", 3)
        parts = viewed_together(sessions, least_days=1), followed(sessions, bought, within=WITHIN)
    for one, other in (
        (whole[0].sums.orders, parts[0].sums.orders),
        (whole[0].sums.weight, parts[0].sums.weight),
        (whole[1].days, parts[1].days),
        (whole[1].shoppers, parts[1].shoppers),
    ):
        assert one.tolist() == other.tolist()


@given(VIEWS, ORDERS)
def test_visitors_of_items_are_distinct_shoppers(rows, orders):
    viewers, buyers = defaultdict(set), defaultdict(set)
    for shopper, _, _, _, seen in plain_sessions(rows):
        for item in seen:
            viewers[item].add(shopper)
    for shopper, _, basket in orders:
        for item in basket:
            if any(shopper in found for found in viewers.values()):
                buyers[item].add(shopper)
    sessions = sessions_of(as_views(rows), **OPTIONS)
    for found, expected in (
        (sessions.shoppers_of_items(), viewers),
        (buyers_of_items(sessions, as_purchases(orders)), buyers),
    ):
        assert dict(zip(*(column.tolist() for column in found), strict=True)) == {
            item: len(people) for item, people in expected.items()
        }


def test_who_views_and_buys_much_makes_no_claim():
    """Everybody buys by chance, some view and buy ten times as much: plain counts would relate everything."""
    random = np.random.default_rng(6)
    rows, orders = [], []
    for shopper in range(1, 2_001):
        size = 20 if shopper % 20 == 0 else 2
        rows += [(shopper, int(item), 10 * i, 5.0) for i, item in enumerate(random.integers(1, 101, size))]
        orders.append((shopper, 1_000, sorted(set(random.integers(101, 201, size).tolist()))))
    planted = [(shopper, 300, 0, 5.0) for shopper in range(1, 13)]
    orders += [(shopper, 1_100, [301]) for shopper in range(1, 13)]
    sessions = sessions_of(as_views(rows + planted), silence=SILENCE, least_dwell=2, most_a_day=50, cap=100)
    pairs = followed(sessions, as_purchases(orders), within=WITHIN)
    judged = followed_guard(pairs, floors=Floors(), q=0.05)
    assert pairs.viewed[judged.passed].tolist() == [300]
    assert pairs.bought[judged.passed].tolist() == [301]
    for floors in (Floors(shoppers=13), Floors(orders=13), Floors(weighted_lift=judged.weighted_lift.max() * 1.01)):
        assert not followed_guard(pairs, floors=floors, q=0.05).passed.any()


def test_arrays_of_several_lengths_are_refused():
    one, two = np.ones(1, dtype=np.int64), np.ones(2, dtype=np.int64)
    with pytest.raises(ValueError, match="one entry a view"):
        Views(one, one, two, np.ones(1))
    with pytest.raises(ValueError, match="one entry an order"):
        Purchases(one, two, Baskets.of([[1]]))


def test_who_looks_at_the_same_things_all_day_long_makes_no_claim():
    """A best seller is viewed several times a day by everybody: beside it everything else is by chance."""
    random = np.random.default_rng(7)
    rows = [
        (shopper, int(item), int(at), 5.0)
        for shopper in range(1, 101)
        for item, at in zip(1 + 200 * random.random(600) ** 3, random.integers(0, 20 * DAY, 600), strict=True)
    ]
    sessions = sessions_of(as_views(rows), silence=SILENCE, least_dwell=2, most_a_day=500, cap=100)
    pairs = viewed_together(sessions, least_days=5)
    assert len(pairs.sums) > 500
    judged = guard(pairs.weighted, orders=pairs.sums.orders, shoppers=pairs.shoppers, items=pairs.items)
    assert not judged.passed.any()
    orders = [
        (shopper, int(at), sorted(set((201 + 200 * random.random(3) ** 3).astype(int).tolist())))
        for shopper in range(1, 101)
        for at in random.integers(0, 20 * DAY, 30)
    ]
    follow = followed(sessions, as_purchases(orders), within=DAY)
    assert (follow.days >= 5).sum() > 500
    assert not followed_guard(follow, floors=Floors(), q=0.05).passed.any()
