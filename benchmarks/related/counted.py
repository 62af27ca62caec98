"""Rankers that need no more than counts of items and pairs: the classical measures, and ours for the product page."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from benchmarks.related.evaluation import Ranker, Values
from benchmarks.related.queries import Rows, Train
from recommendations.ranking.candidates import CART_DISCOUNT, PAGE_DISCOUNT, PRIOR_BASKETS, SHRINKAGE

LEAST_SUPPORT = 0.001
"""Share of baskets that a rule of the plain table needs."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts of pairs: n_ac, and W_ac, the sum of (L-1)^-1/2 over the baskets with both; symmetric."""

    orders: Rows
    weight: Rows

    @classmethod
    def of(cls, train: Train) -> "Pairs":
        sizes = train.sizes
        others = np.maximum(sizes - 1, 1)
        multi = train.rows[sizes > 1]
        counted = [product(multi, others[sizes > 1] ** -power) for power in (0.0, 0.5)]
        return cls(*counted)


def popularity(train: Train) -> Ranker:
    orders = train.orders
    return lambda rows: np.tile(orders, (rows.shape[0], 1))


def product_page(train: Train, pairs: Pairs) -> Ranker:
    """s(c|a) of `ranking.candidates.product_page`, over the whole catalogue."""
    sizes, orders = train.sizes, train.orders
    kappa = PRIOR_BASKETS * float((np.maximum(sizes[sizes > 1] - 1, 1) ** -0.5).mean())
    prior = kappa * orders / train.baskets
    discount = (orders + SHRINKAGE) ** PAGE_DISCOUNT
    return lambda rows: ((rows @ pairs.weight).toarray() + prior) / discount


def squares(train: Train, pairs: Pairs) -> Ranker:
    """S(c) of `ranking.candidates.cart`, over the whole catalogue."""
    orders = train.orders
    parts = _scaled(pairs.weight, 1 / (orders + SHRINKAGE), (orders + SHRINKAGE) ** -CART_DISCOUNT)
    parts.data **= 2
    return summed(parts)


def measures(train: Train, pairs: Pairs) -> Mapping[str, Ranker]:
    """Plain measures of pairs, summed over what is asked with."""
    orders, total = train.orders, train.baskets
    both = pairs.orders.tocoo()
    n, na, nc = both.data, orders[both.row], orders[both.col]

    def of(values: Values) -> Ranker:
        return summed(sparse.csr_matrix((values, (both.row, both.col)), shape=both.shape))

    lift = n * total / (na * nc)
    frequent = (n >= LEAST_SUPPORT * total) & (lift >= 1)
    return {
        "confidence": of(n / na),
        "lift": of(np.where(n >= 5, lift, 0)),
        "cosine": of(n / np.sqrt(na * nc)),
        "Jaccard": of(n / (na + nc - n)),
        "LLR": of(np.where(lift > 1, log_likelihood_ratio(n, na, nc, total), 0)),
        "rules table by lift": _best_rule(both, np.where(frequent, lift, 0)),
        "rules table by confidence": _best_rule(both, np.where(frequent, n / na, 0)),
    }


def log_likelihood_ratio(n: Values, na: Values, nc: Values, total: float) -> Values:
    """G^2 of the two-by-two table of each pair (Dunning 1993)."""
    cells = (
        (n, na, nc),
        (na - n, na, total - nc),
        (nc - n, total - na, nc),
        (total - na - nc + n, total - na, total - nc),
    )
    found = np.zeros(len(n))
    for cell, row, column in cells:
        with np.errstate(divide="ignore", invalid="ignore"):
            found += np.where(cell > 0, cell * np.log(cell * total / (row * column)), 0)
    return 2 * found


def _best_rule(both: sparse.coo_matrix, values: Values) -> Ranker:
    """The best of the rules that apply, as a shop takes it from a table of rules of one item on each side."""
    kept = values > 0
    table = sparse.csr_matrix((values[kept], (both.row[kept], both.col[kept])), shape=both.shape)

    def ranker(rows: Rows) -> Values:
        found = np.zeros(rows.shape)
        for number in range(rows.shape[0]):
            asked = rows.indices[rows.indptr[number] : rows.indptr[number + 1]]
            if len(asked):
                found[number] = table[asked].max(axis=0).toarray()[0]
        return found

    return ranker


def product(rows: Rows, weights: Values) -> Rows:
    """The sum of the weights of the baskets with both items of each pair, 0 for an item with itself."""
    found = (rows.T @ sparse.diags(weights) @ rows).tocsr()
    found.setdiag(0)
    found.eliminate_zeros()
    found.sort_indices()
    return found


def _scaled(pairs: Rows, antecedent: Values, consequent: Values) -> Rows:
    return (sparse.diags(antecedent) @ pairs @ sparse.diags(consequent)).tocsr()


def summed(table: Rows) -> Ranker:
    return lambda rows: (rows @ table).toarray()
