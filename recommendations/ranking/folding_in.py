"""Folding in: the vector of a shopper (or an item) from the vectors of what they bought, without training.

The closed forms of implicit least squares: x = (a G + ridge + sum w y y')^-1 sum (a + w) y, with G = Y'Y over all
vectors of the other side, a the confidence in what was not bought and w what a purchase adds to it. A shopper is folded
in from item vectors; an item from shopper vectors, roles swapped. d = factors, h = length of the history.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


def fold_in(others: ArrayLike, weights: ArrayLike, *, gram: ArrayLike, ridge: float, unobserved: float = 1.0) -> Values:
    """float64[d], the vector whose products with all others come closest to 1 where bought and 0 elsewhere.

    Parameters
    ----------
    others : float[h, d], vectors of the distinct items bought (or of the shoppers who bought the item).
    weights : float[h], above 0, what each adds to the confidence.
    gram : float[d, d], Y'Y over all vectors of the other side.
    ridge, unobserved : above 0, as in training.

    Raises
    ------
    ValueError : ridge or unobserved is not above 0.
    """
    state = Folding.empty(gram, ridge=ridge, unobserved=unobserved)
    vectors, added = np.asarray(others, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    left = state.left + (vectors * added[:, None]).T @ vectors
    return np.asarray(np.linalg.solve(left, vectors.T @ (added + unobserved)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Folding:
    """What nobody's history has in common: the left side before any purchase.

    Parameters
    ----------
    left : float64[d, d], a G + ridge.
    unobserved : a.
    """

    left: Values
    unobserved: float

    @classmethod
    def empty(cls, gram: ArrayLike, *, ridge: float, unobserved: float = 1.0) -> "Folding":
        """The left side of one who bought nothing."""
        if not ridge > 0 or not unobserved > 0:
            raise ValueError(f"ridge and unobserved must be above 0, not {ridge} and {unobserved}")
        shared = unobserved * np.asarray(gram, dtype=np.float64)
        shared[np.diag_indices(len(shared))] += ridge
        return cls(shared, unobserved)

    def begin(self) -> "Folded":
        """One who bought nothing, ready for events; the inverse may be kept and shared by all who begin."""
        inverse = np.asarray(np.linalg.inv(self.left), dtype=np.float64)
        return Folded(inverse, np.zeros(len(self.left)), self.unobserved)


@dataclass(frozen=True, slots=True)
class Folded:
    """One shopper in the middle of a visit: the inverse of the left side float64[d, d], the right side float64[d].

    The ridge stays that of the beginning; where it grows with the history (an exponent above 0), the next `fold_in`
    brings it up to date.
    """

    inverse: Values
    right: Values
    unobserved: float

    @property
    def vector(self) -> Values:
        """float64[d], what `fold_in` gives for all events so far."""
        return np.asarray(self.inverse @ self.right, dtype=np.float64)

    def with_item(self, other: ArrayLike, weight: float) -> "Folded":
        """After an item that they did not have."""
        return self._with(np.asarray(other, dtype=np.float64), weight, weight + self.unobserved)

    def with_more(self, other: ArrayLike, weight: float) -> "Folded":
        """After more of an item that they had: its weight grows by `weight`, which may be below 0 to take some back."""
        return self._with(np.asarray(other, dtype=np.float64), weight, weight)

    def _with(self, other: Values, weight: float, confidence: float) -> "Folded":
        """A^-1 <- A^-1 - w (A^-1 y)(A^-1 y)' / (1 + w y' A^-1 y), Sherman and Morrison 1950: d^2 instead of d^3."""
        pulled = self.inverse @ other
        inverse = self.inverse - np.outer(pulled, pulled * (weight / (1.0 + weight * (other @ pulled))))
        return Folded(inverse, self.right + confidence * other, self.unobserved)


def moved_gram(gram: ArrayLike, before: ArrayLike, after: ArrayLike) -> Values:
    """float64[d, d], Y'Y after some of its rows changed: G + sum of y_new y_new' - y_old y_old'.

    Parameters
    ----------
    before, after : float[k, d], the rows that changed; zeros before for a new one, after for one that left.
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    return np.asarray(np.asarray(gram, dtype=np.float64) + new.T @ new - old.T @ old, dtype=np.float64)
