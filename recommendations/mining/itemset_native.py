"""Frequent itemsets by compiled kernels: finds room for them and watches the budget. Importing this imports numba."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining import itemset_kernels, kernels
from recommendations.mining.budget import Watch
from recommendations.mining.labels import label

Ids = NDArray[np.int64]
Found = tuple[Ids, Ids, Ids]
Table = TypeVar("Table", bound=NDArray[Any])

STEPS = 20_000_000
"""Words handled between two looks at the clock: less than a tenth of a second."""

SCRATCH = 1 << 16
"""Words of scratch at first, half a megabyte."""

SPARE = 1_024
"""Itemsets for which there is room at first beyond what one step can write."""


def mine(baskets: Baskets, least: int, longest: int, watch: Watch) -> Found:
    """Offsets, items and counts; see `itemsets.itemsets`."""
    labels = label(baskets, least=least, rarest_first=True)
    size = len(labels.ids)
    # The layout holds 12 bytes an item, and 16 a basket.
    fixed = 12 * len(labels.items) + 16 * len(baskets) + 100 * size
    watch.check(fixed)
    every = np.arange(len(baskets), dtype=np.uint32)
    heads, places, _, _, flat = kernels.lay_out(labels.items, baskets.offsets, every, labels.of, size)
    state = np.zeros(7, dtype=np.int64)
    counters = (np.zeros(size, np.uint32), np.zeros(size + 1, np.uint32), np.zeros(size, np.uint32))
    flags = (np.zeros(size // 64 + 1, np.uint64), np.zeros(size // 4096 + 1, np.uint64))
    levels, prefix = np.zeros((3, size + 2), np.int64), np.zeros(size + 1, np.uint32)
    entry_label, entry = np.empty(size + SPARE, np.uint32), np.empty((2, size + SPARE), np.int64)
    bits = np.empty(SCRATCH, np.uint64)
    items, lists = np.empty(4 * size + 4 * SPARE, np.int64), np.empty((2, size + SPARE), np.int64)
    while True:
        held = fixed + entry_label.nbytes + entry.nbytes + bits.nbytes + items.nbytes + lists.nbytes
        watch.check(held)
        said = itemset_kernels.mine(
            heads, places, flat, labels.ids, least, longest, STEPS, *counters, *flags,
            state, levels, prefix, entry_label, entry, bits, items, lists,
        )  # fmt: skip
        if said == itemset_kernels.DONE:
            break
        if said == itemset_kernels.OUT_OF_ROOM:
            watch.check(held + 2 * (items.nbytes + lists.nbytes))
            items, lists = _longer(items, 2 * len(items)), _longer(lists, 2 * lists.shape[1])
        elif said == itemset_kernels.OUT_OF_SCRATCH:
            wanted = int(state[itemset_kernels.WANTED])
            if wanted > len(bits):
                watch.check(held + 12 * wanted)
                bits = _longer(bits, wanted + wanted // 2)
            else:
                longer = 2 * len(entry_label)
                entry_label, entry = _longer(entry_label, longer), _longer(entry, longer)
    sets, used = int(state[itemset_kernels.SETS]), int(state[itemset_kernels.ITEMS])
    offsets = np.zeros(sets + 1, dtype=np.int64)
    np.cumsum(lists[0, :sets], out=offsets[1:])
    # In place: a copy would hold everything twice.
    items.resize(used, refcheck=False)
    return offsets, items, lists[1, :sets].copy()


def _longer(table: Table, length: int) -> Table:
    longer = np.empty((*table.shape[:-1], length), table.dtype)
    longer[..., : table.shape[-1]] = table
    return longer  # type: ignore[return-value]
