"""Compiled kernels (numba) of pair counting. Imported by `choice` alone, where there is enough work to pay for it.

The layout: baskets become rows of one flat uint32 array of labels, the last label of a row with its top bit set.
`places[heads[a]:heads[a + 1]]` are the places in `flat` at which label a stands, ascending. What occurs with a and
has a higher label follows at those places, so that one array of counters serves every label in turn.

A walk jumps from row to row and would wait for memory each time: hence the prefetch.
"""

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.intrinsics import compiled, lowest, prefetch

Ids = NDArray[np.int64]
Labels = NDArray[np.uint32]
Words = NDArray[np.uint64]

LAST = np.uint32(1 << 31)
LABEL = np.uint32((1 << 31) - 1)
AHEAD = 12
"""Rows to ask memory for ahead: enough to hide its latency, few enough for the first-level cache."""


@compiled
def lay_out(
    items: Ids, offsets: Ids, order: Labels, label_of: NDArray[np.int32], labels: int
) -> tuple[Ids, Labels, Labels, Ids, Labels]:
    """The layout above, of the baskets in the given order and of the items that have a label.

    Parameters
    ----------
    items, offsets : as of `Baskets`, at most 2^32 - 1 items.
    order : uint32[rows], baskets; row r is basket order[r].
    label_of : int32[largest item id + 1], the label of each item, from 0; -1 leaves it out.
    labels : how many labels there are, less than 2^31.

    Returns
    -------
    heads int64[labels + 1], places uint32[kept], rows uint32[kept] (the row of each place),
    starts int64[rows + 1] and flat uint32[kept], rows ascending by label.
    """
    heads = np.zeros(labels + 1, dtype=np.int64)
    starts = np.zeros(len(order) + 1, dtype=np.int64)
    for row in range(len(order)):
        basket = order[row]
        kept = 0
        for at in range(offsets[basket], offsets[basket + 1]):
            label = label_of[items[at]]
            if label >= 0:
                heads[label + 1] += 1
                kept += 1
        starts[row + 1] = starts[row] + kept
    for label in range(labels):
        heads[label + 1] += heads[label]
    total = starts[len(order)]
    rows = np.empty(total, dtype=np.uint32)
    fill = heads[:labels].copy()
    for row in range(len(order)):
        basket = order[row]
        for at in range(offsets[basket], offsets[basket + 1]):
            label = label_of[items[at]]
            if label >= 0:
                rows[fill[label]] = row
                fill[label] += 1
    # Label by label into each row: this sorts the rows without comparing anything.
    places = np.empty(total, dtype=np.uint32)
    flat = np.empty(total, dtype=np.uint32)
    ends = starts[: len(order)].copy()
    for label in range(labels):
        for at in range(heads[label], heads[label + 1]):
            row = rows[at]
            place = ends[row]
            ends[row] = place + 1
            places[at] = place
            flat[place] = np.uint32(label)
    for row in range(len(order)):
        if starts[row + 1] > starts[row]:
            flat[starts[row + 1] - 1] |= LAST
    return heads, places, rows, starts, flat


@compiled
def walk(heads: Ids, places: Labels, flat: Labels, label: int, row: Labels, touched: Labels) -> int:
    """Count in row[b] how often each higher label b stands in a row with `label`; returns how many b it `touched`."""
    met = 0
    for at in range(heads[label], heads[label + 1]):
        if at + AHEAD < heads[label + 1]:
            prefetch(flat, np.int64(places[at + AHEAD]))
        place = np.uint64(places[at])
        word = flat[place]
        while word < LAST:
            place += np.uint64(1)
            word = flat[place]
            other = word & LABEL
            count = row[other]
            touched[met] = other
            met += count == 0
            row[other] = count + np.uint32(1)
    return met


@compiled
def ascend(touched: Labels, met: int, row: Labels, least: int, bits: Words, summary: Words) -> int:
    """Reorder `touched` ascending in place, without those that `row` counts less than `least` times (their counters
    become 0); returns how many are left. `bits` (a bit a label) and `summary` (a bit a word of `bits`) stay zeros."""
    for at in range(met):
        label = touched[at]
        if row[label] >= least:
            bits[label >> np.uint32(6)] |= np.uint64(1) << np.uint64(label & np.uint32(63))
            summary[label >> np.uint32(12)] |= np.uint64(1) << np.uint64((label >> np.uint32(6)) & np.uint32(63))
        else:
            row[label] = 0
    left = 0
    for high in range(len(summary)):
        full = summary[high]
        summary[high] = 0
        while full:
            middle = np.uint64(high) * np.uint64(64) + lowest(full)
            full &= full - np.uint64(1)
            word = bits[middle]
            bits[middle] = 0
            while word:
                touched[left] = np.uint32(middle * np.uint64(64) + lowest(word))
                left += 1
                word &= word - np.uint64(1)
    return left


