"""What shoppers viewed, and what they bought, each at its time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Views:
    """One entry a view, in any order.

    Parameters
    ----------
    shoppers, items : int64[n], ids from 1; items below 2^31.
    at : int64[n], when it began, in whole seconds since the epoch.
    dwell : float64[n], seconds for which it lasted, from 0; nan where nobody knows.

    Raises
    ------
    ValueError : the arrays are not of one length.
    """

    shoppers: Ids
    items: Ids
    at: Ids
    dwell: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not len(self.shoppers) == len(self.items) == len(self.at) == len(self.dwell):
            raise ValueError("shoppers, items, at and dwell must have one entry a view")

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Purchases:
    """Orders of known shoppers, in any order.

    Parameters
    ----------
    shoppers : int64[orders], ids from 1.
    at : int64[orders], in whole seconds since the epoch.
    baskets : the items of each order.

    Raises
    ------
    ValueError : the arrays are not of one length.
    """

    shoppers: Ids
    at: Ids
    baskets: Baskets

    def __post_init__(self) -> None:
        if not len(self.shoppers) == len(self.at) == len(self.baskets):
            raise ValueError("shoppers, at and baskets must have one entry an order")

    def __len__(self) -> int:
        return len(self.at)
