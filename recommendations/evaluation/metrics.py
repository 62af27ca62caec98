"""Ranking metrics at a cut-off, over whole-catalogue rankings; all in [0, 1], averaged over shoppers by the caller."""

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]


def precision(hits: Hits) -> float:
    """Share of the list that is relevant: sum(hits) / k.

    Parameters
    ----------
    hits : bool[k], whether the item at each rank is relevant, best rank first.
    """
    return float(hits.mean()) if len(hits) else 0.0


def recall(hits: Hits, relevant: int) -> float:
    """Share of what is relevant that is in the list: sum(hits) / relevant."""
    return float(hits.sum() / relevant) if relevant else 0.0


def f1(hits: Hits, relevant: int) -> float:
    """Harmonic mean of precision and recall (van Rijsbergen 1979)."""
    both = precision(hits) + recall(hits, relevant)
    return 2 * precision(hits) * recall(hits, relevant) / both if both else 0.0


def hit_rate(hits: Hits) -> float:
    """1 if anything in the list is relevant, else 0."""
    return float(hits.any())


def reciprocal_rank(hits: Hits) -> float:
    """1 / rank of the first relevant item, 0 without one (its mean is the MRR, Voorhees 1999)."""
    return float(1.0 / (int(hits.argmax()) + 1)) if hits.any() else 0.0


def ndcg(hits: Hits, relevant: int) -> float:
    """Normalised discounted cumulative gain with binary gains (Jarvelin and Kekalainen 2002).

    sum over relevant ranks r of 1 / log2(r + 1), divided by that sum for the best possible list of the same length.
    """
    discounts = 1.0 / np.log2(np.arange(2, len(hits) + 2))
    ideal = discounts[: min(relevant, len(hits))].sum()
    return float(discounts[hits].sum() / ideal) if ideal else 0.0
