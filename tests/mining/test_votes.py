"""Who stands behind a pair, and when: every engine equals brute force."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.data.baskets import Baskets
from recommendations.mining.pairs import count_pairs
from recommendations.mining.votes import DAY, WINDOWS, Votes, ballots, count_votes
from recommendations.mining.weights import weights

ENGINES = ["native", "fallback"]
ORDERS = st.lists(
    st.tuples(
        st.sets(st.integers(1, 6), max_size=5).map(sorted), st.integers(0, 3), st.integers(0, 90), st.integers(-40, 5)
    ),
    max_size=25,
)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """The compiler's time is no example's."""
    one = ballots(np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), account_days=0)
    count_votes(Baskets.of([[1, 2]]), one, np.array([1 << 32 | 2]), engine="native")


def brute_force(bought, given, key):
    """The votes of one pair, word for word."""
    rows = [
        (shopper, bool(given.seasoned[at]), int(given.days[at]), int(weights(np.array([len(basket)]), power=1)[0]))
        for at, (basket, shopper, *_) in enumerate(bought)
        if key in [low << 32 | high for low, high in combinations(basket, 2)]
    ]
    votes = []
    for voters in ([row for row in rows if row[0]], [row for row in rows if row[1]]):
        first = {shopper: weight for shopper, _, _, weight in reversed(voters)}
        votes += [len(first), sum(first.values())]
    crowds = []
    for window in WINDOWS:
        held = [(sum(day <= other < day + window for _, _, other, _ in rows), -day) for _, _, day, _ in rows]
        most, since = max(held, default=(0, 0))
        crowds += [most, -since]
    return [sum(row[0] > 0 for row in rows), *votes, len({row[2] for row in rows}), *crowds]


@pytest.mark.parametrize("engine", ENGINES)
@given(ORDERS, st.integers(0, 30))
def test_votes_equal_brute_force(engine, bought, account_days):
    baskets = Baskets.of([basket for basket, *_ in bought])
    shoppers, days, known = (np.array([row[column] for row in bought], dtype=np.int64) for column in (1, 2, 3))
    given = ballots(shoppers, days * DAY + 7, known * DAY, account_days=account_days)
    keys = np.append(count_pairs(baskets).keys, 9 << 32 | 10)
    found = count_votes(baskets, given, keys, engine=engine)
    rows = [getattr(found, name).tolist() for name in Votes.__dataclass_fields__]
    assert list(map(list, zip(*rows, strict=True))) == [brute_force(bought, given, key) for key in keys.tolist()]


def test_a_label_with_more_pairs_than_there_is_room_for_is_walked_again(monkeypatch):
    from recommendations.mining import pair_native

    baskets = Baskets.of([[1, 2, 3, 4, 5]] * 4)
    one = np.arange(4)
    given = ballots(one, one * DAY, one * 0, account_days=0)
    keys = count_pairs(baskets).keys
    whole = count_votes(baskets, given, keys, engine="native")
    monkeypatch.setattr(pair_native, "DAYS_HELD", 8)
    parts = count_votes(baskets, given, keys, engine="native")
    assert all(np.array_equal(getattr(whole, name), getattr(parts, name)) for name in Votes.__dataclass_fields__)


def old_enough(known_since, *, account_days, last=100):
    """Of one shopper who ordered on day 10 and day 60, in a shop of `last` days."""
    shoppers = np.array([0, 1, 1, 0])
    placed_at = np.array([0, 10, 60, last]) * DAY
    return ballots(shoppers, placed_at, np.full(4, known_since * DAY), account_days=account_days).seasoned.tolist()


def test_an_account_is_as_old_as_what_is_first_known_of_it():
    assert old_enough(10, account_days=30) == [False, False, True, False]
    assert old_enough(-20, account_days=30) == [False, True, True, False]
    # An account that was imported later than it ordered.
    assert old_enough(1_000, account_days=30) == [False, False, True, False]
    assert old_enough(1_000, account_days=0) == [False, True, True, False]


def test_a_young_shop_asks_for_half_of_its_own_age():
    assert old_enough(10, account_days=365, last=100) == [False, False, True, False]
    assert old_enough(10, account_days=365, last=102) == [False, False, False, False]
    assert old_enough(10, account_days=50, last=1_000) == [False, False, True, False]
