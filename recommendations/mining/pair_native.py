"""Pair counts by compiled kernels, a bounded part at a time. Importing this imports numba."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining import kernels, vote_kernels
from recommendations.mining.labels import label
from recommendations.mining.weights import POWERS, weights

Ids = NDArray[np.int64]

ROOM = 2_000_000
"""Pairs that a kernel writes before they are put aside: 80 MB with all sums."""

DAYS_HELD = 16_000_000
"""Days of pairs that the kernel counts orders on at once: 64 MB."""


def count_sums(baskets: Baskets, min_orders: int) -> tuple[Ids, ...]:
    """Keys, orders and weighted sums; see `pairs.count_pairs`."""
    labels = label(baskets, least=min_orders)
    order = _multi(baskets)
    # By size, so that the weights change seldom: they can stay in registers.
    order = order[np.argsort(baskets.sizes[order], kind="stable")]
    heads, places, _, starts, flat = kernels.lay_out(labels.items, baskets.offsets, order, labels.of, len(labels.ids))
    sizes, last = np.unique(baskets.sizes[order][::-1], return_index=True)
    ends = starts[len(order) - last]
    steps = np.ones((len(sizes), 1 + len(POWERS)), dtype=np.int64)
    for column, power in enumerate(POWERS, start=1):
        steps[:, column] = weights(sizes, power=power)

    def fill(first: int, room: Ids) -> tuple[int, int]:
        done: tuple[int, int] = kernels.count_sums(
            heads, places, flat, labels.ids, first, min_orders, ends, steps, room[0], room[1:]
        )
        return done

    return _in_parts(fill, len(labels.ids), columns=2 + len(POWERS))


def count_orders(baskets: Baskets, min_orders: int) -> tuple[Ids, Ids]:
    """Keys and orders; see `pairs.count_orders`."""
    labels = label(baskets, least=min_orders)
    heads, places, _, _, flat = kernels.lay_out(
        labels.items, baskets.offsets, _multi(baskets), labels.of, len(labels.ids)
    )

    def fill(first: int, room: Ids) -> tuple[int, int]:
        done: tuple[int, int] = kernels.count_orders(
            heads, places, flat, labels.ids, first, min_orders, room[0], room[1]
        )
        return done

    keys, orders = _in_parts(fill, len(labels.ids), columns=2)
    return keys, orders


def count_shoppers(baskets: Baskets, shoppers: Ids, keys: Ids) -> Ids:
    """Distinct known shoppers of each key in one pass, baskets in the order of shoppers; see `distinct_shoppers`."""
    labels = label(baskets, least=1)
    order = _multi(baskets)
    order = order[shoppers[order] > 0]
    order = order[np.argsort(shoppers[order], kind="stable")]
    _, numbers = np.unique(shoppers[order], return_inverse=True)
    heads, places, rows, _, flat = kernels.lay_out(labels.items, baskets.offsets, order, labels.of, len(labels.ids))
    low, low_known = _found(labels.ids, keys >> 32)
    high, high_known = _found(labels.ids, keys & 0xFFFFFFFF)
    known = low_known & high_known
    bounds = np.searchsorted(low[known], np.arange(len(labels.ids) + 1)).astype(np.int64)
    people = np.zeros(len(keys), dtype=np.int64)
    people[known] = kernels.count_shoppers(
        heads, places, rows, flat, (numbers + 1).astype(np.uint32), bounds, high[known].astype(np.uint32)
    )
    return people


def count_votes(
    baskets: Baskets, shoppers: Ids, seasoned: NDArray[np.bool_], days: Ids, keys: Ids, windows: tuple[int, int]
) -> Ids:
    """The rows of `votes.Votes` in one pass, baskets in the order of shoppers; see `votes.count_votes`."""
    labels = label(baskets, least=1)
    wanted = np.unique(np.concatenate([keys >> 32, keys & 0xFFFFFFFF]))
    at, known = _found(labels.ids, wanted)
    ids, relabelled = wanted[known], np.full(len(labels.ids) + 1, -1, dtype=np.int32)
    relabelled[at[known]] = np.arange(len(ids), dtype=np.int32)
    order = _multi(baskets)
    order = order[np.argsort(shoppers[order], kind="stable")]
    heads, places, rows, _, flat = kernels.lay_out(
        labels.items, baskets.offsets, order, relabelled[labels.of], len(ids)
    )
    low, low_known = _found(ids, keys >> 32)
    high, high_known = _found(ids, keys & 0xFFFFFFFF)
    both = low_known & high_known
    bounds = np.searchsorted(low[both], np.arange(len(ids) + 1)).astype(np.int64)
    by_shopper = shoppers[order]
    numbers = np.cumsum(np.diff(by_shopper, prepend=0) != 0)
    length = int(days.max()) + 1 if len(days) else 0
    room = max(1, min(int(np.diff(bounds).max(initial=1)), DAYS_HELD // max(length, 1)))
    votes = np.zeros((10, len(keys)), dtype=np.int64)
    votes[:, both] = vote_kernels.count_votes(
        heads,
        places,
        rows,
        flat,
        numbers.astype(np.uint32),
        seasoned[order],
        days[order],
        weights(baskets.sizes[order], power=1),
        bounds,
        high[both].astype(np.uint32),
        room,
        length,
        windows,
    )
    return votes


def _multi(baskets: Baskets) -> NDArray[np.uint32]:
    return np.flatnonzero(baskets.sizes >= 2).astype(np.uint32)


def _in_parts(fill: Callable[[int, Ids], tuple[int, int]], labels: int, columns: int) -> tuple[Ids, ...]:
    """Let a kernel fill the room from label to label until it is through; join what it wrote."""
    room = np.empty((columns, max(ROOM, labels)), dtype=np.int64)
    parts: list[list[Ids]] = [[np.zeros(0, dtype=np.int64)] for _ in range(columns)]
    done = 0
    while done < labels:
        done, written = fill(done, room)
        for part, column in zip(parts, room, strict=True):
            part.append(column[:written].copy())
    joined = []
    # Column by column, and dropped at once: never are two copies of everything held.
    while parts:
        joined.append(np.concatenate(parts.pop(0)))
    return tuple(joined)


def _found(ids: Ids, wanted: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """The label of each wanted item id, and whether it has one."""
    if not len(ids):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return at, ids[at] == wanted
