"""One global cut in time: everything before it may be learnt from, what comes after is the test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories


@dataclass(frozen=True, slots=True)
class Split:
    """`train` holds the purchases before `cut`; `tests[i]` the distinct items that shopper `shoppers[i]` bought since.

    Parameters
    ----------
    cut : days since the epoch.
    shoppers : int64[t], indexes into `train` of shoppers who bought before and after the cut.
    tests : int32 arrays, dense item indexes; items that nobody bought before the cut stay in.
    """

    cut: float
    train: Histories
    shoppers: NDArray[np.int64]
    tests: tuple[NDArray[np.int32], ...]


def cut_in_time(histories: Histories, *, share: float) -> Split:
    """Cut so that `share` (0..1) of the purchases lie before the cut. Nothing after it is seen by `train`."""
    cut = float(np.quantile(histories.days, share)) if len(histories.days) else 0.0
    before = histories.days < cut
    owner = histories.shoppers
    counts = np.bincount(owner[before], minlength=len(histories))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    train = Histories(
        offsets, histories.items[before], histories.days[before], histories.orders[before], histories.item_ids
    )
    chosen, tests = [], []
    for shopper in range(len(histories)):
        start, stop = histories.offsets[shopper], histories.offsets[shopper + 1]
        later = histories.items[start:stop][histories.days[start:stop] >= cut]
        if counts[shopper] and len(later):
            chosen.append(shopper)
            tests.append(np.unique(later))
    return Split(cut, train, np.array(chosen, dtype=np.int64), tuple(tests))
