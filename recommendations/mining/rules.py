"""Rules of antecedents and one consequent: from pairs that passed the guard, or from frequent itemsets."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.families import Finder, Level, hashes, levels, spread
from recommendations.mining.itemsets import Itemsets
from recommendations.mining.measures import Measures, measure

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

MEASURES = tuple(field.name for field in fields(Measures))


@dataclass(frozen=True, slots=True)
class Rules:
    """Directed rules a => b; arrays are int64[rules] where not said.

    Parameters
    ----------
    antecedent, consequent : item ids.
    orders, antecedent_orders, consequent_orders : baskets with both, with the one, with the other.
    shoppers : distinct known shoppers behind `orders`.
    p, weighted_lift : float64[rules], of the pair, the same in both directions; see `mining.guard`.
    total_orders : all counted baskets.
    """

    antecedent: Ids
    consequent: Ids
    orders: Ids
    antecedent_orders: Ids
    consequent_orders: Ids
    shoppers: Ids
    p: Values
    weighted_lift: Values
    total_orders: int

    def __len__(self) -> int:
        return len(self.orders)

    @property
    def measures(self) -> Measures:
        return measure(self.orders, self.antecedent_orders, self.consequent_orders, self.total_orders)

    def where(self, at: Ids) -> "Rules":
        """The rules at these positions, int64[k]."""
        columns = {field.name: getattr(self, field.name)[at] for field in fields(self) if field.name != "total_orders"}
        return replace(self, **columns)

    def strongest(self, most_per_antecedent: int) -> "Rules":
        """Of each antecedent the rules of the largest leverage, at most so many; ascending by antecedent."""
        chosen = strongest(self.antecedent, self.consequent, self.measures.leverage, most_per_antecedent)
        return self.where(chosen)


@dataclass(frozen=True, slots=True)
class LongRules:
    """Rules A => b of item sets A, `antecedents[offsets[i]:offsets[i + 1]]` ascending being that of rule i.

    Parameters
    ----------
    offsets, antecedents : int64[rules + 1] and int64[offsets[rules]].
    consequent : int64[rules], item ids.
    orders, antecedent_orders, consequent_orders : int64[rules], baskets with all of it, with A, with b.
    total_orders : N.
    """

    offsets: Ids
    antecedents: Ids
    consequent: Ids
    orders: Ids
    antecedent_orders: Ids
    consequent_orders: Ids
    total_orders: int

    def __len__(self) -> int:
        return len(self.orders)

    @property
    def measures(self) -> Measures:
        return measure(self.orders, self.antecedent_orders, self.consequent_orders, self.total_orders)

    def where(self, at: Ids) -> "LongRules":
        """The rules at these positions, int64[k]."""
        offsets, flat = spread(self.offsets, at)
        orders = self.orders[at], self.antecedent_orders[at], self.consequent_orders[at]
        return LongRules(offsets, self.antecedents[flat], self.consequent[at], *orders, self.total_orders)

    def wholes(self) -> tuple[Ids, Ids]:
        """Offsets and items of the sets A + b, of each rule the consequent last."""
        offsets = self.offsets + np.arange(len(self.offsets))
        items = np.empty(int(offsets[-1]), dtype=np.int64)
        ends = offsets[1:] - 1
        items[ends] = self.consequent
        items[np.delete(np.arange(len(items)), ends)] = self.antecedents
        return offsets, items


def rules_of_pairs(
    *,
    low: Ids,
    high: Ids,
    orders: Ids,
    low_orders: Ids,
    high_orders: Ids,
    shoppers: Ids,
    p: Values,
    weighted_lift: Values,
    total_orders: int,
    most_per_antecedent: int,
) -> Rules:
    """Both directions of each pair that occurs more often than chance gives, plainly counted too.

    Of one antecedent at most `most_per_antecedent` rules are kept, those of the largest leverage.
    """
    kept = orders * total_orders > low_orders * high_orders
    return both_ways(
        Rules(
            antecedent=low[kept],
            consequent=high[kept],
            orders=orders[kept],
            antecedent_orders=low_orders[kept],
            consequent_orders=high_orders[kept],
            shoppers=shoppers[kept],
            p=p[kept],
            weighted_lift=weighted_lift[kept],
            total_orders=total_orders,
        )
    ).strongest(most_per_antecedent)


def both_ways(rules: Rules) -> Rules:
    """The rules, and after them each with its sides exchanged."""
    return Rules(
        antecedent=np.concatenate([rules.antecedent, rules.consequent]),
        consequent=np.concatenate([rules.consequent, rules.antecedent]),
        orders=np.tile(rules.orders, 2),
        antecedent_orders=np.concatenate([rules.antecedent_orders, rules.consequent_orders]),
        consequent_orders=np.concatenate([rules.consequent_orders, rules.antecedent_orders]),
        shoppers=np.tile(rules.shoppers, 2),
        p=np.tile(rules.p, 2),
        weighted_lift=np.tile(rules.weighted_lift, 2),
        total_orders=rules.total_orders,
    )


def rules_of_itemsets(
    sets: Itemsets,
    *,
    total_orders: int,
    at_least: Mapping[str, float],
    least_antecedents: int = 1,
    most_antecedents: int | None = 3,
    most_per_antecedent: int | None = None,
    strongest_by: str = "leverage",
    improvement: float | None = None,
) -> LongRules:
    """All rules with one consequent that frequent itemsets give (Agrawal, Srikant 1994).

    Ascending by the antecedent's number in `sets`; of one antecedent the strongest first, ties by consequent.

    Parameters
    ----------
    sets : frequent itemsets with all their subsets but the empty one, in any order.
    total_orders : N, the baskets that were mined, empty ones included.
    at_least : the least value of measures, by the names in `Measures`, such as {"confidence": 0.5, "lift": 1.2}.
    least_antecedents : fewest items of an antecedent, at least 1.
    most_antecedents : most items of an antecedent, at least 1, or None for any number.
    most_per_antecedent : most rules of one antecedent, at least 1, or None for all.
    strongest_by : the measure that says which those are.
    improvement : how much more confidence a rule must have than every rule with the same consequent and one item less
        in the antecedent, none at all included, in [-1, 1] (Bayardo, Agrawal, Gunopulos 2000); None asks for nothing.

    Raises
    ------
    ValueError : a measure that does not exist, a number below 1, or a subset that is missing from `sets`.
    """
    _check(at_least, strongest_by, least_antecedents, most_antecedents, most_per_antecedent)
    finder = Finder(sets.offsets, sets.items)
    longest = None if most_antecedents is None else most_antecedents + 1
    parts = []
    for level in levels(sets.offsets, sets.items):
        length = level.items.shape[1]
        if length <= least_antecedents or (longest is not None and length > longest):
            continue
        alone = hashes(level.items)
        antecedent = finder.find(finder.keys[:, level.at, None] - alone)
        consequent = finder.find(alone)
        if min(antecedent.min(), consequent.min()) < 0:
            raise ValueError("a subset of an itemset is missing: rules need the orders of every subset")
        rows = np.stack([np.repeat(level.at, length), antecedent.ravel(), consequent.ravel(), level.items.ravel()])
        if improvement is not None:
            confidence = sets.counts[level.at][:, None] / sets.counts[antecedent]
            better = confidence - _best_shorter(finder, sets.counts, level, total_orders) >= improvement
            rows = rows[:, better.ravel()]
        parts.append(rows)
    whole, antecedent, consequent, item = np.concatenate([np.zeros((4, 0), dtype=np.int64), *parts], axis=1)
    counts = sets.counts[whole], sets.counts[antecedent], sets.counts[consequent]
    measures = measure(*counts, total_orders)
    kept = np.flatnonzero(_reached(measures, at_least, len(whole)))
    strength = getattr(measures, strongest_by)[kept]
    chosen = kept[strongest(antecedent[kept], item[kept], strength, most_per_antecedent)]
    offsets, flat = spread(sets.offsets, antecedent[chosen])
    orders, antecedent_orders, consequent_orders = (count[chosen] for count in counts)
    return LongRules(
        offsets, sets.items[flat], item[chosen], orders, antecedent_orders, consequent_orders, total_orders
    )


def strongest(antecedent: Ids, consequent: Ids, strength: NDArray[np.float64], most: int | None) -> Ids:
    """The numbers of the rules to keep, ascending by antecedent, the strongest first."""
    by_antecedent = np.lexsort((consequent, -strength, antecedent))
    if most is None:
        return by_antecedent
    starts = np.searchsorted(antecedent[by_antecedent], antecedent[by_antecedent], side="left")
    return by_antecedent[np.arange(len(by_antecedent)) - starts < most]


def _best_shorter(finder: Finder, counts: Ids, level: Level, total_orders: int) -> Values:
    """float64[m, length], for each set and consequent the best confidence with one item less in the antecedent."""
    alone, whole = hashes(level.items), finder.keys[:, level.at, None]
    best = np.zeros(level.items.shape)
    for place in range(level.items.shape[1]):
        without = finder.find(whole[:, :, 0] - alone[:, :, place])
        antecedent = finder.find(whole - alone - alone[:, :, place, None])
        confidence = counts[without][:, None] / np.where(antecedent >= 0, counts[antecedent], total_orders)
        confidence[:, place] = 0
        best = np.maximum(best, confidence)
    return best


def _reached(measures: Measures, at_least: Mapping[str, float], length: int) -> Flags:
    reached = np.ones(length, dtype=np.bool_)
    for name, least in at_least.items():
        reached &= getattr(measures, name) >= least
    return reached


def _check(at_least: Mapping[str, float], strongest_by: str, *limits: int | None) -> None:
    for name in (*at_least, strongest_by):
        if name not in MEASURES:
            raise ValueError(f"{name!r} is no measure; there are {', '.join(MEASURES)}")
    if any(limit is not None and limit < 1 for limit in limits):
        raise ValueError(
            f"least_antecedents, most_antecedents and most_per_antecedent must be at least 1, not {limits}"
        )
