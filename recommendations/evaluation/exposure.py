"""What lists show besides being right: how much of the catalogue, how evenly, how far from bestsellers, how varied."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories
from recommendations.evaluation.judging import NOTHING

Items = NDArray[np.int32]
Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Cosine = Callable[[Ids, Ids], Values]
"""float64[p], the cosine of each two items, given int64[p] and int64[p]."""

PAIRS_AT_ONCE = 20_000


def coverage(items: Items, catalogue: int) -> float:
    """Share of a catalogue of `catalogue` items that stands in at least one list.

    Parameters
    ----------
    items : int32[t, k], listed items; `NOTHING` counts nowhere, here as below.
    """
    return len(np.unique(items[items != NOTHING])) / max(catalogue, 1)


def gini(items: Items, catalogue: int) -> float:
    """Gini coefficient of how often each item is shown: 0 all alike, towards 1 few take it all (Gini 1912).

    sum over items in ascending order of (2 i - n - 1) x_i, divided by n times the sum of x.
    """
    shown = np.sort(np.bincount(items[items != NOTHING], minlength=catalogue))
    total = int(shown.sum())
    ranks = 2 * np.arange(1, len(shown) + 1) - len(shown) - 1
    return float(ranks @ shown / (len(shown) * total)) if total else 0.0


def novelty(items: Items, train: Histories) -> float:
    """Mean of -log2 of the share of shoppers who had bought each listed item, in bits (Zhou et al. 2010).

    An item that nobody had bought counts as if one shopper had.
    """
    listed = items[items != NOTHING]
    buyers = np.bincount(np.unique(_pairs(train)) & 0xFFFFFFFF, minlength=len(train.item_ids))
    shoppers = max(int((np.diff(train.offsets) > 0).sum()), 1)
    return float(-np.log2(np.maximum(buyers[listed], 1) / shoppers).mean()) if len(listed) else 0.0


def intra_list_diversity(items: Items, cosine: Cosine) -> float:
    """Mean over lists of the mean of 1 - cosine over the pairs in a list (Smyth, McClave 2001)."""
    first, second = np.triu_indices(items.shape[1], 1)
    left, right = items[:, first].astype(np.int64), items[:, second].astype(np.int64)  # [t, pairs]
    filled = (left != NOTHING) & (right != NOTHING)
    distances = np.zeros(left.shape)
    distances[filled] = 1 - cosine(left[filled], right[filled])
    pairs = filled.sum(axis=1)
    several = pairs > 0
    return float((distances.sum(axis=1)[several] / pairs[several]).mean()) if several.any() else 0.0


def cosine_of(vectors: NDArray[np.floating]) -> Cosine:
    """Of given vectors, float[n, d], one a row: categories, text, factors. A zero vector is like nothing."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return lambda left, right: np.asarray(np.einsum("pd,pd->p", unit[left], unit[right]), dtype=np.float64)


def co_purchase_cosine(train: Histories) -> Cosine:
    """Of the sets of shoppers who bought each item: shoppers of both / sqrt(shoppers of one * of the other).

    Bits of the shoppers are kept for the items that are asked about, so d items need d * shoppers / 8 bytes.
    """
    pairs = np.unique(_pairs(train))
    items, shoppers = pairs & 0xFFFFFFFF, pairs >> 32
    order = np.argsort(items, kind="stable")
    starts = np.searchsorted(items[order], np.arange(len(train.item_ids) + 1))
    buyers = np.diff(starts)

    def cosine(left: Ids, right: Ids) -> Values:
        asked, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        bits = np.zeros((len(asked), (len(train) + 7) // 8), dtype=np.uint8)
        for place, item in enumerate(asked):
            people = np.zeros(len(train), dtype=bool)
            people[shoppers[order[starts[item] : starts[item + 1]]]] = True
            bits[place] = np.packbits(people)
        both = np.concatenate(
            [
                np.zeros(0, dtype=np.int64),
                *[
                    np.bitwise_count(bits[places[some]] & bits[places[some + len(left)]]).sum(axis=1, dtype=np.int64)
                    for start in range(0, len(left), PAIRS_AT_ONCE)
                    for some in [np.arange(start, min(start + PAIRS_AT_ONCE, len(left)))]
                ],
            ]
        )
        return np.asarray(both / np.sqrt(np.maximum(buyers[left] * buyers[right], 1)), dtype=np.float64)

    return cosine


def _pairs(train: Histories) -> Ids:
    return train.shoppers << 32 | train.items.astype(np.int64)
