"""Baskets: the distinct items of many orders as two flat arrays (CSR)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Baskets:
    """`items[offsets[i]:offsets[i + 1]]` are the ascending, distinct item ids of basket i.

    Parameters
    ----------
    offsets : int64[n + 1], from 0, never falling.
    items : int64[offsets[n]], item ids from 1 to 2^31 - 1.

    Raises
    ------
    ValueError : the arrays do not describe baskets.
    """

    offsets: Ids
    items: Ids

    def __post_init__(self) -> None:
        if self.offsets.ndim != 1 or not len(self.offsets) or self.offsets[0] != 0:
            raise ValueError("offsets must be a flat array that begins with 0")
        if (np.diff(self.offsets) < 0).any() or self.offsets[-1] != len(self.items):
            raise ValueError("offsets must not fall and must end with the number of items")
        if len(self.items) and not 1 <= self.items.min() <= self.items.max() < 2**31:
            raise ValueError("item ids must be from 1 to 2^31 - 1")
        rises = np.diff(self.items) > 0
        starts = self.offsets[1:-1]
        rises[starts[(starts > 0) & (starts < len(self.items))] - 1] = True
        if not rises.all():
            raise ValueError("the items of a basket must be distinct and ascending")

    @classmethod
    def of(cls, baskets: Sequence[Sequence[int]]) -> "Baskets":
        """Baskets from lists of distinct ascending item ids."""
        offsets = np.zeros(len(baskets) + 1, dtype=np.int64)
        np.cumsum([len(basket) for basket in baskets], out=offsets[1:])
        items = np.fromiter(chain.from_iterable(baskets), dtype=np.int64, count=int(offsets[-1]))
        return cls(offsets, items)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def sizes(self) -> Ids:
        """int64[n], how many items each basket has."""
        return np.diff(self.offsets)


def cut(order_key: str, item_keys: Mapping[int, str], cap: int) -> list[int]:
    """The `cap` items of smallest hash(order key, item key), ascending by id.

    Which items stay depends on nothing but the keys, so every recount on any machine keeps the same ones.

    Parameters
    ----------
    item_keys : item id -> item key of the whole basket.
    """

    def rank(item: int) -> bytes:
        return hashlib.blake2b(f"{order_key}\x00{item_keys[item]}".encode(), digest_size=8).digest()

    return sorted(sorted(item_keys, key=rank)[:cap])
