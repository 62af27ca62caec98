"""Score items for a whole cart: weights learnt on baskets, and the baskets that are most like the cart.

Nothing here costs more than the cart's rows in the arrays. The learnt weights may be published; baskets are orders of
shoppers, and belong in no file (docs/decisions/artefacts-hold-no-shopper.md): read them from the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Values = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]

ARRAYS = (
    "item_ids",
    "orders",
    "partner_offsets",
    "partners",
    "weights",
    "basket_offsets",
    "basket_items",
    "posting_offsets",
    "postings",
)
"""item_ids int64[n] ascending; orders int64[n], n_c of all orders; CSR of the learnt weights over item positions
(offsets int64[n + 1], partners int32, weights float32); CSR of the baskets' item positions, oldest first (int64[b + 1],
int32); and CSR of each item's baskets, ascending (int64[n + 1], int32). The baskets may be some of all orders."""

SHRINKAGE = 30.0
"""Orders added to every item's count."""

MOST_POSTINGS = 4_000
"""Baskets of one item that are looked at, the latest ones."""


@dataclass(frozen=True, slots=True)
class CartBlend:
    """How the two opinions are put together; chosen on held-out orders of the shop.

    Parameters
    ----------
    neighbours : how many baskets are asked, at least 1.
    sharpness : power of their likeness, above 0: the higher, the more the likest alone speak.
    share : weight of the neighbours' share beside the learnt weights, at least 0.
    discount : how much popularity is held against an item, 0 to 1.
    """

    neighbours: int = 100
    sharpness: float = 2.0
    share: float = 1.0
    discount: float = 0.1

    def __post_init__(self) -> None:
        if self.neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, not {self.neighbours}")
        if self.sharpness <= 0:
            raise ValueError(f"sharpness must be above 0, not {self.sharpness}")
        if self.share < 0:
            raise ValueError(f"share must be at least 0, not {self.share}")
        if not 0 <= self.discount <= 1:
            raise ValueError(f"discount must be from 0 to 1, not {self.discount}")


def arrays_of_baskets(offsets: Ids, positions: NDArray[np.int32], items: int) -> dict[str, NDArray[Any]]:
    """`basket_*` and `posting*` arrays of baskets, oldest first.

    Parameters
    ----------
    offsets, positions : int64[b + 1] and int32, CSR of item positions below `items`.
    """
    by_item = np.argsort(positions, kind="stable")
    owners = np.repeat(np.arange(len(offsets) - 1, dtype=np.int32), np.diff(offsets))
    counts = np.bincount(positions, minlength=items)
    return {
        "basket_offsets": offsets,
        "basket_items": positions.astype(np.int32),
        "posting_offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        "postings": owners[by_item],
    }


def score(arrays: Arrays, cart: Ids, blend: CartBlend, *, total_orders: int) -> Values:
    """(sum of the cart's learnt weights + share * neighbours with the item / cart size^1/2) / (n_c + 30)^discount.

    The sum grows with the cart, the neighbours' share (`neighbour_share`) does not; the root keeps them together.

    Parameters
    ----------
    cart : int64[a], distinct positions of the cart's items in `item_ids`.
    total_orders : N.

    Returns
    -------
    float64[n], any sign, higher is better; the cart's own items are scored too.
    """
    beside = neighbour_share(arrays, cart, blend, total_orders=total_orders)
    opinion = learnt(arrays, cart) + blend.share / max(len(cart), 1) ** 0.5 * beside
    scores: Values = opinion * (arrays["orders"] + SHRINKAGE) ** -blend.discount
    return scores


def learnt(arrays: Arrays, cart: Ids) -> Values:
    """float64[n], the sum over the cart of the learnt weights."""
    rows = _places(arrays["partner_offsets"], cart)
    return _summed(arrays["partners"][rows], arrays["weights"][rows], len(arrays["item_ids"]))


def neighbour_share(arrays: Arrays, cart: Ids, blend: CartBlend, *, total_orders: int) -> Values:
    """Of the baskets most like the cart, the share that has each item, weighted by likeness.

    A basket's likeness is [(sum over the items it shares with the cart of log(1 + N / n_a))^2 (L-1)^-1/2]^sharpness:
    two rare items in common say more than twice one.

    Returns
    -------
    float64[n], in [0, 1]; all 0 where no basket has anything of the cart.
    """
    items, baskets = len(arrays["item_ids"]), len(arrays["basket_offsets"]) - 1
    rows = [_latest(arrays, position) for position in cart.tolist()]
    if not any(map(len, rows)):
        return np.zeros(items)
    rarity = np.log1p(total_orders / np.maximum(arrays["orders"][cart], 1))
    found = np.concatenate(rows)
    overlap = np.bincount(found, weights=np.repeat(rarity, [len(row) for row in rows]), minlength=baskets)
    touched = np.flatnonzero(overlap)
    sizes = arrays["basket_offsets"][touched + 1] - arrays["basket_offsets"][touched]
    likeness = (overlap[touched] ** 2 * np.maximum(sizes - 1, 1) ** -0.5) ** blend.sharpness
    if len(touched) > blend.neighbours:
        # The latest of equals: the order is that of the baskets.
        best = np.lexsort((-touched, -likeness))[: blend.neighbours]
        touched, likeness, sizes = touched[best], likeness[best], sizes[best]
    places = _places(arrays["basket_offsets"], touched)
    return _summed(arrays["basket_items"][places], np.repeat(likeness / likeness.sum(), sizes), items)


def _latest(arrays: Arrays, position: int) -> NDArray[np.int32]:
    start, stop = arrays["posting_offsets"][position : position + 2].tolist()
    latest: NDArray[np.int32] = arrays["postings"][max(start, stop - MOST_POSTINGS) : stop]
    return latest


def _places(offsets: Ids, rows: Ids) -> Ids:
    """Where the entries of the given CSR rows stand, row after row."""
    starts, lengths = offsets[rows], offsets[rows + 1] - offsets[rows]
    before = np.cumsum(lengths) - lengths
    places: Ids = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    return places


def _summed(positions: NDArray[np.int32], values: NDArray[Any], items: int) -> Values:
    return np.bincount(positions, weights=values, minlength=items).astype(np.float64)
