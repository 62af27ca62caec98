"""What a one-hot DataFrame may hold, and its rows as baskets."""

import warnings
from collections.abc import Hashable, Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]

CELLS_AT_ONCE = 2**26
"""Cells of a dense frame that are searched at once: 64 MB of flags."""

# The wording below, odd spaces included, is that of mlxtend: code that matches on it goes on working.
SPARSE_NAMES = (
    "Due to current limitations in Pandas, if the sparse format has integer column names,names, please make sure they "
    "either start with `0` or cast them as string column names: `df.columns = [str(i) for i in df.columns`]."
)
NOT_BOOLEAN = (
    "DataFrames with non-bool types result in worse computationalperformance and their support might be discontinued "
    "in the future.Please use a DataFrame with bool type"
)
NO_NULLS = (
    "null_values=True is inefficient when there are no NaN values in the DataFrame."
    "Set null_values=False for faster output."
)
NULLS = "NaN values are not permitted in the DataFrame when null_values=False."


def check_support(min_support: float) -> None:
    """Raise ValueError unless 0 < min_support <= 1."""
    if min_support <= 0.0 or min_support > 1.0:
        raise ValueError(f"`min_support` must be a positive number within the interval `(0, 1]`. Got {min_support}.")


def check_frame(df: Any, *, null_values: bool = False) -> None:
    """Warn of cells that are no bools, and raise ValueError for other cells than True, False, 0, 1 (and NaN)."""
    if df is None or df.size == 0:
        return
    sparse = hasattr(df, "sparse")
    if sparse and not isinstance(df.columns[0], str) and df.columns[0] != 0:
        raise ValueError(SPARSE_NAMES)
    if _boolean(df, null_values=null_values):
        return
    # The caller of the public function: this is called by it, or by a helper of it.
    warnings.warn(NOT_BOOLEAN, DeprecationWarning, stacklevel=3)
    nulls = bool(df.isna().to_numpy().any())
    if null_values and not nulls:
        warnings.warn(NO_NULLS, UserWarning, stacklevel=3)
    if nulls and not null_values:
        raise ValueError(NULLS)
    cells = df.sparse.to_coo().data if sparse else df.to_numpy()
    wrong = ~np.asarray((cells == 0) | (cells == 1), dtype=bool)
    if null_values:
        wrong &= ~pd.isna(cells)
    if wrong.any():
        allowed = "True, False, 0, 1" + (", NaN" if null_values else "")
        raise ValueError(f"The allowed values for a DataFrame are {allowed}. Found value {cells[wrong][0]}")


def baskets_of(df: Any) -> Baskets:
    """A basket a row, an item a column: the item id is the column's position plus 1; a NaN counts as bought."""
    if df.size == 0:
        return Baskets(np.zeros(len(df.index) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64))
    if hasattr(df, "sparse"):
        matrix = df.sparse.to_coo().tocsr()
        matrix.eliminate_zeros()
        matrix.sort_indices()
        return Baskets(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64) + 1)
    cells = df.to_numpy()
    step = max(1, CELLS_AT_ONCE // cells.shape[1])
    sizes, items = [np.zeros(1, dtype=np.int64)], []
    for start in range(0, len(cells), step):
        bought = _bought(cells[start : start + step])
        sizes.append(bought.sum(axis=1, dtype=np.int64))
        items.append(np.nonzero(bought)[1] + 1)
    return Baskets(np.cumsum(np.concatenate(sizes)), np.concatenate(items))


def baskets_of_lists(lists: Sequence[Iterable[Hashable]]) -> tuple[Baskets, list[Any]]:
    """A basket a list, whatever its order and repetitions, and the names of the items: item id 1 is the first name.

    Raises
    ------
    ValueError : one of the lists is a text; items cannot be put in order (TypeError, of the items themselves).
    """
    if any(isinstance(one, str) for one in lists):
        raise ValueError("each basket must be a list of items; a text is none, though it has letters")
    held = [one if isinstance(one, list | tuple) else list(one) for one in lists]
    offsets = np.zeros(len(held) + 1, dtype=np.int64)
    np.cumsum(list(map(len, held)), out=offsets[1:])
    items, names = _numbered(list(chain.from_iterable(held)))
    try:
        return Baskets(offsets, items), names
    except ValueError:  # not ascending, or not distinct
        keys = np.unique(np.repeat(np.arange(len(held)), np.diff(offsets)) << 32 | items)
        np.cumsum(np.bincount(keys >> 32, minlength=len(held)), out=offsets[1:])
        return Baskets(offsets, keys & 0xFFFFFFFF), names


def least_count(min_support: float, total: int) -> int:
    """The smallest count of at least 1 whose share of `total`, as a float, reaches `min_support`."""
    count = max(1, int(min_support * total) - 1)
    while total and count / total < min_support:
        count += 1
    return count


def _numbered(flat: list[Any]) -> tuple[Ids, list[Any]]:
    """The number of each item, from 1, and the names in order; small whole numbers are not looked up one by one."""
    if set(map(type, flat)) == {int}:
        values = np.array(flat)
        if values.dtype == np.int64 and values.min() >= 0 and values.max() <= 2 * len(flat):
            seen = np.bincount(values) > 0
            return np.cumsum(seen)[values], np.flatnonzero(seen).tolist()
    names = sorted(set(flat))
    numbers = dict(zip(names, range(1, len(names) + 1), strict=True))
    return np.fromiter(map(numbers.__getitem__, flat), dtype=np.int64, count=len(flat)), names


def _bought(cells: Any) -> Flags:
    return np.asarray(cells if cells.dtype == bool else cells != 0, dtype=np.bool_)


def _boolean(df: Any, *, null_values: bool) -> bool:
    """Whether all cells are bools, or NaN where that is allowed."""
    others = [at for at, dtype in enumerate(df.dtypes) if not pd.api.types.is_bool_dtype(dtype)]
    if not null_values or not others:
        return not others
    cells = df.iloc[:, others].to_numpy(dtype=object)
    return all(isinstance(cell, bool) for cell in cells[~pd.isna(cells)])
