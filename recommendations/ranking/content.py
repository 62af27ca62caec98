"""Items by what they are: vectors from attributes, a shopper's scores, and the items most alike; numpy alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]

BOUGHT_SHARE = 0.5
"""What being bought by the same shoppers counts beside being alike, where both are known."""


def item_vectors(arrays: Arrays, attributes: Vectors) -> Vectors:
    """float32[n, d + 1], the vectors of items, known or new, from their attributes alone.

    A x + B relu(C x + c) + a, as the content tower computes it.

    Parameters
    ----------
    arrays : `straight` float32[f, d + 1], `constant` [d + 1], `hidden` [f, h], `hidden_constant` [h], `output`
        [h, d + 1].
    attributes : float32[n, f].

    Raises
    ------
    ValueError : there are not f attributes.
    """
    if attributes.ndim != 2 or attributes.shape[1] != len(arrays["straight"]):
        raise ValueError(f"attributes must be [n, {len(arrays['straight'])}], not {attributes.shape}")
    bent = np.maximum(attributes @ arrays["hidden"] + arrays["hidden_constant"], 0.0) @ arrays["output"]
    vectors: Vectors = (attributes @ arrays["straight"] + arrays["constant"] + bent).astype(np.float32)
    return vectors


def content_scores(vectors: Vectors, inputs: Vectors, weights: Vectors) -> Vectors:
    """float32[n], how well items fit one shopper: vectors . (normalised sum of weighted inputs, 1).

    Parameters
    ----------
    vectors : float32[n, d + 1], of `item_vectors`.
    inputs, weights : float32[h, d] and float32[h], of what the shopper bought; none for a new shopper, who gets what
        of such items is popular with everybody.
    """
    taste = np.append(_unit((weights @ inputs)[None])[0], 1.0).astype(np.float32)
    scores: Vectors = vectors @ taste
    return scores


def similar(
    vectors: Vectors,
    item: int,
    most: int,
    *,
    bought: Vectors | None = None,
    share: float = BOUGHT_SHARE,
    among: Ids | None = None,
) -> tuple[Ids, Vectors]:
    """The items most like one.

    The score is the cosine of content vectors, in [-1, 1]; where both items have a vector of who buys them, `share` of
    it is the cosine of those.

    Parameters
    ----------
    vectors : float32[n, d + 1], of `item_vectors`; the last number, popularity, is no likeness and not looked at.
    item : place of the item asked about.
    most : how many at most.
    bought : float32[n, e], vectors of who buys each item, zeros where nobody did.
    share : 0..1.
    among : int64[c], places of the candidates; None: all items.

    Returns
    -------
    int64[k] places, the most alike first, ties by place and never the item itself; float32[k] scores.

    Raises
    ------
    ValueError : a parameter is out of its range.
    """
    if not 0 <= item < len(vectors) or most < 0 or not 0 <= share <= 1:
        raise ValueError(
            f"item must be from 0 to {len(vectors) - 1}, most from 0, share from 0 to 1, not {item}, {most}, {share}"
        )
    places = np.arange(len(vectors)) if among is None else np.unique(among)
    places = places[places != item]
    kinds = vectors[:, :-1]
    scores = _cosines(kinds[item], kinds[places])
    if bought is not None and bought[item].any():
        known = bought[places].any(axis=1)
        together = _cosines(bought[item], bought[places[known]])
        scores[known] = (1 - share) * scores[known] + share * together
    best = np.argsort(-scores, kind="stable")[:most]
    return places[best], scores[best]


def _cosines(one: Vectors, others: Vectors) -> Vectors:
    cosines: Vectors = _unit(others) @ _unit(one[None])[0]
    return cosines


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors, dtype=np.float32), where=lengths > 1e-12)
    return units
