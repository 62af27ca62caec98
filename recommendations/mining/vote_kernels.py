"""The compiled kernel (numba) that counts who stands behind pairs and when; the layout is that of `kernels`."""

import numpy as np
from numpy.typing import NDArray

from recommendations.mining.intrinsics import compiled, prefetch
from recommendations.mining.kernels import AHEAD, LABEL, LAST

Ids = NDArray[np.int64]
Labels = NDArray[np.uint32]
Flags = NDArray[np.bool_]


@compiled
def count_votes(
    heads: Ids,
    places: Labels,
    rows: Labels,
    flat: Labels,
    shopper_of: Labels,
    seasoned: Flags,
    day_of: Ids,
    weights: Ids,
    bounds: Ids,
    others: Labels,
    room: int,
    days: int,
    windows: tuple[int, int],
) -> Ids:
    """The rows of `votes.Votes` for the wanted pairs, rows being in the order of their shoppers.

    Parameters
    ----------
    shopper_of, seasoned, day_of : [rows]; shoppers never fall, 0 is a guest.
    weights : int64[rows], what a vote of each row weighs.
    bounds, others : as in `kernels.count_shoppers`.
    room : pairs whose days are held at once; a label with more of them is walked again.
    days : all of `day_of` are below.

    Returns
    -------
    int64[10, len(others)].
    """
    labels = len(heads) - 1
    found = np.zeros((10, len(others)), dtype=np.int64)
    slot_of = np.zeros(labels, dtype=np.uint32)
    on_day = np.zeros((room, days), dtype=np.int32)
    until = np.zeros(days + 1, dtype=np.int64)
    last = np.zeros(room, dtype=np.uint32)
    last_seasoned = np.zeros(room, dtype=np.uint32)
    for label in range(labels):
        for begin in range(bounds[label], bounds[label + 1], room):
            end = min(begin + room, bounds[label + 1])
            for at in range(begin, end):
                slot_of[others[at]] = at - begin + 1
                last[at - begin] = 0
                last_seasoned[at - begin] = 0
            for at in range(heads[label], heads[label + 1]):
                if at + AHEAD < heads[label + 1]:
                    prefetch(flat, np.int64(places[at + AHEAD]))
                row = rows[at]
                place = np.uint64(places[at])
                word = flat[place]
                while word < LAST:
                    place += np.uint64(1)
                    word = flat[place]
                    slot = slot_of[word & LABEL]
                    if slot == 0:
                        continue
                    here = slot - 1
                    on_day[here, day_of[row]] += 1
                    shopper = shopper_of[row]
                    if shopper == 0:
                        continue
                    pair = begin + here
                    found[0, pair] += 1
                    if last[here] != shopper:
                        last[here] = shopper
                        found[1, pair] += 1
                        found[2, pair] += weights[row]
                    if seasoned[row] and last_seasoned[here] != shopper:
                        last_seasoned[here] = shopper
                        found[3, pair] += 1
                        found[4, pair] += weights[row]
            for pair in range(begin, end):
                slot_of[others[pair]] = 0
                for day in range(days):
                    until[day + 1] = until[day] + on_day[pair - begin, day]
                for day in range(days):
                    if on_day[pair - begin, day] == 0:
                        continue
                    on_day[pair - begin, day] = 0
                    found[5, pair] += 1
                    for number in range(2):
                        orders = until[min(day + windows[number], days)] - until[day]
                        if orders > found[6 + 2 * number, pair]:
                            found[6 + 2 * number, pair] = orders
                            found[7 + 2 * number, pair] = day
    return found
