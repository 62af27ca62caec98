"""Tail probabilities of the Poisson and the hypergeometric distribution for millions of counts, as logarithms."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

Ids = NDArray[np.int64]
Values = NDArray[np.float64]

DEEP = math.log(1e-200)
"""Below it the library's linear probabilities would underflow and a series in logarithms takes over."""

TABLE = 256


def poisson_upper(counts: Values, expected: Values) -> Values:
    """log P(X >= count) for Poisson X; a count that is no integer reads as the regularised incomplete gamma function.

    P(X >= n) = P(n, lambda), the lower incomplete gamma function (Abramowitz, Stegun 1964, 26.4.21); far out the
    density times 1 + lambda/(n+1) + lambda^2/((n+1)(n+2)) + ... (ibid. 6.5.29).

    Parameters
    ----------
    counts, expected : float64[k], n and lambda, at least 0.

    Returns
    -------
    float64[k] from -inf (something happened that cannot) to 0.
    """
    logs = _log(special.gammainc(counts, expected), special.gammaincc(counts, expected))
    logs[counts == 0] = 0.0
    deep = (logs < DEEP) & (expected > 0)
    count, rate = counts[deep], expected[deep]
    density = count * np.log(rate) - rate - special.gammaln(count + 1)
    logs[deep] = density + _log_series(len(count), lambda at, step: rate[at] / (count[at] + 1 + step))
    return logs


def poisson_lower(counts: Values, expected: Values) -> Values:
    """log P(X <= count) for Poisson X; parameters and result as in `poisson_upper`.

    P(X <= n) = Q(n+1, lambda), the upper incomplete gamma function; far out its continued fraction (Abramowitz,
    Stegun 1964, 6.5.31).
    """
    logs = _log(special.gammaincc(counts + 1, expected), special.gammainc(counts + 1, expected))
    none = counts == 0
    logs[none] = -expected[none]
    deep = (logs < DEEP) & ~none
    shape, rate = counts[deep] + 1, expected[deep]
    logs[deep] = shape * np.log(rate) - rate - special.gammaln(shape) + np.log(_fraction(shape, rate))
    return logs


def fisher_upper(orders: Ids, low_orders: Ids, high_orders: Ids, total: int) -> Values:
    """log P(X >= n), Fisher's exact test that two items meet more often than chance gives (Fisher 1935).

    X is hypergeometric: of N baskets n_a hold the one item, n_b the other, both independently placed.

    Parameters
    ----------
    orders, low_orders, high_orders : int64[k], n, n_a and n_b; max(0, n_a + n_b - N) <= n <= min(n_a, n_b).
    total : N, from 1 to 3 * 10^9.

    Returns
    -------
    float64[k] from -inf to 0.
    """
    return _fisher(orders, low_orders, high_orders, total, up=True)


def fisher_lower(orders: Ids, low_orders: Ids, high_orders: Ids, total: int) -> Values:
    """log P(X <= n), the test that they meet less often; parameters and result as in `fisher_upper`."""
    return _fisher(orders, low_orders, high_orders, total, up=False)


def hypergeometric(orders: Ids, low_orders: Ids, high_orders: Ids, total: int) -> Values:
    """log P(X = n) of `fisher_upper`'s X, float64[k].

    log m! = m log m - m + g(m) splits it into a sum of deviances, each of which is small where n is near what is
    expected, and of the slowly growing g: no large logarithms of factorials cancel (the idea of Loader 2000).
    """
    low, high = low_orders.astype(np.float64), high_orders.astype(np.float64)
    cells = orders, low_orders - orders, high_orders - orders, total - low_orders - high_orders + orders
    margins = low_orders, total - low_orders, high_orders, total - high_orders
    excess = (orders * total - low_orders * high_orders) / total
    low_rest, high_rest = 1 - low / total, 1 - high / total
    expected = low * high / total, low * high_rest, low_rest * high, low_rest * high_rest * total
    logs = -_correction(np.full(len(orders), total))
    for margin in margins:
        logs += _correction(margin)
    for cell, chance, sign in zip(cells, expected, (1, -1, -1, 1), strict=True):
        logs -= _correction(cell) + _deviance(cell, chance, sign * excess)
    return logs


