"""Negatives: items drawn at random to be told apart from what was bought, with the chance of each known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Negatives:
    """A mixture of uniform draws and draws by popularity.

    Parameters
    ----------
    cumulative : float64[n], cumulative probability of each item, ending at 1.
    log_chance : float32[n], ln of the probability of each item; sampled softmax subtracts it (LogQ, Bengio and
        Senecal 2008), so that popular items are not punished for being drawn more often.
    """

    cumulative: NDArray[np.float64]
    log_chance: NDArray[np.float32]

    @classmethod
    def of(cls, counts: NDArray[np.int64], *, uniform: float = 0.5, power: float = 0.75) -> "Negatives":
        """Q(i) = uniform / n + (1 - uniform) counts_i^power / sum counts^power.

        Parameters
        ----------
        counts : int64[n], n at least 1; purchases of each item, at least 0.
        uniform : 0..1, the share of uniform draws; above 0 unless every item was bought, so that none is out of reach.
        power : 0..1, how much popularity counts; 1 draws as in-batch negatives would.

        Raises
        ------
        ValueError : a parameter is out of its range.
        """
        if not len(counts) or not 0 <= uniform <= 1 or not 0 <= power <= 1:
            raise ValueError(
                f"counts must hold an item, uniform and power be 0..1, not {len(counts)} items, {uniform} and {power}"
            )
        weights = np.where(counts > 0, counts.astype(np.float64) ** power, 0.0)
        popular = weights / weights.sum() if weights.any() else np.full(len(counts), 1 / len(counts))
        chance = uniform / len(counts) + (1 - uniform) * popular
        if not chance.min() > 0:
            raise ValueError("uniform must be above 0 where an item was never bought")
        cumulative = np.cumsum(chance)
        return cls(cumulative / cumulative[-1], np.log(chance).astype(np.float32))

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.int64]:
        """int64[shape], independent draws; an item may be drawn twice."""
        drawn = np.searchsorted(self.cumulative, rng.random(shape), side="right")
        return np.minimum(drawn, len(self.cumulative) - 1).astype(np.int64)
