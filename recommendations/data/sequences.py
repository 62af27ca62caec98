"""Sequences: what shoppers do, in the order of time and weighed by how much interest it shows, as flat arrays (CSR)."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from recommendations.data.visits import begins, visits_of

Ids = NDArray[np.int64]
Kinds = NDArray[np.int8]
Values = NDArray[np.float64]


class Kind(IntEnum):
    """What a shopper does with an item; the numbers are part of published artefacts and never change."""

    VIEW = 0
    CLICK = 1
    FAVOURITE = 2
    CART_ADD = 3
    CART_REMOVE = 4
    RATING = 5
    ORDER = 6
    NOT_INTERESTED = 7


DWELL_SCALE = 30.0
"""Seconds of a view after which 63 % of its interest is shown: `1 - exp(-dwell / DWELL_SCALE)`, never above 1."""

UNKNOWN_DWELL = 0.5
"""Weight of a view that lasted nobody knows how long: that of 21 seconds."""

KIND_WEIGHTS = np.array([1.0, 0.5, 1.5, 2.0, -1.0, 1.5, 3.0, -1.5])
"""float64[kinds], what an event of each kind weighs: for a view and a rating the most it can."""


@dataclass(frozen=True, slots=True)
class Events:
    """One entry an event, in any order.

    Parameters
    ----------
    shoppers, items : int64[n], ids from 1.
    at : int64[n], whole seconds since the epoch.
    kinds : int8[n], of `Kind`.
    amounts : float64[n]: of a view the seconds it lasted, of a rating its stars 1..5; nan where nobody knows.

    Raises
    ------
    ValueError : the arrays are not of one length, or a kind is none.
    """

    shoppers: Ids
    items: Ids
    at: Ids
    kinds: Kinds
    amounts: Values

    def __post_init__(self) -> None:
        if not len(self.shoppers) == len(self.items) == len(self.at) == len(self.kinds) == len(self.amounts):
            raise ValueError("shoppers, items, at, kinds and amounts must have one entry an event")
        if len(self.kinds) and not 0 <= self.kinds.min() <= self.kinds.max() < len(Kind):
            raise ValueError(f"kinds must be from 0 to {len(Kind) - 1}, not {self.kinds.min()}..{self.kinds.max()}")

    def __len__(self) -> int:
        return len(self.at)

    def __add__(self, other: "Events") -> "Events":
        return Events(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))

    def where(self, chosen: NDArray[np.bool_] | Ids) -> "Events":
        """The chosen events alone."""
        return Events(*(getattr(self, name)[chosen] for name in self.__slots__))

    @property
    def weights(self) -> Values:
        """float64[n], how much interest each event shows, from -1.5 to 3.

        A view: `1 - exp(-dwell / DWELL_SCALE)`. Stars: -1.5 for one, 0 for three, 1.5 for five. What was taken out of
        the cart, or is not wanted, weighs below 0.
        """
        weights = KIND_WEIGHTS[self.kinds]
        view, rating = self.kinds == Kind.VIEW, self.kinds == Kind.RATING
        dwell = 1 - np.exp(-np.maximum(self.amounts[view], 0) / DWELL_SCALE)
        weights[view] *= np.where(np.isnan(dwell), UNKNOWN_DWELL, dwell)
        weights[rating] *= np.nan_to_num((self.amounts[rating] - 3) / 2)
        return weights


@dataclass(frozen=True, slots=True)
class Recent:
    """The latest events of one shopper, oldest first, an item never twice in a row.

    Parameters
    ----------
    item_ids : int64[m]; `kinds` int8[m]; `weights` float32[m], as `Events.weights` has them.
    """

    item_ids: Ids
    kinds: Kinds
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.item_ids)


@dataclass(frozen=True, slots=True)
class Sequences:
    """Events of many visits, each visit's oldest first, an item never twice in a row.

    Parameters
    ----------
    offsets : int64[visits + 1]; visit v has the events `offsets[v]:offsets[v + 1]`.
    items : int32[n], dense item index.
    at : int64[n], seconds since the epoch.
    kinds : int8[n], of `Kind`.
    weights : float32[n], as `Events.weights` has them.
    item_ids : int64[items], the item id of each dense index, ascending.

    Raises
    ------
    ValueError : the arrays do not fit together.
    """

    offsets: Ids
    items: NDArray[np.int32]
    at: Ids
    kinds: Kinds
    weights: NDArray[np.float32]
    item_ids: Ids

    def __post_init__(self) -> None:
        if not len(self.items) == len(self.at) == len(self.kinds) == len(self.weights) == self.offsets[-1]:
            raise ValueError("items, at, kinds and weights must have one entry an event")
        if len(self.items) and not 0 <= self.items.min() <= self.items.max() < len(self.item_ids):
            raise ValueError("items must be indexes into item_ids")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def visits(self) -> Ids:
        """int64[n], the number of each event's visit."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @property
    def places(self) -> Ids:
        """int64[n], how many events of its visit stand before each one."""
        return np.arange(len(self.items)) - np.repeat(self.offsets[:-1], np.diff(self.offsets))

    def where(self, chosen: NDArray[np.bool_]) -> "Sequences":
        """The chosen visits alone, bool[visits], over the same items."""
        sizes = np.diff(self.offsets)
        kept = np.repeat(chosen, sizes)
        offsets = np.concatenate([[0], np.cumsum(sizes[chosen])]).astype(np.int64)
        return Sequences(offsets, self.items[kept], self.at[kept], self.kinds[kept], self.weights[kept], self.item_ids)

    def recent(self, start: int, stop: int) -> Recent:
        """The events from `start` to before `stop` as serving reads them."""
        part = slice(start, stop)
        return Recent(self.item_ids[self.items[part]], self.kinds[part], self.weights[part])


