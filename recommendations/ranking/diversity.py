"""Lists whose items differ: maximal marginal relevance (Carbonell and Goldstein, 1998)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def kinship(tags: Sequence[frozenset[str]]) -> Values:
    """float64[n, n] in [0, 1], the share of what any of two items is that both are; 0 where nothing is known.

    Parameters
    ----------
    tags : of each item, what it is: its categories and its brand.
    """
    names = {tag: place for place, tag in enumerate(sorted(frozenset().union(*tags)))}
    member = np.zeros((len(tags), len(names)))
    for row, own in enumerate(tags):
        member[row, [names[tag] for tag in own]] = 1.0
    both = member @ member.T
    sizes = member.sum(axis=1)
    either = sizes[:, None] + sizes[None, :] - both
    shares: Values = both / np.maximum(either, 1.0)
    return shares


def with_vectors(shares: Values, vectors: Values) -> Values:
    """float64[n, n] in [0, 1], the mean of the shares and of the vectors' cosines (below 0: 0) where both have one.

    Parameters
    ----------
    vectors : float64[n, d], 0 where an item has none.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    there = lengths > 0
    directions = vectors / np.where(there, lengths, 1.0)[:, None]
    cosines = np.clip(directions @ directions.T, 0.0, 1.0)
    mixed: Values = np.where(there[:, None] & there[None, :], (shares + cosines) / 2, shares)
    return mixed


def marginal_relevance(alike: Values, diversity: float, *, before: int = 0) -> list[tuple[int, float]]:
    """The items in the order of maximal marginal relevance, each with its value when it was chosen.

    The next item is the one of the greatest (1 - diversity) relevance - diversity (greatest likeness to one that is
    listed). Relevance falls evenly from 1 for the first item to 1 / n for the last: the order is what strategies have
    in common, their scores are not.

    Parameters
    ----------
    alike : float64[before + n, before + n] in [0, 1], items by relevance behind those that stand before them.
    diversity : 0..1; 0 leaves the order as it is.
    before : how many items stand in the list already.

    Returns
    -------
    n pairs: the item's place in the order given, from 0, and its value in [-1, 1].
    """
    n = len(alike) - before
    relevance = 1.0 - np.arange(n) / max(n, 1)
    nearest = alike[:before, before:].max(axis=0, initial=0.0)
    left = np.ones(n, dtype=np.bool_)
    order: list[tuple[int, float]] = []
    for _ in range(n):
        values = np.where(left, (1.0 - diversity) * relevance - diversity * nearest, -np.inf)
        best = int(np.argmax(values))
        order.append((best, float(values[best])))
        left[best] = False
        nearest = np.maximum(nearest, alike[before + best, before:])
    return order
