"""Baskets made up for measurements: items as frequent as Zipf's law has it, and bundles bought together."""

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining.pairs import count_orders

ITEMS = 20_000
BUNDLES = 500
BUNDLED = 0.15
"""The share of baskets that hold (most of) a bundle of 2 to 5 items; some bundles are sold more than others."""

MEAN = 7.3
"""Distinct items of a basket."""

DRAWN = 7.37
"""Items drawn for a basket: some are the same."""

AT_ONCE = 500_000

CAP = 100
"""Most items of an order of `history`, as the plugin's settings have it."""

TRIALS = 14


def generate(baskets: int, seed: int = 1, items: int = ITEMS) -> Baskets:
    """So many baskets of so many items, at least 1,000; the same ones for the same seed."""
    random = np.random.default_rng(seed)
    share = 1 / (np.arange(items) + 20.0)
    cumulated = np.cumsum(share / share.sum())
    # Which item has which rank is chance, as it is in a shop.
    item_of_rank = random.permutation(items) + 1
    bundles = random.integers(200, items, (BUNDLES, 5))
    lengths = random.integers(2, 6, BUNDLES)
    sizes, parts = [np.zeros(1, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for start in range(0, baskets, AT_ONCE):
        count = min(AT_ONCE, baskets - start)
        rows, ranks = _drawn(random, count, cumulated, bundles, lengths)
        keys = np.unique(rows << 32 | item_of_rank[ranks])
        sizes.append(np.bincount(keys >> 32, minlength=count))
        parts.append(keys & 0xFFFFFFFF)
    return Baskets(np.cumsum(np.concatenate(sizes)), np.concatenate(parts))


def history(orders: int, pairs: int, seed: int = 1, items: int = ITEMS) -> Baskets:
    """So many baskets with `pairs` distinct pairs or a few more.

    The first ones are generated; once they have the pairs, the others buy again what one of the first bought.

    Raises
    ------
    SystemExit : so many orders do not have so many pairs.
    """
    made = _capped(generate(orders, seed, items))
    enough = _first_with(made, pairs)
    chosen = np.random.default_rng(seed).integers(0, enough, orders - enough)
    return _at(made, np.concatenate([np.arange(enough), chosen]))


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
    ranks = np.minimum(np.searchsorted(cumulated, random.random(len(rows))), len(cumulated) - 1)
    with_bundle = np.flatnonzero(random.random(count) < BUNDLED)
    popular = np.cumsum(1 / (np.arange(BUNDLES) + 5.0))
    chosen = np.searchsorted(popular, random.random(len(with_bundle)) * popular[-1])
    in_bundle = (np.arange(5) < lengths[chosen][:, None]) & (random.random((len(chosen), 5)) < 0.8)
    at, place = np.nonzero(in_bundle)
    return np.concatenate([rows, with_bundle[at]]), np.concatenate([ranks, bundles[chosen[at], place]])


def _capped(baskets: Baskets) -> Baskets:
    within = np.arange(len(baskets.items)) - np.repeat(baskets.offsets[:-1], baskets.sizes) < CAP
    ends = np.concatenate([[0], np.cumsum(within)]).astype(np.int64)
    return Baskets(ends[baskets.offsets], baskets.items[within])


def _first_with(baskets: Baskets, pairs: int) -> int:
    """How many of the first baskets have so many distinct pairs, found to within a few."""
    few, many = 0, len(baskets)
    if len(count_orders(baskets)[0]) < pairs:
        raise SystemExit(
            f"{len(baskets):,} orders have fewer than {pairs:,} pairs: take more --orders or fewer --pairs"
        )
    for _ in range(TRIALS):
        middle = (few + many) // 2
        if len(count_orders(_at(baskets, np.arange(middle)))[0]) < pairs:
            few = middle
        else:
            many = middle
    return many


def _at(baskets: Baskets, chosen: NDArray[np.int64]) -> Baskets:
    sizes = baskets.sizes[chosen]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    places = np.repeat(baskets.offsets[chosen] - offsets[:-1], sizes) + np.arange(offsets[-1])
    return Baskets(offsets, baskets.items[places])
