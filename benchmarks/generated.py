"""Baskets made up for measurements: items as frequent as Zipf's law has it, and bundles bought together."""

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets

ITEMS = 20_000
BUNDLES = 500
BUNDLED = 0.15
"""The share of baskets that hold (most of) a bundle of 2 to 5 items; some bundles are sold more than others."""

MEAN = 7.3
"""Distinct items of a basket."""

DRAWN = 7.37
"""Items drawn for a basket: some are the same."""

AT_ONCE = 500_000


def generate(baskets: int, seed: int = 1) -> Baskets:
    """So many baskets; the same ones for the same seed."""
    random = np.random.default_rng(seed)
    share = 1 / (np.arange(ITEMS) + 20.0)
    cumulated = np.cumsum(share / share.sum())
    # Which item has which rank is chance, as it is in a shop.
    item_of_rank = random.permutation(ITEMS) + 1
    bundles = random.integers(200, ITEMS, (BUNDLES, 5))
    lengths = random.integers(2, 6, BUNDLES)
    sizes, parts = [np.zeros(1, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for start in range(0, baskets, AT_ONCE):
        count = min(AT_ONCE, baskets - start)
        rows, ranks = _drawn(random, count, cumulated, bundles, lengths)
        keys = np.unique(rows << 32 | item_of_rank[ranks])
        sizes.append(np.bincount(keys >> 32, minlength=count))
        parts.append(keys & 0xFFFFFFFF)
    return Baskets(np.cumsum(np.concatenate(sizes)), np.concatenate(parts))


def _drawn(
    random: np.random.Generator,
    count: int,
    cumulated: NDArray[np.float64],
    bundles: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and rank of each item: alone, and by bundles, of which each item is left out one time in five."""
    own = random.geometric(1 / (DRAWN - BUNDLED * 2.8), count)
    rows = np.repeat(np.arange(count), own)
    ranks = np.minimum(np.searchsorted(cumulated, random.random(len(rows))), ITEMS - 1)
    with_bundle = np.flatnonzero(random.random(count) < BUNDLED)
    popular = np.cumsum(1 / (np.arange(BUNDLES) + 5.0))
    chosen = np.searchsorted(popular, random.random(len(with_bundle)) * popular[-1])
    in_bundle = (np.arange(5) < lengths[chosen][:, None]) & (random.random((len(chosen), 5)) < 0.8)
    at, place = np.nonzero(in_bundle)
    return np.concatenate([rows, with_bundle[at]]), np.concatenate([ranks, bundles[chosen[at], place]])
