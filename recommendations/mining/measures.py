"""Interest measures of a rule a => b, from counts alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measures:
    """All float64[rules]; see `measure`."""

    support: Values
    confidence: Values
    lift: Values
    leverage: Values
    conviction: Values


def measure(orders: Ids, antecedent_orders: Ids, consequent_orders: Ids, total_orders: int) -> Measures:
    """The plain measures of rules.

    With n baskets holding both sides, n_a and n_b holding one and N in all:

    - support n / N, in [0, 1] (Agrawal, Imielinski, Swami 1993)
    - confidence n / n_a, in [0, 1] (ibid.)
    - lift n N / (n_a n_b), in [0, inf) (Brin, Motwani, Ullman, Tsur 1997, there "interest")
    - leverage n / N - n_a n_b / N^2, in [-.25, .25] (Piatetsky-Shapiro 1991)
    - conviction (1 - n_b / N) / (1 - confidence), in [0, inf], inf where confidence is 1 (Brin et al. 1997)

    Parameters
    ----------
    orders, antecedent_orders, consequent_orders : int64[rules], n, n_a and n_b; n_a and n_b at least 1.
    total_orders : N, at least 1 unless there are no rules.
    """
    total = max(total_orders, 1)
    support = orders / total
    confidence = orders / antecedent_orders
    expected = consequent_orders / total
    misses = 1 - confidence
    conviction = np.full(len(orders), np.inf)
    np.divide(1 - expected, misses, out=conviction, where=misses > 0)
    return Measures(
        support=support,
        confidence=confidence,
        lift=confidence / expected,
        leverage=support - (antecedent_orders / total) * expected,
        conviction=conviction,
    )
