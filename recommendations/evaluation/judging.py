"""Rank the whole catalogue for the shoppers of a test, and judge the lists by what they bought."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories
from recommendations.evaluation import metrics
from recommendations.evaluation.views import Relevant, View

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
Scorer = Callable[[Ids, View], Scores]
"""float32[t, n] for int64[t] shoppers and a view, over the whole catalogue, higher is better; -inf is never listed."""

CUT_OFFS = (5, 10, 20)
NOTHING = -1
"""Stands where a list has no item."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The best items of each shopper.

    Parameters
    ----------
    shoppers : int64[t], ascending.
    items : int32[t, k], dense item indexes, the best first; `NOTHING` where fewer could be listed.
    """

    shoppers: Ids
    items: NDArray[np.int32]

    def hits(self, relevant: Relevant) -> NDArray[np.bool_]:
        """bool[r, k], whether each listed item is relevant, for the shoppers of `relevant`.

        Raises
        ------
        ValueError : a shopper of `relevant` has no list.
        """
        rows = np.searchsorted(self.shoppers, relevant.shoppers)
        if not np.array_equal(self.shoppers[np.minimum(rows, len(self.shoppers) - 1)], relevant.shoppers):
            raise ValueError("relevant must hold shoppers with a list alone")
        wanted = np.repeat(np.arange(len(relevant)), relevant.sizes) << 32 | relevant.items.astype(np.int64)
        listed = np.arange(len(relevant))[:, None] << 32 | self.items[rows].astype(np.int64)  # [r, k]
        return np.asarray(np.isin(listed, wanted) & (self.items[rows] != NOTHING))


def lists_of(
    scorer: Scorer, train: Histories, shoppers: Ids, view: View, *, length: int = max(CUT_OFFS), at_once: int = 256
) -> Lists:
    """The `length` best items of each shopper; what they bought is left out where the view says so.

    Parameters
    ----------
    train : what the shoppers bought before.
    at_once : shoppers scored in one call, so at_once times n float32 are in memory.
    """
    found = [
        _best(_allowed(scorer(some, view), train, some, view), length)
        for start in range(0, len(shoppers), at_once)
        for some in [shoppers[start : start + at_once]]
    ]
    width = min(length, len(train.item_ids))
    return Lists(shoppers, np.concatenate([np.zeros((0, width), dtype=np.int32), *found]))


def judge(lists: Lists, relevant: Relevant, *, cut_offs: Sequence[int] = CUT_OFFS) -> Mapping[str, metrics.Values]:
    """float64[r] of each metric at each cut-off, such as `ndcg_10`, for the shoppers of `relevant`."""
    hits, sizes = lists.hits(relevant), relevant.sizes
    found: dict[str, metrics.Values] = {}
    for k in cut_offs:
        top = _padded(hits[:, :k], k)
        found |= {
            f"precision_{k}": metrics.precision(top),
            f"recall_{k}": metrics.recall(top, sizes),
            f"f1_{k}": metrics.f1(top, sizes),
            f"ndcg_{k}": metrics.ndcg(top, sizes),
            f"hit_rate_{k}": metrics.hit_rate(top),
            f"mrr_{k}": metrics.reciprocal_rank(top),
        }
    return found


def _allowed(scores: Scores, train: Histories, shoppers: Ids, view: View) -> Scores:
    if view.is_new_alone:
        scores = scores.copy()
        for row, shopper in enumerate(shoppers):
            scores[row, train.items[train.offsets[shopper] : train.offsets[shopper + 1]]] = -np.inf
    return scores


def _best(scores: Scores, length: int) -> NDArray[np.int32]:
    """int32[t, min(length, n)]. An item that ties with the last one listed may be cut off whatever its index."""
    length = min(length, scores.shape[1])
    near = np.sort(np.argpartition(-scores, length - 1, axis=1)[:, :length], axis=1)
    values = np.take_along_axis(scores, near, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    best = np.take_along_axis(near, order, axis=1).astype(np.int32)
    best[~np.isfinite(np.take_along_axis(values, order, axis=1))] = NOTHING
    return best


def _padded(hits: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """A catalogue shorter than the list leaves its last ranks empty."""
    return np.pad(hits, ((0, 0), (0, length - hits.shape[1])))
