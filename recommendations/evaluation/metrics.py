"""Ranking metrics at a cut-off, over whole-catalogue rankings, of one list or of many shoppers' at once."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Hits = NDArray[np.bool_]
Values = NDArray[np.float64]
"""float64[...], one value a list, each in [0, 1]; the caller averages over shoppers."""


def precision(hits: Hits) -> Values:
    """Share of the list that is relevant: sum(hits) / k.

    Parameters
    ----------
    hits : bool[..., k], whether the item at each rank is relevant, best rank first.
    """
    return _share(hits.sum(axis=-1), hits.shape[-1])


def recall(hits: Hits, relevant: ArrayLike) -> Values:
    """Share of what is relevant that is in the list: sum(hits) / relevant.

    Parameters
    ----------
    relevant : int[...], how many items are relevant to each shopper; where it is 0 the recall is 0.
    """
    return _share(hits.sum(axis=-1), relevant)


def f1(hits: Hits, relevant: ArrayLike) -> Values:
    """Harmonic mean of precision and recall (van Rijsbergen 1979)."""
    precise, recalled = precision(hits), recall(hits, relevant)
    return _share(2 * precise * recalled, precise + recalled)


def hit_rate(hits: Hits) -> Values:
    """1 if anything in the list is relevant, else 0."""
    return np.asarray(hits.any(axis=-1), dtype=np.float64)


def reciprocal_rank(hits: Hits) -> Values:
    """1 / rank of the first relevant item, 0 without one (its mean is the MRR, Voorhees 1999)."""
    if not hits.shape[-1]:
        return np.zeros(hits.shape[:-1])
    return np.where(hits.any(axis=-1), 1.0 / (hits.argmax(axis=-1) + 1), 0.0)


def ndcg(hits: Hits, relevant: ArrayLike) -> Values:
    """Normalised discounted cumulative gain with binary gains (Jarvelin and Kekalainen 2002).

    sum over relevant ranks r of 1 / log2(r + 1), divided by that sum for the best possible list of the same length.
    """
    length = hits.shape[-1]
    discounts = 1.0 / np.log2(np.arange(2, length + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(np.asarray(relevant), length)]
    return _share(hits @ discounts, ideal)


def _share(part: Any, whole: Any) -> Values:
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.asarray(np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0))