def _fisher(orders: Ids, low_orders: Ids, high_orders: Ids, total: int, *, up: bool) -> Values:
    """Sum the side of the distribution that lies away from its middle; the other side is its complement."""
    above = orders * total > low_orders * high_orders
    short = above == up
    logs = np.zeros(len(orders))
    logs[short] = _away(orders[short], low_orders[short], high_orders[short], total, up=up)
    # The complement of P(X >= n) is P(X <= n - 1), of P(X <= n) it is P(X >= n + 1).
    beyond = orders + (-1 if up else 1)
    least, most = np.maximum(0, low_orders + high_orders - total), np.minimum(low_orders, high_orders)
    other = ~short & (beyond >= least) & (beyond <= most)
    rest = _away(beyond[other], low_orders[other], high_orders[other], total, up=not up)
    logs[other] = np.log1p(-np.minimum(np.exp(rest), 1.0))
    return np.asarray(np.minimum(logs, 0.0))


def _away(orders: Ids, low_orders: Ids, high_orders: Ids, total: int, *, up: bool) -> Values:
    """log of the sum from n outwards: the density times a series of ratios of neighbours."""
    both, low_only = orders.astype(np.float64), (low_orders - orders).astype(np.float64)
    high_only, neither = (high_orders - orders).astype(np.float64), (total - low_orders - high_orders + orders) * 1.0
    shrink, grow = ((low_only, high_only), (both, neither)) if up else ((both, neither), (low_only, high_only))

    def ratio(at: Ids, step: int) -> Values:
        over = (shrink[0][at] - step) * (shrink[1][at] - step)
        return np.asarray(over / ((grow[0][at] + step + 1) * (grow[1][at] + step + 1)))

    return hypergeometric(orders, low_orders, high_orders, total) + _log_series(len(orders), ratio)


def _log_series(length: int, ratio: Callable[[Ids, int], Values]) -> Values:
    """log(1 + r_0 + r_0 r_1 + ...) of many series at once; those that have converged leave the loop."""
    total = np.ones(length)
    active = np.arange(length)
    term = np.ones(length)
    step = 0
    while len(active):
        term = term * ratio(active, step)
        total[active] += term
        going = term > 1e-17 * total[active]
        active, term = active[going], term[going]
        step += 1
    return np.asarray(np.log(total))


def _fraction(shape: Values, rate: Values) -> Values:
    """The upper incomplete gamma function over e^-rate rate^shape, rate well above shape (Lentz 1976)."""
    below = rate + 1 - shape
    inverse = 1 / below
    ahead = np.full(len(shape), 1e300)
    value = inverse
    step = 1
    while True:
        numerator = -step * (step - shape)
        below = below + 2
        inverse = 1 / (numerator * inverse + below)
        ahead = below + numerator / ahead
        change = ahead * inverse
        value = value * change
        step += 1
        if not (np.abs(change - 1) > 1e-15).any() or step > 10_000:
            return np.asarray(value)


def _log(probability: Values, complement: Values) -> Values:
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(probability < 0.5, np.log(probability), np.log1p(-np.minimum(complement, 1.0))))


def _deviance(cell: Ids, expected: Values, excess: Values) -> Values:
    """c log(c / e) + e - c where c = e + excess, at least 0."""
    relative = np.zeros(len(cell))
    np.divide(excess, expected, out=relative, where=expected > 0)
    logs = np.log1p(np.maximum(relative, -1 + 1e-16))
    return np.asarray(np.where(cell == 0, expected, cell * logs - excess))


SMALL = np.array([0.0, *(math.lgamma(m + 1) - m * math.log(m) + m for m in range(1, TABLE))])


def _correction(counts: Ids) -> Values:
    """g(m) = log m! - m log m + m: a table for small m, Stirling's series beyond."""
    large = np.maximum(counts, TABLE).astype(np.float64)
    series = 0.5 * np.log(2 * np.pi * large) + 1 / (12 * large) - 1 / (360 * large**3)
    return np.asarray(np.where(counts < TABLE, SMALL[np.minimum(counts, TABLE - 1)], series))