@compiled
def count_orders(
    heads: Ids, places: Labels, flat: Labels, ids: Ids, first: int, least: int, keys: Ids, orders: Ids
) -> tuple[int, int]:
    """Write key and count of each pair in at least `least` rows, from label `first` on, until the room may run out.

    Parameters
    ----------
    ids : int64[labels], ascending item ids.
    keys, orders : int64[room], room at least the number of labels.

    Returns
    -------
    The first label not done and how many pairs were written.
    """
    labels = len(ids)
    row = np.zeros(labels, dtype=np.uint32)
    touched = np.empty(labels + 1, dtype=np.uint32)
    bits = np.zeros(labels // 64 + 1, dtype=np.uint64)
    summary = np.zeros(labels // 4096 + 1, dtype=np.uint64)
    written = 0
    label = first
    while label < labels and written + labels <= len(keys):
        met = walk(heads, places, flat, label, row, touched)
        left = ascend(touched, met, row, least, bits, summary)
        for at in range(left):
            other = touched[at]
            keys[written] = ids[label] << 32 | ids[other]
            orders[written] = row[other]
            row[other] = 0
            written += 1
        label += 1
    return label, written


@compiled
def count_sums(
    heads: Ids,
    places: Labels,
    flat: Labels,
    ids: Ids,
    first: int,
    least: int,
    ends: Ids,
    steps: Ids,
    keys: Ids,
    sums: Ids,
) -> tuple[int, int]:
    """As `count_orders`, with weighted sums beside each count; rows lie in classes of equal weight.

    Parameters
    ----------
    ends : int64[classes], where in `flat` each class ends, ascending.
    steps : int64[classes, 4], what one row of a class adds to each sum; the first is 1.
    keys, sums : int64[room] and int64[4, room].
    """
    labels = len(ids)
    row = np.zeros((labels, 4), dtype=np.int64)
    touched = np.empty(labels + 1, dtype=np.uint32)
    counts = np.zeros(labels, dtype=np.uint32)
    bits = np.zeros(labels // 64 + 1, dtype=np.uint64)
    summary = np.zeros(labels // 4096 + 1, dtype=np.uint64)
    written = 0
    label = first
    while label < labels and written + labels <= len(keys):
        met, grade = 0, 0
        root, share, square = steps[0, 1], steps[0, 2], steps[0, 3]
        for at in range(heads[label], heads[label + 1]):
            if at + AHEAD < heads[label + 1]:
                prefetch(flat, np.int64(places[at + AHEAD]))
            place = np.uint64(places[at])
            while np.int64(place) >= ends[grade]:
                grade += 1
                root, share, square = steps[grade, 1], steps[grade, 2], steps[grade, 3]
            word = flat[place]
            while word < LAST:
                place += np.uint64(1)
                word = flat[place]
                other = word & LABEL
                count = row[other, 0]
                touched[met] = other
                met += count == 0
                row[other, 0] = count + 1
                row[other, 1] += root
                row[other, 2] += share
                row[other, 3] += square
        for at in range(met):
            counts[touched[at]] = row[touched[at], 0]
            if counts[touched[at]] < least:
                row[touched[at]] = 0
        left = ascend(touched, met, counts, least, bits, summary)
        for at in range(left):
            other = touched[at]
            keys[written] = ids[label] << 32 | ids[other]
            for number in range(4):
                sums[number, written] = row[other, number]
                row[other, number] = 0
            written += 1
        label += 1
    return label, written


@compiled
def count_shoppers(
    heads: Ids, places: Labels, rows: Labels, flat: Labels, shopper_of: Labels, bounds: Ids, others: Labels
) -> Ids:
    """How many distinct shoppers stand behind each wanted pair, rows being in the order of their shoppers.

    Parameters
    ----------
    shopper_of : uint32[rows], never falling, from 1.
    bounds, others : others[bounds[a]:bounds[a + 1]], uint32, are the higher labels wanted with label a.

    Returns
    -------
    int64[len(others)].
    """
    labels = len(heads) - 1
    slot_of = np.zeros(labels, dtype=np.uint32)
    # Slot 0 takes what nobody asked for.
    last = np.zeros(len(others) + 1, dtype=np.uint32)
    people = np.zeros(len(others) + 1, dtype=np.int64)
    for label in range(labels):
        begin, end = bounds[label], bounds[label + 1]
        if begin == end:
            continue
        for at in range(begin, end):
            slot_of[others[at]] = at + 1
        for at in range(heads[label], heads[label + 1]):
            if at + AHEAD < heads[label + 1]:
                prefetch(flat, np.int64(places[at + AHEAD]))
            shopper = shopper_of[rows[at]]
            place = np.uint64(places[at])
            word = flat[place]
            while word < LAST:
                place += np.uint64(1)
                word = flat[place]
                slot = slot_of[word & LABEL]
                people[slot] += last[slot] != shopper
                last[slot] = shopper
        for at in range(begin, end):
            slot_of[others[at]] = 0
    return people[1:]
