import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from recommendations.data.histories import Histories
from recommendations.neural.ials import Factors, IalsConfig, fit_ials, objective, solve_rows
from recommendations.neural.purchases import purchase_matrix
from recommendations.ranking.folding_in import fold_in
from tests.neural.planted import planted, share_of_own_kind

CONFIG = IalsConfig(factors=4, epochs=3, alpha=2.0, unobserved=0.5, regularisation=0.1, exponent=0.5)


def random_purchases(rows=9, columns=7, seed=0):
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix(np.where(rng.random((rows, columns)) < 0.4, 1 + rng.random((rows, columns)), 0.0))


def slow_objective(purchases, factors, config):
    """Cell by cell, as the formula reads."""
    weights, (t, n) = purchases.toarray(), purchases.shape
    x, y = factors.shoppers.double().numpy(), factors.items.double().numpy()
    total = 0.0
    for u in range(t):
        for i in range(n):
            score = x[u] @ y[i]
            bought = weights[u, i] > 0
            confidence = config.unobserved + (config.alpha * weights[u, i] if bought else 0)
            total += confidence * ((1 if bought else 0) - score) ** 2
    for side, counts, others in ((x, (weights > 0).sum(1), n), (y, (weights > 0).sum(0), t)):
        ridges = config.regularisation * (counts + config.unobserved * others) ** config.exponent
        total += (ridges * (side**2).sum(1)).sum()
    return total / (t * n)


def test_the_objective_is_that_of_every_cell():
    purchases = random_purchases()
    factors = fit_ials(purchases, CONFIG, seed=0).factors
    assert objective(purchases, factors, CONFIG) == pytest.approx(slow_objective(purchases, factors, CONFIG), rel=1e-5)


def test_solved_rows_are_where_the_objective_has_no_slope():
    purchases = random_purchases()
    items = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    solved = solve_rows(purchases, items, CONFIG)
    best = slow_objective(purchases, Factors(solved, items), CONFIG)
    for step in (0.01, -0.01):
        for row in range(9):
            for column in range(4):
                moved = solved.clone()
                moved[row, column] += step
                assert slow_objective(purchases, Factors(moved, items), CONFIG) >= best - 1e-7


def test_each_epoch_lowers_the_objective():
    losses = fit_ials(random_purchases(40, 30), replace(CONFIG, epochs=6), seed=0).curves.train
    assert all(later <= earlier + 1e-6 for earlier, later in itertools.pairwise(losses))


def test_blocks_of_rows_give_what_all_at_once_do(monkeypatch):
    purchases, items = random_purchases(), torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    whole = solve_rows(purchases, items, CONFIG)
    monkeypatch.setattr("recommendations.neural.ials.CELLS_AT_ONCE", 60)
    assert solve_rows(purchases, items, CONFIG).numpy() == pytest.approx(whole.numpy(), abs=1e-5)


def test_a_shopper_and_an_item_folded_in_are_those_of_the_full_solve():
    purchases = random_purchases()
    factors = fit_ials(purchases, CONFIG, seed=0).factors
    for rows, others in ((purchases, factors.items), (purchases.T.tocsr(), factors.shoppers)):
        solved, vectors = solve_rows(rows, others, CONFIG).numpy(), others.double().numpy()
        ridges = CONFIG.ridges(np.diff(rows.indptr), rows.shape[1])
        for row in range(rows.shape[0]):
            at = slice(rows.indptr[row], rows.indptr[row + 1])
            folded = fold_in(
                vectors[rows.indices[at]],
                CONFIG.alpha * rows.data[at],
                gram=vectors.T @ vectors,
                ridge=ridges[row],
                unobserved=CONFIG.unobserved,
            )
            assert folded == pytest.approx(solved[row], abs=1e-4)


def test_who_bought_nothing_has_no_vector():
    purchases = sparse.csr_matrix(np.array([[1.0, 1.0], [0.0, 0.0]]))
    factors = fit_ials(purchases, CONFIG, seed=0).factors
    assert (factors.shoppers[1] == 0).all()
    assert torch.isfinite(factors.items).all()


def test_it_finds_what_each_shopper_is_faithful_to():
    purchases = purchase_matrix(planted(shoppers=100), "plain", today=8.0)
    factors = fit_ials(purchases, IalsConfig(factors=8, epochs=5), seed=0).factors
    assert share_of_own_kind((factors.shoppers @ factors.items.T).numpy(), np.arange(100)) > 0.9


def test_a_warm_start_begins_where_the_last_fit_ended():
    purchases = random_purchases(40, 30)
    first = fit_ials(purchases, replace(CONFIG, epochs=8), seed=0)
    again = fit_ials(purchases, replace(CONFIG, epochs=1), seed=1, start=first.factors)
    assert again.curves.train[0] <= first.curves.train[-1] + 1e-6


def test_the_weight_of_purchases_is_their_number_its_logarithm_or_decayed():
    one, items = np.zeros(3, dtype=np.int64), np.array([5, 5, 6])
    histories = Histories.of(one, items, np.array([0.0, 90.0, 180.0]), np.arange(3))
    for weighting, expected in (("plain", [2, 1]), ("log", np.log([3, 2])), ("decayed", [0.75, 1])):
        matrix = purchase_matrix(histories, weighting, today=180.0, half_life=90.0)
        assert matrix.toarray()[0] == pytest.approx(np.array(expected))
    with pytest.raises(ValueError, match="weighting must be"):
        purchase_matrix(histories, "squared", today=0.0)


@pytest.mark.parametrize("name", ["factors", "epochs", "alpha", "unobserved", "regularisation"])
def test_a_value_out_of_range_is_named(name):
    with pytest.raises(ValueError, match=name):
        IalsConfig(**{name: 0})
