"""Frequent itemsets and rules of a one-hot DataFrame: the functions and frames of mlxtend 0.25, mined natively.

`from mlxtend.frequent_patterns import apriori, association_rules, fpgrowth, fpmax` becomes
`from recommendations.mining.frame import apriori, association_rules, fpgrowth, fpmax`. Frames are the same but for the
order of rows: here shorter itemsets come first and those of one length ascend by the positions of their columns.

`fpgrowth_of_lists` is of our own: it needs no one-hot table, whose making takes longer than mining does.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.mining.families import Finder, hashes, in_order, levels
from recommendations.mining.frame_input import baskets_of, baskets_of_lists, check_frame, check_support, least_count
from recommendations.mining.frame_nulls import Unknown, supports
from recommendations.mining.frame_rules import association_rules
from recommendations.mining.itemsets import Itemsets, itemsets

__all__ = ["apriori", "association_rules", "fpgrowth", "fpgrowth_of_lists", "fpmax"]

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


def apriori(
    df: pd.DataFrame,
    min_support: float = 0.5,
    use_colnames: bool = False,  # noqa: FBT001, FBT002 (positional in mlxtend, too)
    max_len: int | None = None,
    verbose: int = 0,
    low_memory: bool = False,  # noqa: FBT001, FBT002, ARG001 (memory is bounded either way)
    n_jobs: int = 1,  # noqa: ARG001 (one process is enough)
) -> pd.DataFrame:
    """Itemsets that at least the share `min_support` of the rows holds.

    Parameters
    ----------
    df : a row a basket, a column an item; bool, or 0 and 1; dense or sparse.
    min_support : in (0, 1].
    use_colnames : sets of column names instead of positions of columns.
    max_len : most items of a set; None or 0 for any number.
    verbose : 1 prints how many itemsets of each length there are.
    low_memory, n_jobs : accepted and of no effect.

    Returns
    -------
    DataFrame with "support" (float64) and "itemsets" (frozensets).

    Raises
    ------
    ValueError : `min_support` out of range, or a cell that is neither 0 nor 1.
    """
    check_support(min_support)
    check_frame(df)
    found = _mined(df, min_support, max_len or None)
    if verbose:
        _tell(found)
    rows = pd.Series(_sets(found, df, use_colnames=use_colnames), dtype="object")
    return pd.DataFrame({"support": found.counts / max(len(df.index), 1), "itemsets": rows})


def fpgrowth(
    df: pd.DataFrame,
    min_support: float = 0.5,
    null_values: bool = False,  # noqa: FBT001, FBT002
    use_colnames: bool = False,  # noqa: FBT001, FBT002
    max_len: int | None = None,
    verbose: int = 0,
) -> pd.DataFrame:
    """The itemsets of `apriori`, which also says what parameters, result and errors are.

    Parameters
    ----------
    null_values : NaN means unknown; the support of a set is its share of the rows in which all its columns are known.
    """
    check_frame(df, null_values=null_values)
    check_support(min_support)
    return _frame(df, min_support, max_len or None, verbose, null_values=null_values, use_colnames=use_colnames)


def fpmax(
    df: pd.DataFrame,
    min_support: float = 0.5,
    null_values: bool = False,  # noqa: FBT001, FBT002
    use_colnames: bool = False,  # noqa: FBT001, FBT002
    max_len: int | None = None,
    verbose: int = 0,
) -> pd.DataFrame:
    """Of the itemsets of `fpgrowth` those that are part of no larger one; then those of at most `max_len` items.

    With `null_values` an unknown cell counts as bought when sets are compared, and supports are those of `fpgrowth`.
    """
    check_frame(df, null_values=null_values)
    check_support(min_support)
    return _frame(
        df, min_support, max_len, verbose, null_values=null_values, use_colnames=use_colnames, only_maximal=True
    )


def fpgrowth_of_lists(
    lists: Sequence[Iterable[Hashable]], min_support: float = 0.5, *, max_len: int | None = None
) -> pd.DataFrame:
    """The itemsets of `fpgrowth` of baskets that are given as lists of items.

    Parameters
    ----------
    lists : a list a basket, its items in any order; what is repeated counts once. Items of any one kind that sorts.
    min_support, max_len : as of `apriori`.

    Returns
    -------
    DataFrame with "support" (float64) and "itemsets" (frozensets of items).

    Raises
    ------
    ValueError : `min_support` out of range, or a basket is a text.
    """
    check_support(min_support)
    baskets, names = baskets_of_lists(lists)
    found = in_order(itemsets(baskets, min_count=least_count(min_support, len(baskets)), max_length=max_len or None))
    return pd.DataFrame({"support": found.counts / max(len(baskets), 1), "itemsets": _named(found, names)})


def _frame(
    df: Any,
    min_support: float,
    max_len: int | None,
    verbose: int,
    *,
    null_values: bool,
    use_colnames: bool,
    only_maximal: bool = False,
) -> pd.DataFrame:
    columns = _supported(df, min_support) if null_values else None
    found = _mined(df, min_support, None if only_maximal else max_len, columns)
    if only_maximal:
        found = _where(found, _maximal(found))
        if max_len is not None:
            found = _where(found, np.diff(found.offsets) <= max_len)
    support = found.counts / max(len(df.index), 1)
    if null_values:
        support = supports(Unknown.of(df), found.offsets, found.items - 1)
    if verbose:
        _tell(found)
    frame = pd.DataFrame({"support": support.tolist(), "itemsets": _sets(found, df, use_colnames=use_colnames)})
    return frame[frame["support"] >= min_support].reset_index(drop=True) if null_values else frame


def _mined(df: Any, min_support: float, max_len: int | None, columns: Flags | None = None) -> Itemsets:
    baskets = baskets_of(df)
    if columns is not None:
        kept = columns[baskets.items - 1]
        before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        baskets = Baskets(before[baskets.offsets], baskets.items[kept])
    if max_len is not None and max_len < 1:
        baskets = Baskets.of([[]] * len(baskets))
    most = None if max_len is None else max(max_len, 1)
    return in_order(itemsets(baskets, min_count=least_count(min_support, len(df.index)), max_length=most))


def _supported(df: Any, min_support: float) -> Flags:
    """bool[columns], whether a column alone reaches the support where it is known."""
    alone = np.arange(df.shape[1] + 1, dtype=np.int64)
    return np.asarray(supports(Unknown.of(df), alone, alone[:-1]) >= min_support)


def _maximal(found: Itemsets) -> Flags:
    """bool[sets], whether no set with one item more is there; all subsets of a set are."""
    finder = Finder(found.offsets, found.items)
    maximal = np.ones(len(found.counts), dtype=np.bool_)
    for level in levels(found.offsets, found.items):
        if level.items.shape[1] > 1:
            maximal[finder.find(finder.keys[:, level.at, None] - hashes(level.items))] = False
    return maximal


def _where(found: Itemsets, kept: Flags) -> Itemsets:
    lengths = np.diff(found.offsets)
    offsets = np.concatenate([[0], np.cumsum(lengths[kept])]).astype(np.int64)
    return Itemsets(offsets, found.items[np.repeat(kept, lengths)], found.counts[kept])


def _sets(found: Itemsets, df: Any, *, use_colnames: bool) -> list[frozenset[Any]]:
    return _named(found, list(df.columns) if use_colnames else list(range(df.shape[1])))


def _named(found: Itemsets, names: list[Any]) -> list[frozenset[Any]]:
    flat = [names[item - 1] for item in found.items.tolist()]
    bounds = found.offsets.tolist()
    return [frozenset(flat[start:stop]) for start, stop in pairwise(bounds)]


def _tell(found: Itemsets) -> None:
    for level in levels(found.offsets, found.items):
        count, length = level.items.shape
        if length > 1:
            # A set and its count, as many numbers as mlxtend's low_memory mode has in hand.
            print(f"\rProcessing {count * (length + 1)} combinations | Sampling itemset size {length}", end="")  # noqa: T201
    print()  # noqa: T201
