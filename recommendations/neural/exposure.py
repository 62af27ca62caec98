"""Exposure: how often lists show each item, and what that takes off its score.

What stands on many lists already gives way a little to what stands on few, so that lists reach more of the catalogue.
"""

import numpy as np
from numpy.typing import NDArray

from recommendations.neural.ranker import HEADS, LENGTH, NEW, Ranker, Window, ndcg_of_scores, scores_of

Values = NDArray[np.float32]
Strengths = NDArray[np.float64]

STRENGTHS = (0.0, 0.02, 0.05, 0.08, 0.12, 0.16, 0.2)
TOLERANCE = 0.005
"""Of the best NDCG, what wider lists may cost."""

LEAST_SHOPPERS = 100
"""With fewer, such a share of NDCG is chance."""


def discount_of(ranker: Ranker, window: Window, *, items: int, strengths: Strengths) -> Values:
    """float32[items, 3], what is taken off each item's score of each head: strength * log(1 + exposure).

    Exposure is how many times as often as if all items were shown alike an item stands among the best ten of a list.

    Parameters
    ----------
    window : whose lists are looked at.
    strengths : float64[3], at least 0, one for each head.
    """
    return _discount(scores_of(ranker, window), window, items) * strengths.astype(np.float32)


def choose_strengths(ranker: Ranker, shown: Window, judged: Window, *, items: int) -> Strengths:
    """float64[3], the greatest strength of each head that costs half a percent of the best one's NDCG at most.

    Parameters
    ----------
    shown : an earlier window, of whose lists the exposure is.
    judged : a later one, which the ranker has not seen; below 100 shoppers who are asked, the strength is 0.
    """
    scores = scores_of(ranker, judged)
    whole = _discount(scores_of(ranker, shown), shown, items)[judged.items]
    tried = np.stack([ndcg_of_scores(scores - np.float32(strength) * whole, judged) for strength in STRENGTHS])
    asked = ~np.isnan(tried[0])  # [s, 3]
    means = np.where(asked, tried, 0.0).sum(axis=1) / np.maximum(asked.sum(axis=0), 1)  # [strengths, 3]
    fits = means >= (1.0 - TOLERANCE) * means.max(axis=0)
    greatest = len(STRENGTHS) - 1 - fits[::-1].argmax(axis=0)
    return np.where(asked.sum(axis=0) >= LEAST_SHOPPERS, np.array(STRENGTHS)[greatest], 0.0)


def _discount(scores: Values, window: Window, items: int) -> Values:
    """float32[items, 3] at a strength of 1."""
    owners = np.repeat(np.arange(len(window)), np.diff(window.offsets))
    found = np.zeros((items, HEADS), dtype=np.float32)
    for head in range(HEADS):
        order = np.lexsort((-scores[:, head], owners))
        if head == NEW:
            order = order[~window.bought[order]]
        of = owners[order]
        best = np.arange(len(of)) - np.searchsorted(of, of) < LENGTH
        shown = np.bincount(window.items[order[best]], minlength=items)
        found[:, head] = np.log1p(shown * (items / max(int(shown.sum()), 1)))
    return found
