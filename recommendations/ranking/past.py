"""One shopper's past: how often, how lately and how regularly they bought each item; what they are like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import MOST_PURCHASES

Values = NDArray[np.float32]

HALF_LIVES = (7.0, 14.0, 30.0, 60.0, 120.0, 360.0)
"""Days after which a purchase counts half, one column of `Past.decayed` each."""


@dataclass(frozen=True, slots=True)
class Past:
    """What one shopper bought before a moment, h distinct items.

    Parameters
    ----------
    items : int64[h], item positions, ascending.
    counts : float32[h], orders with the item, at least 1.
    decayed : float32[h, 6], purchases of the item, each halved every `HALF_LIVES` days.
    last, first : float32[h], days since the last and the first purchase of it.
    gap, spread : float32[h], mean and standard deviation of the days between its purchases; nan and 0 for one purchase.
    orders_since, orders_seen : float32[h], the shopper's orders after the last one with it, and since the first one.
    places, visits : int64[lines], the place in `items` and the order, 0 the first, of each purchase.
    visit_ages : float32[orders], days since each order.
    orders : how many orders; `lines` how many purchases.
    order_gap, idle, known : mean days between orders, days since the last and since the first one.
    """

    items: NDArray[np.int64]
    counts: Values
    decayed: Values
    last: Values
    first: Values
    gap: Values
    spread: Values
    orders_since: Values
    orders_seen: Values
    places: NDArray[np.int64]
    visits: NDArray[np.int64]
    visit_ages: Values
    orders: int
    lines: int
    order_gap: float
    idle: float
    known: float

    def __len__(self) -> int:
        return len(self.items)

    @property
    def in_last_order(self) -> NDArray[np.bool_]:
        """bool[h], whether the item was in the latest order."""
        return np.asarray(self.orders_since == 0)

    def columns(self, usual_gap: Values) -> Values:
        """float32[h, 20], what the ranker reads of each item of the past.

        Parameters
        ----------
        usual_gap : float32[h], days between two purchases of the item by one shopper, above 0.
        """
        gap = np.where(np.isnan(self.gap), usual_gap, self.gap)
        decayed = np.log(self.decayed + 1e-3)
        strongest = np.log(np.maximum(self.decayed.max(axis=0, initial=0.0), 1e-3))
        return np.column_stack(
            [
                np.ones(len(self)),
                np.log1p(self.counts),
                decayed,
                np.log1p(self.last),
                np.log1p(self.first),
                np.log((self.last + 1) / (gap + 1)),
                np.log((self.last + 1) / (usual_gap + 1)),
                np.log1p(self.orders_since),
                self.counts / self.orders,
                self.counts / self.orders_seen,
                self.counts > 1,
                np.log1p(self.spread),
                np.log1p(gap),
                decayed - strongest,
            ]
        ).astype(np.float32)

    def shopper_columns(self) -> Values:
        """float32[7], what the ranker reads of the shopper."""
        distinct = len(self)
        return np.array(
            [
                np.log1p(self.orders),
                np.log1p(self.lines / self.orders),
                np.log1p(self.order_gap),
                np.log1p(self.idle),
                distinct / self.lines,
                np.log1p(distinct),
                np.log1p(self.known),
            ],
            dtype=np.float32,
        )


PAST_COLUMNS = 24
ABSENT = np.array([0.0] * 18 + [-8.0] * 6, dtype=np.float32)
"""What stands in `Past.columns` for an item that the shopper never bought."""


def past_of(items: NDArray[np.int32], days: NDArray[np.float64], orders: NDArray[np.int64], now: float) -> Past:
    """A shopper's past at `now`, in days since the epoch.

    Parameters
    ----------
    items, days, orders : of each purchase before `now`, oldest first, at least one; the latest `MOST_PURCHASES` count.

    Raises
    ------
    ValueError : there is no purchase.
    """
    if not len(items):
        raise ValueError("items must hold at least one purchase")
    items, days, orders = items[-MOST_PURCHASES:], days[-MOST_PURCHASES:], orders[-MOST_PURCHASES:]
    number = np.cumsum(np.concatenate([[0], orders[1:] != orders[:-1]]))
    total = int(number[-1]) + 1
    visit_ages = np.zeros(total, dtype=np.float32)
    visit_ages[number] = np.maximum(now - days, 0.0)
    order = np.argsort(items, kind="stable")
    sorted_items, ages, number = items[order].astype(np.int64), np.maximum(now - days[order], 0.0), number[order]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(sorted_items)) + 1])
    stops = np.concatenate([starts[1:], [len(sorted_items)]])
    counts = stops - starts
    first, last = ages[starts], ages[stops - 1]
    gap = np.where(counts > 1, (first - last) / np.maximum(counts - 1, 1), np.nan)
    steps = np.concatenate([[0.0], -np.diff(ages)])
    steps[starts] = 0.0
    squares = np.add.reduceat(steps**2, starts) / np.maximum(counts - 1, 1)
    spread = np.sqrt(np.maximum(squares - np.nan_to_num(gap) ** 2, 0.0))
    decayed = np.add.reduceat(0.5 ** (ages[:, None] / np.array(HALF_LIVES)), starts, axis=0)
    known, idle = float(ages.max()), float(ages.min())
    return Past(
        items=sorted_items[starts],
        counts=counts.astype(np.float32),
        decayed=decayed.astype(np.float32),
        last=last.astype(np.float32),
        first=first.astype(np.float32),
        gap=gap.astype(np.float32),
        spread=spread.astype(np.float32),
        orders_since=(total - 1 - number[stops - 1]).astype(np.float32),
        orders_seen=(total - number[starts]).astype(np.float32),
        places=np.repeat(np.arange(len(starts)), counts),
        visits=number,
        visit_ages=visit_ages,
        orders=total,
        lines=len(items),
        order_gap=(known - idle) / max(total - 1, 1),
        idle=idle,
        known=known,
    )
