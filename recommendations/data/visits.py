"""Visits: what a shopper does without a long silence. The one way in which events are cut into sessions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Visits:
    """Which events belong to one visit.

    Parameters
    ----------
    order : int64[m], positions of the events that are kept, ascending by shopper, time and item.
    number : int64[m], the number of each one's visit from 0, never falling.
    """

    order: Ids
    number: Ids


def visits_of(
    shoppers: Ids, at: Ids, items: Ids, *, silence: int, most_a_day: int, counted: Flags | None = None
) -> Visits:
    """Cut the events of each shopper where nothing happens for more than `silence` seconds.

    Parameters
    ----------
    shoppers, at, items : int64[n]; `at` in seconds since the epoch.
    silence : seconds.
    most_a_day : a shopper's UTC day with more counted events is a program's, and all of it is left out.
    counted : bool[n], which events count towards that; None: all.
    """
    order = np.lexsort((items, at, shoppers))
    day = runs(shoppers[order], at[order] // DAY)
    if len(day):
        weights = None if counted is None else counted[order].astype(np.float64)
        order = order[(np.bincount(day, weights=weights) <= most_a_day)[day]]
    quiet = np.diff(at[order], prepend=at[order][:1]) > silence
    return Visits(order, np.asarray(np.cumsum(begins(shoppers[order]) | quiet) - 1, dtype=np.int64))


def runs(first: Ids, second: Ids) -> Ids:
    """int64[n], the number from 0 of each run of equal pairs."""
    return np.asarray(np.cumsum(begins(first) | begins(second)) - 1, dtype=np.int64)


def begins(values: Ids) -> Flags:
    """bool[n], where a value differs from the one before it."""
    return np.asarray(np.diff(values, prepend=values[:1] - 1) != 0)
