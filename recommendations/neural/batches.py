"""Training examples: a purchase, what the shopper had bought in earlier orders, and items they might have bought."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommendations.data.histories import HALF_LIFE_DAYS, Histories
from recommendations.neural.negatives import Negatives


@dataclass(frozen=True, slots=True)
class Batch:
    """b examples: `history` int64[b, h] item indexes padded with n, `weights` float32[b, h], 0 where padded,
    `items` int64[b, 1 + s] with the purchase first and sampled others after it; `shared` int64[m] others that all
    examples have in common, `log_expected` float32[m] the logarithm of how often each of them is drawn."""

    history: Tensor
    weights: Tensor
    items: Tensor
    shared: Tensor
    log_expected: Tensor


@dataclass(frozen=True, slots=True)
class Examples:
    """Purchases that have earlier orders before them, ready to be drawn in batches.

    Parameters
    ----------
    targets : int64[e], positions in `histories` of the purchases to guess.
    starts, stops : int64[e], the positions of what the shopper had bought in earlier orders.
    negatives : half uniform, half by popularity.
    """

    histories: Histories
    targets: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    negatives: Negatives

    @classmethod
    def of(cls, histories: Histories, *, length: int) -> "Examples":
        """Every purchase that follows an earlier order of the shopper, with its latest `length` purchases before."""
        owner = histories.shoppers
        positions = np.arange(len(histories.items))
        begins = np.ones(len(positions), dtype=bool)
        begins[1:] = (histories.orders[1:] != histories.orders[:-1]) | (owner[1:] != owner[:-1])
        stops = np.maximum.accumulate(np.where(begins, positions, 0))
        starts = np.maximum(histories.offsets[owner], stops - length)
        kept = stops > histories.offsets[owner]
        counts = np.bincount(histories.items, minlength=len(histories.item_ids))
        return cls(histories, positions[kept], starts[kept], stops[kept], Negatives.of(counts))

    def __len__(self) -> int:
        return len(self.targets)

    def batches(
        self,
        *,
        size: int,
        negatives: int,
        shared: int = 0,
        dropout: float,
        rng: np.random.Generator,
        most: int,
        device: torch.device,
    ) -> Iterator[Batch]:
        """At most `most` examples in random order; each purchase of a history is left out with chance `dropout`.

        Each example gets `negatives` of its own, each batch `shared` that all its examples have in common.
        """
        drawn = rng.permutation(len(self))[:most]
        for first in range(0, len(drawn), size):
            some = drawn[first : first + size]
            yield self._batch(some, negatives=negatives, shared=shared, dropout=dropout, rng=rng, device=device)

    def _batch(
        self,
        some: NDArray[np.int64],
        *,
        negatives: int,
        shared: int,
        dropout: float,
        rng: np.random.Generator,
        device: torch.device,
    ) -> Batch:
        past, targets = self.histories, self.targets[some]
        lengths = self.stops[some] - self.starts[some]
        columns = np.arange(lengths.max())
        filled = columns < lengths[:, None]
        at = np.where(filled, self.starts[some][:, None] + columns, 0)
        history = np.where(filled, past.items[at], len(past.item_ids))
        age = np.maximum(past.days[targets][:, None] - past.days[at], 0.0)
        weights = np.where(filled & (rng.random(at.shape) >= dropout), 0.5 ** (age / HALF_LIFE_DAYS), 0.0)
        items = np.column_stack([past.items[targets], self.negatives.draw((len(some), negatives), rng)])
        others = self.negatives.draw((shared,), rng)
        return Batch(
            torch.as_tensor(history, dtype=torch.int64, device=device),
            torch.as_tensor(weights, dtype=torch.float32, device=device),
            torch.as_tensor(items, dtype=torch.int64, device=device),
            torch.as_tensor(others, device=device),
            torch.as_tensor(
                self.negatives.log_chance[others] + np.log(max(shared, 1), dtype=np.float32), device=device
            ),
        )
