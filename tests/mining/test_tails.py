import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recommendations.mining.tails import fisher_lower, fisher_upper, hypergeometric, poisson_lower, poisson_upper


def log(fraction):
    if fraction > Fraction(1, 2):
        return math.log1p(-float(1 - fraction))
    return math.log(fraction.numerator) - math.log(fraction.denominator)


def tables(most):
    return st.tuples(*[st.integers(0, most)] * 4).filter(any)


@given(tables(120))
def test_fisher_equals_exact_fractions(cells):
    both, low_only, high_only, _ = cells
    low, high, total = both + low_only, both + high_only, sum(cells)

    def share(counts):
        ways = sum(math.comb(low, k) * math.comb(total - low, high - k) for k in counts)
        return log(Fraction(ways, math.comb(total, high)))

    given_ = [np.array([value]) for value in (both, low, high)]
    least, most = max(0, low + high - total), min(low, high)
    assert fisher_upper(*given_, total)[0] == pytest.approx(share(range(both, most + 1)), rel=1e-9, abs=1e-13)
    assert fisher_lower(*given_, total)[0] == pytest.approx(share(range(least, both + 1)), rel=1e-9, abs=1e-13)
    assert hypergeometric(*given_, total)[0] == pytest.approx(share([both]), rel=1e-9, abs=1e-13)


def test_fisher_equals_scipy_for_a_million_baskets():
    random = np.random.default_rng(1)
    total = 1_000_000
    low, high = random.integers(1, 20_000, (2, 300))
    orders = np.minimum(random.poisson(low * high / total * random.uniform(0.3, 3, 300)), np.minimum(low, high))
    above = stats.hypergeom.logsf(orders - 1, total, low, high)
    below = stats.hypergeom.logcdf(orders, total, low, high)
    for ours, theirs in ((fisher_upper, above), (fisher_lower, below)):
        clear = theirs < -1e-3  # nearer to 0 scipy's logarithm has lost digits
        np.testing.assert_allclose(ours(orders, low, high, total)[clear], theirs[clear], rtol=1e-8)


@pytest.mark.parametrize("most", [4, 300, 100_000])
def test_poisson_equals_scipy(most):
    random = np.random.default_rng(2)
    counts = random.integers(0, most, 3_000).astype(float)
    expected = np.abs(counts + random.normal(0, 5, 3_000) * np.sqrt(counts + 1)) + 1e-3
    pairs = (
        (poisson_upper, stats.poisson.logsf(counts - 1, expected)),
        (poisson_lower, stats.poisson.logcdf(counts, expected)),
    )
    for ours, theirs in pairs:
        clear = (theirs < -1e-5) & np.isfinite(theirs)
        np.testing.assert_allclose(ours(counts, expected)[clear], theirs[clear], rtol=1e-9)


@pytest.mark.parametrize(("count", "expected"), [(900, 100.0), (5_000, 1_000.0), (400, 1e-3)])
def test_poisson_far_above_equals_the_sum_of_densities(count, expected):
    found = poisson_upper(np.array([float(count)]), np.array([expected]))
    assert found[0] == pytest.approx(_sum(range(count, count + 4_000), expected), rel=1e-12)
    assert found[0] < math.log(1e-300)


@pytest.mark.parametrize(("count", "expected"), [(10, 900.0), (1_000, 3_000.0), (0, 800.0), (3, 5_000.0)])
def test_poisson_far_below_equals_the_sum_of_densities(count, expected):
    found = poisson_lower(np.array([float(count)]), np.array([expected]))
    assert found[0] == pytest.approx(_sum(range(count + 1), expected), rel=1e-12)
    assert found[0] < math.log(1e-300)


def test_the_impossible_and_the_certain():
    counts, never = np.array([0.0, 3.0]), np.zeros(2)
    assert poisson_upper(counts, never).tolist() == [0.0, -np.inf]
    assert poisson_lower(counts, never).tolist() == [0.0, 0.0]
    assert len(poisson_upper(np.zeros(0), np.zeros(0))) == len(poisson_lower(np.zeros(0), np.zeros(0))) == 0
    none = np.zeros(0, dtype=np.int64)
    assert len(fisher_upper(none, none, none, 1)) == len(fisher_lower(none, none, none, 1)) == 0


@given(st.floats(0.01, 400), st.floats(0.01, 400), st.floats(0.01, 5))
def test_more_is_rarer_above_and_less_rare_below(count, expected, more):
    counts, rates = np.array([count, count + more]), np.array([expected, expected])
    above, below = poisson_upper(counts, rates), poisson_lower(counts, rates)
    assert above[0] >= above[1]
    assert below[0] <= below[1]
    assert max(*above, *below) <= 0


def _sum(counts, expected):
    logs = [k * math.log(expected) - expected - math.lgamma(k + 1) for k in counts]
    return max(logs) + math.log(math.fsum(math.exp(value - max(logs)) for value in logs))
