"""Implicit matrix factorisation by alternating least squares (Hu, Koren, Volinsky 2008; regularised as Rendle 2021).

Minimises  sum over bought (u, i) of (a + w_ui) (1 - x_u y_i)^2  +  sum over the others of a (x_u y_i)^2
         + sum_u ridge_u |x_u|^2 + sum_i ridge_i |y_i|^2,   ridge_u = regularisation (bought_u + a n)^exponent,

a = unobserved, t = shoppers, n = items, d = factors, b = rows at once, h = their longest history.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from recommendations.neural.curves import Curves
from recommendations.neural.fitting import Progress

CELLS_AT_ONCE = 8_000_000
"""Numbers in memory for one block of rows: 32 MB in float32, a few times over."""


@dataclass(frozen=True, slots=True)
class IalsConfig:
    """How to factorise.

    Parameters
    ----------
    factors, epochs : at least 1.
    alpha : above 0, by which the weights of the matrix are multiplied to give w.
    unobserved : above 0, the confidence a in what was not bought.
    regularisation, exponent : above 0, and 0..1: at 0 every row has the same ridge, at 1 it grows with its frequency.
    """

    factors: int = 128
    epochs: int = 15
    alpha: float = 10.0
    unobserved: float = 1.0
    regularisation: float = 0.05
    exponent: float = 0.0

    def __post_init__(self) -> None:
        if min(self.factors, self.epochs) < 1 or not 0 <= self.exponent <= 1:
            raise ValueError(f"factors and epochs must be at least 1, exponent 0..1, not {self}")
        if not min(self.alpha, self.unobserved, self.regularisation) > 0:
            raise ValueError(f"alpha, unobserved and regularisation must be above 0, not {self}")

    def ridges(self, bought: NDArray[np.int64], others: int) -> NDArray[np.float32]:
        """float32[rows], the ridge of rows that bought so many distinct of `others` columns."""
        scaled = (bought + self.unobserved * others) ** self.exponent
        return np.asarray(self.regularisation * scaled, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Factors:
    """`shoppers` float32[t, d] and `items` float32[n, d]; a score is their product, about 1 where bought."""

    shoppers: Tensor
    items: Tensor


@dataclass(frozen=True, slots=True)
class FittedIals:
    """The factors, and the objective after each epoch as the training curve."""

    factors: Factors
    curves: Curves


def fit_ials(
    purchases: sparse.csr_matrix,
    config: IalsConfig,
    *,
    seed: int,
    progress: Progress = lambda *_: None,
    start: Factors | None = None,
    device: torch.device | None = None,
) -> FittedIals:
    """Solve shoppers and items in turn, each row exactly, by Cholesky.

    Parameters
    ----------
    purchases : [t, n], weights above 0 of what was bought.
    start : factors to go on from (a warm start), of the same shapes; None begins at random.
    """
    by_shopper, by_item = purchases.tocsr(), purchases.T.tocsr()
    t, n = by_shopper.shape
    if start is None:
        generator = torch.Generator().manual_seed(seed)
        size = config.factors**-0.5
        start = Factors(*(size * 0.1 * torch.randn(rows, config.factors, generator=generator) for rows in (t, n)))
    shoppers, items = start.shoppers.to(device or "cpu"), start.items.to(device or "cpu")
    losses = []
    for epoch in range(1, config.epochs + 1):
        shoppers = solve_rows(by_shopper, items, config)
        items = solve_rows(by_item, shoppers, config)
        losses.append(objective(by_shopper, Factors(shoppers, items), config))
        progress(epoch / config.epochs, f"epoch {epoch}: loss {losses[-1]:.4f}")
    return FittedIals(Factors(shoppers, items), Curves(tuple(losses), (), len(losses)))


def solve_rows(rows: sparse.csr_matrix, others: Tensor, config: IalsConfig) -> Tensor:
    """float32[rows, d], x = (a Y'Y + ridge + sum w y y')^-1 sum (a + w) y for each row; zeros where it is empty."""
    solved = torch.zeros(rows.shape[0], others.shape[1], device=others.device)
    identity = torch.eye(others.shape[1], device=others.device)
    shared = config.unobserved * (others.T @ others)  # [d, d]
    lengths = np.diff(rows.indptr)
    ridges = torch.as_tensor(config.ridges(lengths, rows.shape[1]), device=others.device)
    for some in _blocks(lengths, others.shape[1]):
        columns, weights = _padded(rows, some, config.alpha, others.device)  # [b, h] each
        vectors = others[columns]  # [b, h, d]
        left = shared + ridges[some].view(-1, 1, 1) * identity  # [b, d, d]
        left += (vectors * weights.unsqueeze(-1)).transpose(1, 2) @ vectors  # [b, d, d]
        confidence = torch.where(weights > 0, weights + config.unobserved, 0.0)  # [b, h]
        right = (confidence.unsqueeze(1) @ vectors).transpose(1, 2)  # [b, d, 1]
        solved[some] = torch.cholesky_solve(right, torch.linalg.cholesky(left)).squeeze(-1)  # [b, d]
    return solved


def objective(purchases: sparse.csr_matrix, factors: Factors, config: IalsConfig) -> float:
    """The minimised sum divided by the number of cells, without forming the cells."""
    t, n = purchases.shape
    owners = torch.as_tensor(np.repeat(np.arange(t), np.diff(purchases.indptr)))
    columns = torch.as_tensor(purchases.indices.astype(np.int64))
    weights = config.alpha * torch.as_tensor(purchases.data).double()
    total = 0.0
    size = max(CELLS_AT_ONCE // factors.items.shape[1], 1)
    for start in range(0, len(owners), size):
        part = slice(start, start + size)
        scores = (factors.shoppers[owners[part]] * factors.items[columns[part]]).sum(-1).double().cpu()
        missed = (config.unobserved + weights[part]) * (1 - scores) ** 2
        total += float((missed - config.unobserved * scores**2).sum())
    grams = [(side.T @ side).double() for side in (factors.shoppers, factors.items)]
    total += config.unobserved * float((grams[0] * grams[1]).sum())
    bought = [np.diff(purchases.indptr), np.bincount(purchases.indices, minlength=n)]
    for side, counts, others in zip((factors.shoppers, factors.items), bought, (n, t), strict=True):
        ridges = torch.as_tensor(config.ridges(counts, others)).double()
        total += float((ridges * side.double().cpu().pow(2).sum(-1)).sum())
    return total / float(t * n)


def _blocks(lengths: NDArray[np.int64], factors: int) -> Iterator[NDArray[np.int64]]:
    """Rows that have anything, those of like length together, so that little is padded."""
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    while len(order):
        longest = int(lengths[order[-1]])
        size = max(CELLS_AT_ONCE // (factors * max(longest, factors)), 1)
        yield order[-size:]
        order = order[:-size]


def _padded(
    rows: sparse.csr_matrix, some: NDArray[np.int64], alpha: float, device: torch.device
) -> tuple[Tensor, Tensor]:
    starts, lengths = rows.indptr[some].astype(np.int64), np.diff(rows.indptr)[some]
    places = np.arange(lengths.max())
    filled = places < lengths[:, None]
    at = np.where(filled, starts[:, None] + places, 0)
    columns = np.where(filled, rows.indices[at], 0).astype(np.int64)
    weights = np.where(filled, alpha * rows.data[at], 0.0).astype(np.float32)
    return torch.as_tensor(columns, device=device), torch.as_tensor(weights, device=device)
