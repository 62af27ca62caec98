"""How each item sells, as an artefact keeps it: what rises, what sells these weeks, what shoppers buy again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Arrays = Mapping[str, NDArray[Any]]

REPEATED = 0.05
"""Share of an item's buyers who bought it again from which on it is one that is bought repeatedly: one in twenty."""


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """Statistics of one moment; safe to share between threads.

    Parameters
    ----------
    as_of : the moment, in seconds since the epoch.
    window_orders : all orders of the last seven days, and of the 28 before them.
    item_ids : int64[n], ascending.
    recent, earlier : int32[n], orders with the item in these two times.
    usual : float32[n], orders of a usual week: of the earlier time, or of as much of it as the shop has orders of.
    trend : float32[n], how many times the item's orders rose with the shop's own rise divided out, the low end of
        what the counts allow; 0 where they say too little.
    sales : float32[n], orders of both times, weighed by their age.
    repeat_share : float32[n], share of the buyers who bought it again, shrunk towards that of the whole shop.
    by_trend, by_sales : int64, positions of the items that rise and of those that sell, the most first.
    """

    as_of: int
    window_orders: tuple[int, int]
    item_ids: Ids
    recent: NDArray[np.int32]
    earlier: NDArray[np.int32]
    usual: NDArray[np.float32]
    trend: NDArray[np.float32]
    sales: NDArray[np.float32]
    repeat_share: NDArray[np.float32]
    by_trend: Ids
    by_sales: Ids

    @classmethod
    def of(cls, arrays: Arrays) -> "ItemStatistics":
        """From the arrays of an artefact of statistics."""
        recent, earlier = arrays["window_orders"].tolist()
        names = ("item_ids", "recent", "earlier", "usual", "trend", "sales", "repeat_share")
        columns = {name: np.asarray(arrays[name]) for name in names}
        return cls(
            as_of=int(arrays["as_of"]),
            window_orders=(recent, earlier),
            **columns,
            by_trend=_most_first(columns["trend"], columns["item_ids"], above=1.0),
            by_sales=_most_first(columns["sales"], columns["item_ids"], above=0.0),
        )

    def within(self, positions: Ids, item_ids: Ids | None, most: int) -> Ids:
        """int64[at most `most`], the first of the positions whose items are among the given ones; None: any are."""
        if item_ids is None:
            return positions[:most]
        return positions[np.isin(self.item_ids[positions], item_ids)][:most]

    def positions(self, item_ids: Ids) -> tuple[Ids, NDArray[np.bool_]]:
        """int64[m] where the items stand, and bool[m] which of them are known: the others' positions mean nothing."""
        places = np.minimum(np.searchsorted(self.item_ids, item_ids), max(len(self.item_ids) - 1, 0))
        known = self.item_ids[places] == item_ids if len(self.item_ids) else np.zeros(len(item_ids), dtype=np.bool_)
        return places, known

    def once_only(self, item_ids: Ids) -> Ids:
        """Those of the items that few of their buyers bought again; an unknown one is not said to be so."""
        places, known = self.positions(item_ids)
        return item_ids[known][self.repeat_share[places[known]] < REPEATED]


def _most_first(values: NDArray[np.float32], item_ids: Ids, *, above: float) -> Ids:
    order = np.lexsort((item_ids, -values))
    return order[values[order] > above]
