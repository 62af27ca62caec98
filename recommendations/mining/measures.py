"""Interest measures of a rule a => b, from counts alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from recommendations.mining.pairs import SCALE

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
    zhang: Values
    jaccard: Values
    cosine: Values
    kulczynski: Values
    certainty: Values


def measure(orders: Ids, antecedent_orders: Ids, consequent_orders: Ids, total_orders: int) -> Measures:
    """The plain measures of rules.

    With n baskets holding both sides, n_a and n_b holding one and N in all, P(b) = n_b / N:

    - support n / N, in [0, 1] (Agrawal, Imielinski, Swami 1993)
    - confidence n / n_a, in [0, 1] (ibid.)
    - lift n N / (n_a n_b), in [0, inf) (Brin, Motwani, Ullman, Tsur 1997, there "interest")
    - leverage n / N - n_a n_b / N^2, in [-.25, .25] (Piatetsky-Shapiro 1991)
    - conviction (1 - P(b)) / (1 - confidence), in [0, inf], inf where confidence is 1, also where P(b) is 1
      (Brin et al. 1997)
    - zhang (n N - n_a n_b) / max(n (N - n_a), n_a (n_b - n)), in [-1, 1]; 0 where both are 0, which is a in every
      basket and b wherever it can be (Zhang 2000)
    - jaccard n / (n_a + n_b - n), in [0, 1] (Jaccard 1901)
    - cosine n / sqrt(n_a n_b), in [0, 1] (Ochiai 1957)
    - kulczynski (n / n_a + n / n_b) / 2, in [0, 1] (Kulczynski 1927)
    - certainty (confidence - P(b)) / (1 - P(b)), in (-inf, 1]; 0 where P(b) is 1 (Shortliffe, Buchanan 1975; their
      other branch, for rules rarer than chance, is not taken: one formula keeps the order of rules)

    Parameters
    ----------
    orders, antecedent_orders, consequent_orders : int64[rules], n, n_a and n_b; n_a and n_b at least 1,
        n at most either, n_a + n_b - n at most N.
    total_orders : N, from 1 to 3 * 10^9 (products of two counts are exact in 64 bits), or 0 if there are no rules.
    """
    total = max(total_orders, 1)
    confidence = orders / antecedent_orders
    excess = orders * total - antecedent_orders * consequent_orders
    rest = total - consequent_orders
    return Measures(
        support=orders / total,
        confidence=confidence,
        lift=confidence / (consequent_orders / total),
        leverage=excess / float(total) ** 2,
        conviction=_ratio(antecedent_orders * rest, total * (antecedent_orders - orders), otherwise=np.inf),
        zhang=_ratio(
            excess,
            np.maximum(orders * (total - antecedent_orders), antecedent_orders * (consequent_orders - orders)),
            otherwise=0.0,
        ),
        jaccard=orders / (antecedent_orders + consequent_orders - orders),
        cosine=orders / np.sqrt(antecedent_orders * consequent_orders),
        kulczynski=(confidence + orders / consequent_orders) / 2,
        certainty=_ratio(excess, antecedent_orders * rest, otherwise=0.0),
    )


@dataclass(frozen=True, slots=True)
class WeightedPairs:
    """Pairs of items, each basket weighing 1/(L-1) so that large baskets do not make every pair look related.

    A basket of L items holds L (L-1) ordered pairs, so it holds a and b by chance with probability
    L (L-1) n_a n_b / (sum of L)^2, and weighing 1/(L-1) adds L n_a n_b / (sum of L)^2 to the expected weight
    (the configuration model; Newman 2001 weighs co-authors the same way).

    Parameters
    ----------
    share, share_square : int64[pairs], V and V2: sums of 2^32/(L-1) and 2^32/(L-1)^2 over baskets with both, at least
        0, as in `PairSums`.
    low_orders, high_orders : int64[pairs], n_a and n_b, at least 1.
    size, size_multi : sums of L over all baskets and over those with L >= 2, as in `Totals`.
    """

    share: Ids
    share_square: Ids
    low_orders: Ids
    high_orders: Ids
    size: int
    size_multi: int

    def __len__(self) -> int:
        return len(self.share)

    def where(self, at: Ids) -> "WeightedPairs":
        """The pairs at these positions, int64[k], or for which bool[pairs] is true."""
        items = self.low_orders[at], self.high_orders[at]
        return WeightedPairs(self.share[at], self.share_square[at], *items, self.size, self.size_multi)

    @property
    def weight(self) -> Values:
        """V, float64[pairs], at least 0."""
        return self.share / SCALE

    @property
    def expected(self) -> Values:
        """E = n_a n_b (sum of L over L>=2) / (sum of L)^2, float64[pairs], what V would be by chance; above 0."""
        return expected_weight(self.low_orders, self.high_orders, size=self.size, size_multi=self.size_multi)

    @property
    def effective(self) -> Values:
        """V^2 / V2, float64[pairs]: the number of equal baskets that say as much, from 0 to the pair's orders."""
        return _ratio(
            self.share * self.share.astype(np.float64), self.share_square.astype(np.float64) * SCALE, otherwise=0.0
        )

    @property
    def effective_expected(self) -> Values:
        """E V / V2, float64[pairs], the expectation in the same unit as `effective`; E itself for an unseen pair."""
        return self.expected * _ratio(self.share, self.share_square, otherwise=1.0)

    @property
    def lift(self) -> Values:
        """Weighted lift V / E, float64[pairs], in [0, inf)."""
        return _ratio(self.weight, self.expected, otherwise=0.0)

    def lift_lower_bound(self, *, alpha: float = 0.05) -> Values:
        """One-sided lower confidence bound of the weighted lift, float64[pairs], in [0, lift).

        The exact Poisson limit on the effective count: the alpha quantile of a Gamma(V^2 / V2) variate over E V / V2
        (Garwood 1936). It speaks of one pair; among millions it is no guard against chance.

        Parameters
        ----------
        alpha : the probability that the true value lies below the bound, in (0, 1).
        """
        effective = self.effective
        limit = np.zeros(len(self))
        limit[effective > 0] = special.gammaincinv(effective[effective > 0], alpha)
        return _ratio(limit, self.effective_expected, otherwise=0.0)


def expected_weight(low_orders: Ids, high_orders: Ids, *, size: int, size_multi: int) -> Values:
    """E of pairs, see `WeightedPairs.expected`."""
    return low_orders.astype(np.float64) * high_orders * (size_multi / float(max(size, 1)) ** 2)


def _ratio(over: Ids | Values, under: Ids | Values, *, otherwise: float) -> Values:
    """over / under, and `otherwise` where `under` is 0."""
    ratio = np.full(len(over), otherwise)
    np.divide(over, under, out=ratio, where=under > 0)
    return ratio
