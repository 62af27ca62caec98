"""Item-to-item linear weights for large catalogues: EASE on a Gram matrix that is low-rank plus a diagonal.

With G = X'X close to V S^2 V' + R (R the diagonal of what the rank leaves out, at least 0) and L = ridge + R,
(G + ridge)^-1 = 1/L - F F', F = L^-1 V C, C C' = (S^-2 + V' L^-1 V)^-1 (Woodbury 1950), and the weights of Steck 2019,
B_ij = -P_ij / P_jj with a zero diagonal, become B_ij = F_i F_j / (1 / L_j - F_j F_j). At full rank this is EASE itself;
with R = 0 it is V diag(s^2 / (s^2 + ridge)) V' without its diagonal, each column divided by 1 minus that diagonal.
n = items, r = rank, b = columns at once. Nothing of n x n numbers is ever formed.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

COLUMNS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class LowRankConfig:
    """How to learn.

    Parameters
    ----------
    rank : at least 1; more than items or shoppers is cut to their number.
    ridge : above 0; what one purchase of weight 1 adds to an item is 1.
    sweeps : at least 0, passes of subspace iteration; two are enough for a spectrum that falls slowly.
    spare : at least 0, columns beyond the rank that make the first ones exact.
    """

    rank: int = 512
    ridge: float = 100.0
    sweeps: int = 2
    spare: int = 16

    def __post_init__(self) -> None:
        if self.rank < 1 or not self.ridge > 0 or min(self.sweeps, self.spare) < 0:
            raise ValueError(f"rank must be at least 1, ridge above 0, sweeps and spare at least 0, not {self}")


@dataclass(frozen=True, slots=True)
class LowRankWeights:
    """B_ij = factors_i . factors_j / divisors_j for i != j, and 0 on the diagonal.

    Parameters
    ----------
    factors : float32[n, r].
    divisors : float32[n], above 0.
    """

    factors: Tensor
    divisors: Tensor

    def scores(self, rows: sparse.csr_matrix) -> NDArray[np.float32]:
        """float32[t, n], X B for rows [t, n] of what shoppers bought."""
        bought = torch.as_tensor(rows.toarray(), dtype=torch.float32, device=self.factors.device)  # [t, n]
        own = self.factors.pow(2).sum(-1)  # [n]
        scores = (bought @ self.factors) @ self.factors.T - bought * own  # [t, n]
        return np.asarray((scores / self.divisors).cpu().numpy(), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class PrunedWeights:
    """CSR of the weights kept: item i speaks for the items `targets[offsets[i]:offsets[i + 1]]`.

    Parameters
    ----------
    offsets : int64[n + 1].
    targets, values : int32[k] and float32[k], targets of an item in ascending order, weights of any sign.
    """

    offsets: NDArray[np.int64]
    targets: NDArray[np.int32]
    values: NDArray[np.float32]


def learn_low_rank(
    purchases: sparse.csr_matrix, config: LowRankConfig, *, seed: int, device: torch.device | None = None
) -> LowRankWeights:
    """Randomised factorisation of the Gram matrix (Halko, Martinsson and Tropp 2011) and the closed form over it.

    Parameters
    ----------
    purchases : [t, n], weights of what was bought.

    Raises
    ------
    ValueError : nothing was bought.
    """
    if not purchases.nnz:
        raise ValueError("purchases must hold at least one purchase")
    values, vectors = _spectrum(purchases, config, seed=seed, device=device)  # [r], [n, r]
    diagonal = torch.as_tensor(np.asarray(purchases.multiply(purchases).sum(0)).ravel(), device=values.device)  # [n]
    rest = (diagonal - (vectors.pow(2) * values).sum(-1)).clamp(min=0.0)  # [n]
    lengths = config.ridge + rest  # [n]
    scaled = vectors / lengths.unsqueeze(-1)  # [n, r]
    core = torch.diag(1.0 / values) + vectors.T @ scaled  # [r, r]
    lower = torch.linalg.cholesky(core)  # [r, r]
    factors = torch.linalg.solve_triangular(lower, scaled.T, upper=False).T  # [n, r]
    divisors = 1.0 / lengths - factors.pow(2).sum(-1)  # [n]
    return LowRankWeights(factors.float().contiguous(), divisors.float())


def prune(weights: LowRankWeights, *, kept: int) -> PrunedWeights:
    """Keep the `kept` (at least 1) largest weights of each column by absolute value, a block of columns at a time.

    Raises
    ------
    ValueError : kept is below 1.
    """
    if kept < 1:
        raise ValueError(f"kept must be at least 1, not {kept}")
    n = len(weights.divisors)
    sources, values = [], []
    for start in range(0, n, COLUMNS_AT_ONCE):
        columns = torch.arange(start, min(start + COLUMNS_AT_ONCE, n), device=weights.factors.device)  # [b]
        block = weights.factors[columns] @ weights.factors.T / weights.divisors[columns, None]  # [b, n]
        block[columns - start, columns] = 0.0
        strongest = block.abs().topk(min(kept, n), dim=-1).indices  # [b, k]
        sources.append(strongest.cpu().numpy())
        values.append(block.gather(-1, strongest).cpu().numpy())
    targets = np.repeat(np.arange(n), min(kept, n))
    cells = (np.concatenate(values).ravel(), (np.concatenate(sources).ravel(), targets))
    matrix = sparse.coo_matrix(cells, shape=(n, n)).tocsr()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return PrunedWeights(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32)
    )


def _spectrum(
    purchases: sparse.csr_matrix, config: LowRankConfig, *, seed: int, device: torch.device | None
) -> tuple[Tensor, Tensor]:
    """The largest eigenvalues float64[r] of the Gram matrix, above 0, and their vectors float64[n, r]."""
    rank = min(config.rank, *purchases.shape)
    width = min(rank + config.spare, *purchases.shape)
    rows, columns = _tensor(purchases, device), _tensor(purchases.T, device)  # [t, n], [n, t]
    generator = torch.Generator().manual_seed(seed)
    basis = torch.randn(purchases.shape[1], width, generator=generator, dtype=torch.float64).to(rows.device)  # [n, w]
    for _ in range(config.sweeps + 1):
        basis = torch.linalg.qr(columns @ (rows @ basis)).Q  # [n, w]
    _, singular, inner = torch.linalg.svd(rows @ basis, full_matrices=False)  # [w], [w, w]
    values, vectors = singular[:rank].pow(2), basis @ inner[:rank].T  # [r], [n, r]
    there = values > values[0] * 1e-12
    return values[there], vectors[:, there]


def _tensor(matrix: sparse.spmatrix, device: torch.device | None) -> Tensor:
    cells = matrix.tocsr().tocoo()
    indexes = torch.as_tensor(np.stack([cells.row, cells.col]).astype(np.int64))
    values = torch.as_tensor(cells.data.astype(np.float64))
    return torch.sparse_coo_tensor(
        indexes, values, size=cells.shape, device=device, is_coalesced=True, check_invariants=False
    )
