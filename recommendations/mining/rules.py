"""Rules of one antecedent and one consequent, from pairs that passed the guard, with the measures of the literature."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.measures import Measures, measure

Ids = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rules:
    """Directed rules a => b, strongest leverage first within an antecedent; arrays are int64[rules] where not said.

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
    antecedent = np.concatenate([low[kept], high[kept]])
    consequent = np.concatenate([high[kept], low[kept]])
    antecedent_orders = np.concatenate([low_orders[kept], high_orders[kept]])
    consequent_orders = np.concatenate([high_orders[kept], low_orders[kept]])
    both, people = np.tile(orders[kept], 2), np.tile(shoppers[kept], 2)
    leverage = measure(both, antecedent_orders, consequent_orders, total_orders).leverage
    by_antecedent = np.lexsort((consequent, -leverage, antecedent))
    starts = np.searchsorted(antecedent[by_antecedent], antecedent[by_antecedent], side="left")
    chosen = by_antecedent[np.arange(len(by_antecedent)) - starts < most_per_antecedent]
    return Rules(
        antecedent[chosen],
        consequent[chosen],
        both[chosen],
        antecedent_orders[chosen],
        consequent_orders[chosen],
        people[chosen],
        np.tile(p[kept], 2)[chosen],
        np.tile(weighted_lift[kept], 2)[chosen],
        total_orders,
    )
