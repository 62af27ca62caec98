"""What our guard keeps: how much of it holds up on later baskets, and what is left of it on shuffled ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.related.data import History
from recommendations.data.baskets import Baskets
from recommendations.mining.guard import Floors
from recommendations.mining.measures import WeightedPairs, expected_weight
from recommendations.mining.pairs import SCALE, PairSums, count_pairs, distinct_shoppers
from recommendations.mining.significance import benjamini_hochberg, possible_pairs, upper_p

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

MONTH = 30 * 86_400_000_000
LEAST_ORDERS = 2
RELATED = 3

SHOPPERS = (2, 3, 5, 10)
WEIGHTED_LIFTS = (1.0, 1.5, 2.0, 3.0)
FALSE_RULES = (0.01, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One setting of the guard; `guests` says whether each guest counts as a shopper."""

    shoppers: int = 5
    weighted_lift: float = 1.5
    false_rules: float = 0.05
    guests: bool = False

    def __str__(self) -> str:
        guests = ", guests count" if self.guests else ""
        return f"shoppers {self.shoppers}, lift {self.weighted_lift:g}, q {self.false_rules:g}{guests}"


@dataclass(frozen=True, slots=True)
class Counted:
    """Pairs in at least two baskets, with all that the guard asks of them.

    Parameters
    ----------
    known, known_and_guests : int64[pairs], distinct shoppers; each guest as nobody, and as one.
    p : float64[pairs], reckoned once for all settings.
    """

    sums: PairSums
    weighted: WeightedPairs
    item_orders: Ids
    known: Ids
    known_and_guests: Ids
    p: Values

    @classmethod
    def of(cls, baskets: Baskets, shoppers: Ids) -> "Counted":
        sums = count_pairs(baskets, min_orders=LEAST_ORDERS)
        guests = shoppers == 0
        everybody = np.where(guests, shoppers.max(initial=0) + 1 + np.cumsum(guests), shoppers)
        item_orders, sizes = np.bincount(baskets.items), baskets.sizes
        weighted = WeightedPairs(
            sums.share,
            sums.share_square,
            item_orders[sums.low],
            item_orders[sums.high],
            size=int(sizes.sum()),
            size_multi=int(sizes[sizes >= 2].sum()),
        )
        known, all_shoppers = (distinct_shoppers(baskets, people, sums.keys) for people in (shoppers, everybody))
        return cls(sums, weighted, item_orders, known, all_shoppers, upper_p(weighted))

    def passed(self, thresholds: Thresholds) -> Flags:
        """bool[pairs], as `mining.guard.guard` decides."""
        floors = Floors(
            orders=max(thresholds.shoppers, LEAST_ORDERS),
            shoppers=thresholds.shoppers,
            weighted_lift=thresholds.weighted_lift,
        )
        people = self.known_and_guests if thresholds.guests else self.known
        reached = floors.reached(self.weighted, self.sums.orders, people)
        items = int((self.item_orders > 0).sum())
        cutoff = benjamini_hochberg(self.p[reached], tests=possible_pairs(items), q=thresholds.false_rules)
        return np.asarray(reached & cutoff.allows(self.p))


def measure(train: History, test: History, *, seed: int) -> Iterator[dict[str, str | int | float]]:
    """A row for each setting, the default first: rules (both directions), replication, rules on shuffled baskets."""
    counted = Counted.of(train.baskets, train.shoppers)
    later = _Later.of(test.baskets)
    chance = np.random.default_rng(seed)
    everywhere = Counted.of(shuffled(train, chance, within=None), train.shoppers)
    monthly = Counted.of(shuffled(train, chance, within=MONTH), train.shoppers)
    usual = Thresholds()
    grid = [
        Thresholds(*one, guests=guests)
        for guests in (False, True)
        for one in product(SHOPPERS, WEIGHTED_LIFTS, FALSE_RULES)
    ]
    for thresholds in [usual, *[one for one in grid if one != usual]]:
        kept = counted.passed(thresholds)
        yield {
            "name": str(thresholds),
            "rules": 2 * int(kept.sum()),
            **later.replication(counted.sums.where(kept)),
            "rules_on_shuffled": 2 * int(everywhere.passed(thresholds).sum()),
            "rules_on_shuffled_within_months": 2 * int(monthly.passed(thresholds).sum()),
            "sales_with_3_related": _covered(counted, kept),
        }


def shuffled(history: History, chance: np.random.Generator, *, within: int | None) -> Baskets:
    """The items of all lines dealt anew, over everything or over blocks of `within` microseconds.

    An item that a basket gets twice stays once, so that baskets lose some of their size.
    """
    baskets = history.baskets
    owners = np.repeat(np.arange(len(baskets)), baskets.sizes)
    blocks = np.zeros(len(owners), dtype=np.int64) if within is None else (history.at[owners] - history.at[0]) // within
    # Lines are in the order of time, so the blocks of the mixed lines fall on those of the baskets.
    mixed = baskets.items[np.lexsort((chance.random(len(owners)), blocks))]
    dealt = np.unique(owners << 32 | mixed)
    offsets = np.searchsorted(dealt >> 32, np.arange(len(baskets) + 1)).astype(np.int64)
    return Baskets(offsets, dealt & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class _Later:
    """Counts of the baskets that the rules were not learnt from."""

    sums: PairSums
    item_orders: Ids
    sizes: Ids

    @classmethod
    def of(cls, baskets: Baskets) -> "_Later":
        return cls(count_pairs(baskets), np.bincount(baskets.items), baskets.sizes)

    def replication(self, kept: PairSums) -> dict[str, float | int]:
        """Of the rules that chance alone would show at least once, the share that is seen more often than by chance.

        Weighted: V against E of `WeightedPairs`. By counts: n against f n_a n_b / N with
        f = N (sum of L (L-1)) / (sum of L)^2. All with the later baskets' own sums.
        """
        orders = np.concatenate([self.item_orders, np.zeros(int(kept.high.max(initial=0)) + 1)])
        orders = orders.astype(np.int64)
        low, high = orders[kept.low], orders[kept.high]
        at = np.minimum(np.searchsorted(self.sums.keys, kept.keys), max(len(self.sums) - 1, 0))
        seen = self.sums.keys[at] == kept.keys if len(self.sums) else np.zeros(len(kept), dtype=bool)
        size = int(self.sizes.sum())
        by_chance = low * high.astype(np.float64) * float((self.sizes * (self.sizes - 1)).sum()) / max(size, 1) ** 2
        weight = np.where(seen, self.sums.share[at] / SCALE, 0.0)
        expected = expected_weight(low, high, size=size, size_multi=int(self.sizes[self.sizes >= 2].sum()))
        testable = by_chance >= 1
        count = np.where(seen, self.sums.orders[at], 0)
        return {
            "testable": 2 * int(testable.sum()),
            "replication": _share(weight > expected, testable),
            "replication_by_counts": _share(count > by_chance, testable),
        }


def _share(holds: Flags, testable: Flags) -> float:
    return float(holds[testable].mean()) if testable.any() else float("nan")


def _covered(counted: Counted, kept: Flags) -> float:
    """Share of all sales whose product has at least three related ones."""
    related = np.bincount(
        np.concatenate([counted.sums.low[kept], counted.sums.high[kept]]), minlength=len(counted.item_orders)
    )
    return float(counted.item_orders[related >= RELATED].sum() / counted.item_orders.sum())
