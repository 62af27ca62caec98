"""A shop whose rules somebody tries to poison, as arrays: honest orders, genuine bundles, and fake orders."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from recommendations.data.baskets import Baskets
from recommendations.mining.counts import Counts, count
from recommendations.mining.guard import guard
from recommendations.mining.holds import Holds, Limits, holds
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.pairs import distinct_shoppers
from recommendations.mining.votes import DAY, ballots, count_votes

DAYS = 180
ITEMS = 800
SHOPPERS = 6_000
ORDERS = 24_000
GUESTS = 0.15
STEADY = 44
LAUNCHES = (12, 20, 25, 30, 45, 60)
"""How many days before the end each launch began; half of them beside a product that was there before."""

POPULAR = 1
JUNK = 700
NEVER_SOLD = 5_000
ACCOUNT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Orders:
    """Baskets with their shopper (0: a guest), their time, and since when that shopper is known, in seconds."""

    baskets: Baskets
    shoppers: np.ndarray
    placed_at: np.ndarray
    known_since: np.ndarray

    def __add__(self, other):
        baskets = Baskets(
            np.concatenate([self.baskets.offsets, self.baskets.offsets[-1] + other.baskets.offsets[1:]]),
            np.concatenate([self.baskets.items, other.baskets.items]),
        )
        rest = ("shoppers", "placed_at", "known_since")
        return Orders(baskets, *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in rest))


@dataclass(frozen=True, slots=True)
class Attack:
    """`orders` fake orders by `accounts` within `days`, that began to be known `age` days before the first of them.

    `known_junk`: the planted product was sold now and then before; else nobody ever bought it.
    """

    orders: int
    accounts: int
    days: int
    age: int
    known_junk: bool = True

    @property
    def planted(self) -> int:
        junk = JUNK if self.known_junk else NEVER_SOLD
        return POPULAR << 32 | junk


ATTACKS = [
    Attack(orders, accounts, days, age, known_junk)
    for known_junk in (True, False)
    for age in (0, 60)
    for days in (1, 7, 30)
    for accounts in (1, 5, 20, 60)
    for orders in (100, 300, 900)
]


@dataclass(frozen=True, slots=True)
class Shop:
    """Honest orders, and the keys of the pairs that are truly bought together; the launches are the last of them."""

    orders: Orders
    bundles: np.ndarray
    launches: np.ndarray


@cache
def shop(seed: int = 1) -> Shop:
    """Items as frequent as Zipf's law has it; every account is first known by its first order."""
    random = np.random.default_rng(seed)
    active = random.gamma(0.7, size=SHOPPERS)
    shoppers = random.choice(SHOPPERS, ORDERS, p=active / active.sum()) + 1
    arrived = np.concatenate([[0.0], np.clip(random.uniform(-120, DAYS - 3, SHOPPERS), 0, None)])
    days = random.uniform(arrived[shoppers], DAYS)
    shoppers[random.random(ORDERS) < GUESTS] = 0

    sizes = random.geometric(1 / 3, ORDERS)
    chances = 1 / (np.arange(ITEMS) + 10.0)
    pairs = [
        np.stack(
            [np.repeat(np.arange(ORDERS), sizes), random.choice(ITEMS, sizes.sum(), p=chances / chances.sum()) + 1]
        )
    ]
    low, high = np.sort(random.choice(np.arange(40, JUNK), (STEADY, 2), replace=False), axis=1).T
    for pair in zip(low, high, strict=True):
        pairs += _together(random, random.choice(ORDERS, random.integers(40, 150), replace=False), pair, each=0.9)
    launched = []
    for number, began in enumerate(LAUNCHES):
        new = ITEMS + 1 + number
        partner = new + 100 if number % 2 else number + 10
        since = np.flatnonzero(days > DAYS - began)
        some = random.choice(since, min(len(since), 4 * began), replace=False)
        pairs.append(np.stack([some, np.full(len(some), new)]))
        pairs += _together(random, some[: len(some) // 2], (new, partner), each=1)
        launched.append((min(new, partner), max(new, partner)))
    rows, items = np.unique(np.concatenate(pairs, axis=1), axis=1)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=ORDERS))])
    placed_at = (days * DAY).astype(np.int64)
    first = np.full(SHOPPERS + 1, DAYS * DAY)
    np.minimum.at(first, shoppers, placed_at)
    keys = [one << 32 | other for one, other in (*zip(low.tolist(), high.tolist(), strict=True), *launched)]
    found = Orders(Baskets(offsets, items), shoppers, placed_at, first[shoppers])
    return Shop(found, np.array(keys), np.array(keys[STEADY:]))


def _together(random, orders, pair, *, each):
    """The two items of a bundle in these orders, each of them left out now and then."""
    return [
        np.stack([some, np.full(len(some), item)])
        for item in pair
        for some in [orders[random.random(len(orders)) < each]]
    ]


def fake(attack: Attack, seed: int = 1) -> Orders:
    """The orders of an attack that ends with the shop's last day; now and then a third product stands beside."""
    random = np.random.default_rng(seed)
    began = (DAYS - attack.days) * DAY
    placed_at = np.sort(random.integers(began, DAYS * DAY, attack.orders))
    shoppers = SHOPPERS + 1 + np.arange(attack.orders) % attack.accounts
    junk = attack.planted & 0xFFFFFFFF
    third = np.where(random.random(attack.orders) < 0.3, random.integers(50, JUNK, attack.orders), 0)
    baskets = Baskets.of([sorted({POPULAR, junk, item} - {0}) for item in third.tolist()])
    return Orders(baskets, shoppers, placed_at, np.full(attack.orders, began - attack.age * DAY))


@dataclass(frozen=True, slots=True)
class Mined:
    """Keys of the pairs that passed the guard, and what is held of them."""

    keys: np.ndarray
    holds: Holds

    def why(self, key):
        """The reasons of a pair that passed; None of one that did not."""
        at = np.searchsorted(self.keys, key)
        return self.holds.why(at) if at < len(self.keys) and self.keys[at] == key else None


@cache
def _honest_counts(seed: int) -> Counts:
    return count(shop(seed).orders.baskets)


def mine(
    attack: Attack | None = None, *, seed: int = 1, limits: Limits | None = None, account_days: int = ACCOUNT_DAYS
) -> Mined:
    """Guard and holds over the shop's orders, with those of an attack."""
    orders, counts = shop(seed).orders, _honest_counts(seed)
    if attack is not None:
        planted = fake(attack, seed)
        orders, counts = orders + planted, counts + count(planted.baskets)
    pairs = counts.pairs.where(counts.pairs.orders >= 5)
    people = distinct_shoppers(orders.baskets, orders.shoppers, pairs.keys)
    low, high = (counts.item_orders[np.searchsorted(counts.item_ids, side)] for side in (pairs.low, pairs.high))
    sums = counts.totals.size, counts.totals.size_multi
    weighted = WeightedPairs(pairs.share, pairs.share_square, low, high, *sums)
    judged = guard(weighted, orders=pairs.orders, shoppers=people, items=len(counts.item_ids))
    passed = pairs.where(judged.passed)
    given = ballots(orders.shoppers, orders.placed_at, orders.known_since, account_days=account_days)
    held = holds(
        WeightedPairs(passed.share, passed.share_square, low[judged.passed], high[judged.passed], *sums),
        count_votes(orders.baskets, given, passed.keys),
        keys=passed.keys,
        orders=passed.orders,
        baskets=orders.baskets,
        given=given,
        limits=limits,
    )
    return Mined(passed.keys, held)
