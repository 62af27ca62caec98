"""Compiled kernels (numba) of frequent itemsets: Eclat (Zaki 2000), depth first without recursion, and resumable.

One label after the other is the first of a prefix, rarest first. The rows that hold it become bits: one packed set of
bits for each label that is frequent with it, and longer prefixes are intersections of those. So a set of bits is never
longer than the rows of its rarest item. (numba crashes on recursion in code that it loads from its cache.)

The kernel stops between two steps and says why, so that its caller can find room or give up; all state is in arrays.
"""

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.intrinsics import compiled, ones, prefetch
from recommendations.mining.kernels import AHEAD, LABEL, LAST, ascend, walk

Ids = NDArray[np.int64]
Labels = NDArray[np.uint32]
Words = NDArray[np.uint64]

DONE, OUT_OF_ROOM, OUT_OF_SCRATCH, OUT_OF_STEPS = 0, 1, 2, 3

NEXT, DEPTH, SETS, ITEMS, SCRATCH, WIDTH, WANTED = 0, 1, 2, 3, 4, 5, 6
"""Places in `state`: label to begin with, depth of the prefix, what was written, what is in use, words of a set of
bits, and the words of scratch that are wanted."""


@compiled
def intersect(bits: Words, left: int, right: int, into: int, width: int) -> int:
    """bits[into:] = bits[left:] and bits[right:], `width` words each; returns how many bits are set."""
    total = np.uint64(0)
    for at in range(width):
        word = bits[left + at] & bits[right + at]
        bits[into + at] = word
        total += ones(word)
    return int(total)


@compiled
def emit(prefix: Labels, depth: int, count: int, ids: Ids, state: Ids, items: Ids, lists: Ids) -> None:
    """Write the itemset of the first `depth` labels of the prefix, ascending by item id, and its count."""
    begin = state[ITEMS]
    for at in range(depth):
        item = np.int64(ids[prefix[at]])
        place = begin + at
        while place > begin and items[place - 1] > item:
            items[place] = items[place - 1]
            place -= 1
        items[place] = item
    state[ITEMS] = begin + depth
    lists[0, state[SETS]] = depth
    lists[1, state[SETS]] = count
    state[SETS] += 1


@compiled
def fill_bits(heads: Ids, places: Labels, flat: Labels, label: int, slot_of: Labels, bits: Words, width: int) -> None:
    """Set bit r of set slot_of[b] for each b that follows `label` in its r-th row; set 0 takes what has no slot."""
    begin, end = heads[label], heads[label + 1]
    for at in range(begin, end):
        if at + AHEAD < end:
            prefetch(flat, np.int64(places[at + AHEAD]))
        number = np.uint64(at - begin)
        word_at = number >> np.uint64(6)
        bit = np.uint64(1) << (number & np.uint64(63))
        place = np.uint64(places[at])
        word = flat[place]
        while word < LAST:
            place += np.uint64(1)
            word = flat[place]
            bits[np.uint64(slot_of[word & LABEL]) * np.uint64(width) + word_at] |= bit


@compiled
def mine(
    heads: Ids,
    places: Labels,
    flat: Labels,
    ids: Ids,
    least: int,
    longest: int,
    steps: int,
    row: Labels,
    touched: Labels,
    slot_of: Labels,
    flags: Words,
    summary: Words,
    state: Ids,
    levels: Ids,
    prefix: Labels,
    entry_label: Labels,
    entry: Ids,
    bits: Words,
    items: Ids,
    lists: Ids,
) -> int:
    """Go on until everything is found, room or scratch is lacking, or about `steps` words were handled.

    Parameters
    ----------
    heads, places, flat : layout of `kernels.lay_out`, labels rarest first.
    ids : int64[labels].
    least, longest : smallest count and most items of an itemset.
    row, slot_of : uint64[labels], zeros between calls; touched uint64[labels + 1].
    flags, summary : see `kernels.ascend`.
    state : int64[7], zeros at first.
    levels : int64[3, labels + 2]; of each depth the next entry, the entry after its last, and where its bits begin.
    prefix : uint64[labels + 1].
    entry_label, entry : uint64[entries], int64[2, entries]; the label, count and place in `bits` of each extension.
    bits : uint64[scratch].
    items, lists : int64[room] and int64[2, room], see `emit`.

    Returns
    -------
    DONE, OUT_OF_ROOM, OUT_OF_SCRATCH (`state[WANTED]` words are needed) or OUT_OF_STEPS.
    """
    labels = len(ids)
    work = 0
    while True:
        depth = state[DEPTH]
        if state[ITEMS] + 3 * labels + 3 > len(items) or state[SETS] + labels + 2 > lists.shape[1]:
            return OUT_OF_ROOM
        if work > steps:
            return OUT_OF_STEPS
        if depth == 0:
            label = state[NEXT]
            if label == labels:
                return DONE
            if len(entry_label) < labels + 1:
                state[WANTED] = 0
                return OUT_OF_SCRATCH
            count = heads[label + 1] - heads[label]
            left = 0
            if longest > 1:
                met = walk(heads, places, flat, label, row, touched)
                left = ascend(touched, met, row, least, flags, summary)
                work += count * 4
            width = (count + 63) >> 6
            if left > 1 and longest > 2 and (left + 1) * width > len(bits):
                for at in range(left):
                    row[touched[at]] = 0
                state[WANTED] = (left + 1) * width
                return OUT_OF_SCRATCH
            prefix[0] = label
            emit(prefix, 1, count, ids, state, items, lists)
            state[NEXT] = label + 1
            deeper = left > 1 and longest > 2
            for at in range(left):
                other = touched[at]
                if deeper:
                    entry_label[at] = other
                    entry[0, at] = row[other]
                    entry[1, at] = (at + 1) * width
                    slot_of[other] = at + 1
                else:
                    prefix[1] = other
                    emit(prefix, 2, row[other], ids, state, items, lists)
                row[other] = 0
            if deeper:
                bits[: (left + 1) * width] = 0
                fill_bits(heads, places, flat, label, slot_of, bits, width)
                for at in range(left):
                    slot_of[touched[at]] = 0
                work += (left + 1) * width
                state[WIDTH] = width
                state[SCRATCH] = (left + 1) * width
                state[DEPTH] = 1
                levels[0, 1], levels[1, 1], levels[2, 1] = 0, left, 0
            continue
        here, end = levels[0, depth], levels[1, depth]
        if here == end:
            # Back to what was in use before this depth was entered.
            state[SCRATCH] = levels[2, depth]
            state[DEPTH] = depth - 1
            continue
        width, top, free = state[WIDTH], state[SCRATCH], end
        others = end - here - 1
        extend = others > 0 and depth + 1 < longest
        if extend and (top + others * width > len(bits) or free + others > len(entry_label)):
            state[WANTED] = top + others * width
            return OUT_OF_SCRATCH
        levels[0, depth] = here + 1
        prefix[depth] = entry_label[here]
        emit(prefix, depth + 1, entry[0, here], ids, state, items, lists)
        work += 8
        if not extend:
            continue
        for other in range(here + 1, end):
            count = intersect(bits, entry[1, here], entry[1, other], top, width)
            if count >= least:
                entry_label[free] = entry_label[other]
                entry[0, free] = count
                entry[1, free] = top
                free += 1
                top += width
        work += others * (width + 4)
        if free > end:
            state[DEPTH] = depth + 1
            levels[0, depth + 1], levels[1, depth + 1], levels[2, depth + 1] = end, free, state[SCRATCH]
            state[SCRATCH] = top
