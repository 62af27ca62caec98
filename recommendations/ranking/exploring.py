"""Which new items a list tries: shares by Thompson sampling, and draws of which every probability is known."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

PRIOR_EXAMINATIONS = 30.0
"""Examinations that the belief before any counts for."""

UNIFORM = 0.1
"""Share of the draws that is dealt to all items alike, so that none is without a chance to be learnt about."""

DRAWS = 1_000


def shares(examinations: Values, rewards: Values, believed: Values, rng: np.random.Generator) -> Values:
    """float64[n] above 0, sum 1: how probable it is that each item is the best (Thompson 1933), a tenth of it uniform.

    An item's rate is Beta(m b + r, m (1 - b) + e - r) after e examinations that brought r, with b believed before as m
    examinations are; DRAWS times all rates are drawn, and the best one noted.

    Parameters
    ----------
    examinations, rewards : float64[n] from 0, of `evaluation.examination.judged`.
    believed : float64[n] in (0, 1), the rate that is believed before.
    """
    number = len(examinations)
    if not number:
        return np.zeros(0)
    good = PRIOR_EXAMINATIONS * believed + rewards
    bad = PRIOR_EXAMINATIONS * (1.0 - believed) + np.maximum(examinations - rewards, 0.0)
    best = rng.beta(good, bad, size=(DRAWS, number)).argmax(axis=1)
    told = np.bincount(best, minlength=number) / DRAWS
    return np.asarray((1.0 - UNIFORM) * told + UNIFORM / number, dtype=np.float64)


def inclusion(chances: Values, number: int) -> Values:
    """float64[n] in [0, 1], the probability of each item to be among `number` drawn ones; they add up to that number.

    In proportion to `chances` (above 0), but never above 1: what one has too much is dealt to the others.
    """
    found = np.ones(len(chances))
    if number >= len(chances):
        return found
    certain = np.zeros(len(chances), dtype=np.bool_)
    while True:
        room = number - int(certain.sum())
        found[~certain] = room * chances[~certain] / max(float(chances[~certain].sum()), 1e-300)
        above = ~certain & (found >= 1.0)
        if not above.any():
            return found
        certain |= above
        found[above] = 1.0


def drawn(probabilities: Values, rng: np.random.Generator) -> Places:
    """int64[number], different places, each drawn with exactly its probability.

    Systematic sampling in a random order (Madow 1949): the probabilities laid end to end, and every item taken in
    whose piece one of the marks falls that stand 1 apart from a random beginning.

    Parameters
    ----------
    probabilities : float64[n] in [0, 1] whose sum is a whole number, of `inclusion`.
    """
    order = rng.permutation(len(probabilities))
    ends = np.cumsum(probabilities[order])
    number = round(float(ends[-1])) if len(ends) else 0
    marks = rng.random() + np.arange(number)
    taken = np.minimum(np.searchsorted(ends, marks, side="right"), max(len(order) - 1, 0))
    return np.asarray(order[np.unique(taken)], dtype=np.int64)


def in_drawn_order(chances: Values, rng: np.random.Generator) -> Places:
    """int64[n], all places, one after the other drawn in proportion to what the rest has (Plackett 1975)."""
    return np.argsort(-(np.log(chances) + rng.gumbel(size=len(chances))), kind="stable")
