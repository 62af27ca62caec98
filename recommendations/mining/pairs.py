"""Sums over the pairs of items that occur together in baskets."""

from dataclasses import dataclass, fields
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining import pair_fallback
from recommendations.mining.choice import Engine, native
from recommendations.mining.weights import SCALE

Ids = NDArray[np.int64]

__all__ = ["SCALE", "PairSums", "count_orders", "count_pairs", "distinct_shoppers", "warm"]


@dataclass(frozen=True, slots=True)
class PairSums:
    """Sums per pair, ascending by key; all int64[pairs].

    Parameters
    ----------
    keys : low item id * 2^32 + high item id, low < high.
    orders : baskets with both.
    weight, share, share_square : sums of 2^32 (L-1)^-p over them, p = 1/2, 1 and 2.
    """

    keys: Ids
    orders: Ids
    weight: Ids
    share: Ids
    share_square: Ids

    @classmethod
    def empty(cls) -> "PairSums":
        return cls(*(np.zeros(0, dtype=np.int64) for _ in fields(cls)))

    @property
    def low(self) -> Ids:
        return self.keys >> 32

    @property
    def high(self) -> Ids:
        return self.keys & 0xFFFFFFFF

    def __len__(self) -> int:
        return len(self.keys)

    def __add__(self, other: "PairSums") -> "PairSums":
        keys, at = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        sums = np.zeros((4, len(keys)), dtype=np.int64)
        for total, mine, theirs in zip(sums, self._sums, other._sums, strict=True):
            np.add.at(total, at, np.concatenate([mine, theirs]))
        kept = sums.any(axis=0)
        return PairSums(keys[kept], *sums[:, kept])

    def __neg__(self) -> "PairSums":
        return PairSums(self.keys, *(-total for total in self._sums))

    def where(self, kept: NDArray[np.bool_]) -> "PairSums":
        """The pairs for which `kept` bool[pairs] is true."""
        return PairSums(self.keys[kept], *(total[kept] for total in self._sums))

    @property
    def _sums(self) -> tuple[Ids, Ids, Ids, Ids]:
        return self.orders, self.weight, self.share, self.share_square


def count_pairs(baskets: Baskets, *, min_orders: int = 1, engine: Engine | None = None) -> PairSums:
    """Every pair of every basket, with its sums; the same whichever engine counts.

    Memory: the result, 40 bytes a pair, is held up to one and a half times; beside it about 20 bytes an item of a
    basket and at most 300 MB.

    Parameters
    ----------
    min_orders : pairs in fewer baskets are left out; weights are those of whole baskets all the same.
    engine : who counts, see `choice.native`.

    Raises
    ------
    MissingPackage : the native engine is demanded and cannot be used.
    """
    return PairSums(*(_engine(baskets, engine)).count_sums(baskets, min_orders))


def count_orders(baskets: Baskets, *, min_orders: int = 1, engine: Engine | None = None) -> tuple[Ids, Ids]:
    """Keys and orders of `count_pairs` alone, in less time and memory."""
    keys, orders = _engine(baskets, engine).count_orders(baskets, min_orders)
    return keys, orders


def distinct_shoppers(baskets: Baskets, shoppers: Ids, keys: Ids, *, engine: Engine | None = None) -> Ids:
    """How many distinct known shoppers bought each pair together.

    Parameters
    ----------
    shoppers : int64[baskets], the shopper of each basket; 0 is a guest, who counts as nobody.
    keys : int64[k] ascending pair keys as in `PairSums`.
    engine : who counts, see `choice.native`.

    Returns
    -------
    int64[k].
    """
    people: Ids = _engine(baskets, engine).count_shoppers(baskets, shoppers, keys)
    return people


def warm() -> None:
    """Compile the native engine now, or load what was compiled before, and not within the first count.

    Raises
    ------
    MissingPackage : numba cannot be used.
    """
    baskets = Baskets.of([[1, 2], [1, 2, 3]])
    count_orders(baskets, engine="native")
    counted = count_pairs(baskets, engine="native")
    distinct_shoppers(baskets, np.ones(2, dtype=np.int64), counted.keys, engine="native")


def _engine(baskets: Baskets, engine: Engine | None) -> ModuleType:
    sizes = baskets.sizes
    return native("pair_native", work=int((sizes * (sizes - 1)).sum()) // 2, engine=engine) or pair_fallback
