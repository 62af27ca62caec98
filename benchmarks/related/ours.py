"""Our cart: the product's own learning and scoring, with its scales chosen on the latest training baskets."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.related.evaluation import Ranker, Values, masked, parts, ranks_of
from benchmarks.related.queries import Queries, Rows, Train
from recommendations.data.baskets import Baskets
from recommendations.mining import linear
from recommendations.ranking import carts

DAY = 86_400_000_000.0
RIDGES = (3.0, 10.0, 30.0)
HALF_LIVES = (120.0, np.inf)
NEIGHBOURS = ((50, 2.0), (100, 2.0), (300, 1.0), (300, 2.0))
SHARES = (0.5, 1.0, 2.0, 4.0, 8.0)
DISCOUNTS = (0.0, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a shop's own latest baskets decide.

    Parameters
    ----------
    ridge, half_life : of the learnt weights, see `mining.linear`; days after which a basket counts half.
    """

    ridge: float
    half_life: float
    blend: carts.CartBlend


def arrays_of(train: Train, *, ridge: float, half_life: float) -> dict[str, NDArray[Any]]:
    """The version that serving would read; positions are item numbers."""
    baskets = Baskets(train.rows.indptr.astype(np.int64), train.rows.indices.astype(np.int64) + 1)
    ages = (train.at[-1] - train.at) / DAY
    weights = np.maximum(train.sizes, 1) ** -0.5 * 0.5 ** (ages / half_life)
    learnt = linear.learn(baskets, weights, ridge=ridge)
    return {
        "item_ids": learnt.item_ids,
        "partner_offsets": learnt.offsets,
        "partners": learnt.partners,
        "weights": learnt.values,
        "orders": train.orders.astype(np.int64),
        **carts.arrays_of_baskets(baskets.offsets, train.rows.indices.astype(np.int32), train.items),
    }


def cart(train: Train, chosen: Chosen) -> Ranker:
    arrays = arrays_of(train, ridge=chosen.ridge, half_life=chosen.half_life)
    return ranker(arrays, chosen.blend)


def ranker(arrays: dict[str, NDArray[Any]], blend: carts.CartBlend) -> Ranker:
    total = len(arrays["basket_offsets"]) - 1

    def scores(rows: Rows) -> Values:
        found = [carts.score(arrays, asked, blend, total_orders=total) for asked in each(rows)]
        return np.array(found).reshape(rows.shape)

    return scores


def choose(train: Train, asked: Queries) -> Chosen:
    """The best mean NDCG@10 on questions of the latest training baskets: first the learnt weights, then the blend."""
    best, found = None, -1.0
    first = carts.CartBlend()
    for ridge, half_life in product(RIDGES, HALF_LIVES):
        arrays = arrays_of(train, ridge=ridge, half_life=half_life)
        value, _ = max(_trials(arrays, asked, [first]), key=lambda trial: trial[0])
        if value > found:
            found, best = value, (ridge, half_life, arrays)
    assert best is not None  # noqa: S101 (there is a first)
    ridge, half_life, arrays = best
    blends = [
        carts.CartBlend(neighbours, sharpness, share, discount)
        for (neighbours, sharpness), share, discount in product(NEIGHBOURS, SHARES, DISCOUNTS)
    ]
    _, blend = max(_trials(arrays, asked, blends), key=lambda trial: trial[0])
    return Chosen(ridge, half_life, blend)


def each(rows: Rows) -> Iterator[NDArray[np.int64]]:
    for number in range(rows.shape[0]):
        yield rows.indices[rows.indptr[number] : rows.indptr[number + 1]].astype(np.int64)


def _trials(
    arrays: dict[str, NDArray[Any]], asked: Queries, blends: list[carts.CartBlend]
) -> list[tuple[float, carts.CartBlend]]:
    """Mean NDCG@10 of each blend; what blends have in common is reckoned once."""
    sums, total = np.zeros(len(blends)), len(arrays["basket_offsets"]) - 1
    damping = {blend.discount: (arrays["orders"] + carts.SHRINKAGE) ** -blend.discount for blend in blends}
    for rows, hidden in parts(asked):
        learnt = np.array([carts.learnt(arrays, one) for one in each(rows)])
        roots = np.maximum(np.diff(rows.indptr), 1)[:, None] ** 0.5
        beside: dict[tuple[int, float], Values] = {}
        for number, blend in enumerate(blends):
            key = (blend.neighbours, blend.sharpness)
            if key not in beside:
                beside[key] = np.array(
                    [carts.neighbour_share(arrays, one, blend, total_orders=total) for one in each(rows)]
                )
            scores = (learnt + blend.share / roots * beside[key]) * damping[blend.discount]
            ranks = ranks_of(masked(scores, rows), hidden)
            sums[number] += np.where(ranks < 10, 1 / np.log2(np.minimum(ranks, 10) + 2.0), 0).sum()
    return list(zip((sums / max(len(asked), 1)).tolist(), blends, strict=True))
