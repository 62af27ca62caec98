"""New items that lists may try, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Arrivals:
    """n items that are new in the shop.

    Parameters
    ----------
    item_ids : int64[n], ascending and distinct; `keys` their item keys, in the same order.
    orders : int64[n], counted orders with the item, 0 where nobody bought it.
    shares : float64[n] above 0, how probable it is that each is the best of all of them.
    categories : the shop's categories of each.

    Raises
    ------
    ValueError : there is not one entry of each for each item.
    """

    item_ids: NDArray[np.int64]
    keys: tuple[str, ...]
    orders: NDArray[np.int64]
    shares: NDArray[np.float64]
    categories: tuple[frozenset[str], ...]

    def __post_init__(self) -> None:
        lengths = {len(self.keys), len(self.orders), len(self.shares), len(self.categories)}
        if lengths != {len(self.item_ids)}:
            raise ValueError(f"there must be {len(self.item_ids)} of each, not {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.item_ids)

    def of(self, categories: frozenset[str]) -> NDArray[np.int64]:
        """int64[m], places of those in one of these categories."""
        found = [place for place, own in enumerate(self.categories) if own & categories]
        return np.array(found, dtype=np.int64)
