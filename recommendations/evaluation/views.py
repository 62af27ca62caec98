"""What is asked of a recommender at a cut in time: the views, and the window of purchases that answers them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


class View(StrEnum):
    """A question. The values are stable: they name figures and files."""

    NEXT_BASKET = "next_basket"
    WINDOW = "window"
    NEW_ITEMS = "new_items"
    NEXT_BASKET_NEW = "next_basket_new"

    @property
    def is_first_basket(self) -> bool:
        """Whether the shopper's first order after the cut alone is asked for."""
        return self in (View.NEXT_BASKET, View.NEXT_BASKET_NEW)

    @property
    def is_new_alone(self) -> bool:
        """Whether what the shopper bought before the cut is neither ranked nor asked for."""
        return self in (View.NEW_ITEMS, View.NEXT_BASKET_NEW)


@dataclass(frozen=True, slots=True)
class Relevant:
    """What shoppers really bought: the answers of a test, as CSR.

    Parameters
    ----------
    shoppers : int64[t], ascending indexes of shoppers; each has at least one item.
    offsets : int64[t + 1].
    items : int32[m], dense item indexes, ascending and distinct for each shopper.
    """

    shoppers: Ids
    offsets: Ids
    items: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.shoppers)

    def __getitem__(self, row: int) -> NDArray[np.int32]:
        """The items of the shopper in a row."""
        return self.items[self.offsets[row] : self.offsets[row + 1]]

    @classmethod
    def of(cls, shoppers: Ids, items: NDArray[np.int32]) -> "Relevant":
        """From one row a purchase, in any order, repetitions allowed."""
        pairs = np.unique(_pairs(shoppers, items))
        found, counts = np.unique(pairs >> 32, return_counts=True)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(found, offsets, (pairs & 0xFFFFFFFF).astype(np.int32))

    @property
    def sizes(self) -> Ids:
        """int64[t], how many items are relevant to each shopper."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> Ids:
        """int64[m], the shopper of each item."""
        return np.repeat(self.shoppers, self.sizes)

    def where(self, kept: Mask) -> "Relevant":
        """The marked purchases alone, bool[m]; shoppers who keep none are left out."""
        return Relevant.of(self.owners[kept], self.items[kept])

    def of_shoppers(self, chosen: Ids) -> "Relevant":
        """Those of the shoppers that are among `chosen`."""
        return self.where(np.isin(self.owners, chosen))


@dataclass(frozen=True, slots=True)
class Window:
    """Purchases before a cut to learn from, and what was bought in the days after it.

    Parameters
    ----------
    cut : days since the epoch; `train` holds what was bought before it, strictly.
    days : length of the window, above 0.
    train : every shopper and every item id of the whole keeps its index, bought or not.
    tests : of shoppers who bought before the cut (warm), a test for each view.
    newcomers : of shoppers whose first purchase lies in the window (cold), likewise.
    """

    cut: float
    days: float
    train: Histories
    tests: Mapping[View, Relevant]
    newcomers: Mapping[View, Relevant]

    @classmethod
    def of(cls, histories: Histories, *, cut: float, days: float) -> "Window":
        """Cut histories at `cut` (days since the epoch) and ask about the `days` that follow.

        Raises
        ------
        ValueError : `days` is not above 0.
        """
        if not days > 0:
            raise ValueError(f"days must be above 0, not {days}")
        train = before(histories, cut)
        inside = (histories.days >= cut) & (histories.days < cut + days)
        shoppers, items = histories.shoppers[inside], histories.items[inside]
        first = _in_first_order(shoppers, histories.orders[inside])
        new = ~bought(train, shoppers, items)
        warm = np.diff(train.offsets)[shoppers] > 0

        def asked(chosen: Mask) -> dict[View, Relevant]:
            return {
                view: Relevant.of(shoppers[kept], items[kept])
                for view in View
                for kept in [chosen & (first | (not view.is_first_basket)) & (new | (not view.is_new_alone))]
            }

        return cls(cut, days, train, asked(warm), asked(~warm))

    @classmethod
    def held_out(cls, histories: Histories, *, cut: float, most: int, rng: np.random.Generator) -> "Window":
        """Hide up to `most` purchases of each shopper, drawn at random, half of theirs at most, and ask about them.

        For goods that nobody buys twice, where hardly anybody comes back after a cut in time: every view asks about all
        that is hidden, at `cut`, which lies after all purchases. Nobody is a newcomer.

        Raises
        ------
        ValueError : `most` is below 1.
        """
        if most < 1:
            raise ValueError(f"most must be at least 1, not {most}")
        owners, counts = histories.shoppers, np.diff(histories.offsets)
        drawn = np.lexsort((rng.random(len(owners)), owners))
        rank = np.empty(len(owners), dtype=np.int64)
        rank[drawn] = np.arange(len(owners)) - histories.offsets[owners]
        hidden = rank < np.minimum(counts // 2, most)[owners]
        offsets = np.concatenate([[0], np.cumsum(np.bincount(owners[~hidden], minlength=len(counts)))]).astype(np.int64)
        train = Histories(
            offsets,
            histories.items[~hidden],
            histories.days[~hidden],
            histories.orders[~hidden],
            histories.item_ids,
        )
        asked = Relevant.of(owners[hidden], histories.items[hidden])
        new = asked.where(~bought(train, asked.owners, asked.items))
        nobody = asked.where(np.zeros(len(asked.items), dtype=bool))
        tests = {view: new if view.is_new_alone else asked for view in View}
        return cls(cut, 1.0, train, tests, dict.fromkeys(View, nobody))

    @property
    def warm_shoppers(self) -> Ids:
        """int64[t], who bought before the cut and in the window."""
        return self.tests[View.WINDOW].shoppers

    def repeats(self, relevant: Relevant) -> Relevant:
        """What of a test its shoppers had bought before the cut."""
        return relevant.where(bought(self.train, relevant.owners, relevant.items))

    def new(self, relevant: Relevant) -> Relevant:
        """What of a test its shoppers had never bought before the cut."""
        return relevant.where(~bought(self.train, relevant.owners, relevant.items))

    def cold_items(self, relevant: Relevant) -> Relevant:
        """What of a test nobody had bought before the cut."""
        sold = np.bincount(self.train.items, minlength=len(self.train.item_ids))
        return relevant.where(sold[relevant.items] == 0)


def before(histories: Histories, cut: float) -> Histories:
    """The purchases before `cut`, strictly; shoppers and items keep their indexes."""
    kept = histories.days < cut
    counts = np.bincount(histories.shoppers[kept], minlength=len(histories))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Histories(offsets, histories.items[kept], histories.days[kept], histories.orders[kept], histories.item_ids)


def bought(histories: Histories, shoppers: Ids, items: NDArray[np.int32]) -> Mask:
    """bool[p], whether each shopper has bought the item beside them."""
    return np.isin(_pairs(shoppers, items), _pairs(histories.shoppers, histories.items))


def _pairs(shoppers: Ids, items: NDArray[np.int32]) -> Ids:
    return shoppers.astype(np.int64) << 32 | items.astype(np.int64)


def _in_first_order(shoppers: Ids, orders: Ids) -> Mask:
    """bool[p], for purchases by shopper and then by time."""
    if not len(shoppers):
        return np.zeros(0, dtype=bool)
    starts = np.flatnonzero(np.concatenate([[True], shoppers[1:] != shoppers[:-1]]))
    sizes = np.diff(np.concatenate([starts, [len(shoppers)]]))
    return np.asarray(orders == np.repeat(orders[starts], sizes))