def sequences_of(
    events: Events,
    *,
    silence: int,
    least_dwell: float,
    most_a_day: int,
    item_ids: Ids | None = None,
) -> Sequences:
    """Cut what each shopper did into visits.

    Parameters
    ----------
    silence : seconds without an event after which another visit begins; longer than all data gives one a shopper.
    least_dwell : seconds below which a view is none; it still breaks the silence.
    most_a_day : a shopper's UTC day with more views is a program's, and all of it is left out.
    item_ids : int64, ascending, the items of the dense index, all others being left out; None: all that occur.
    """
    visits = visits_of(
        events.shoppers,
        events.at,
        events.items,
        silence=silence,
        most_a_day=most_a_day,
        counted=events.kinds == Kind.VIEW,
    )
    told = events.where(visits.order)
    known = np.unique(told.items) if item_ids is None else item_ids
    kept = ~((told.kinds == Kind.VIEW) & (told.amounts < least_dwell)) & np.isin(told.items, known)
    return _as_sequences(told.where(kept), visits.number[kept], known)


def latest(events: Events, *, least_dwell: float, most: int) -> Recent:
    """What serving takes of one shopper's latest events: `most` of those that `sequences_of` would keep."""
    order = np.lexsort((events.items, events.at))
    told = events.where(order)
    told = told.where(~((told.kinds == Kind.VIEW) & (told.amounts < least_dwell)))
    read = _as_sequences(told, np.zeros(len(told), dtype=np.int64), np.unique(told.items))
    return read.recent(max(len(read.items) - most, 0), len(read.items))


def _as_sequences(told: Events, number: Ids, item_ids: Ids) -> Sequences:
    """Of several events in a row with one item the one that weighs most stays, of equal ones the last."""
    weights = told.weights
    # What was taken back is told apart from the wish before it.
    fresh = begins(number) | begins(told.items) | begins((weights < 0).astype(np.int64))
    group = np.cumsum(fresh) - 1
    best = np.lexsort((np.arange(len(group)), np.abs(weights), group))
    last = np.append(begins(group)[1:], True)[: len(group)]
    chosen = best[last]
    sizes = np.unique(number[chosen], return_counts=True)[1]
    return Sequences(
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        items=np.searchsorted(item_ids, told.items[chosen]).astype(np.int32),
        at=told.at[chosen],
        kinds=told.kinds[chosen],
        weights=weights[chosen].astype(np.float32),
        item_ids=item_ids,
    )
