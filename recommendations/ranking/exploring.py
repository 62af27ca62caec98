"""How often each new item is tried: shares by Thompson sampling, and an order drawn by them."""

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


def in_drawn_order(chances: Values, rng: np.random.Generator) -> Places:
    """int64[n], all places, one after the other drawn in proportion to what the rest has (Plackett 1975)."""
    return np.argsort(-(np.log(chances) + rng.gumbel(size=len(chances))), kind="stable")
