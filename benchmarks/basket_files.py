"""Baskets of items from files: FIMI text, plain or gzipped, and parquet of one line a row."""

import gzip
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from recommendations.data.baskets import Baskets

BASKET_COLUMNS = ("basket", "basket_id", "order", "order_id", "invoice")
ITEM_COLUMNS = ("item", "item_id", "product", "product_id", "stock_code")


def read(file: Path) -> Baskets:
    """Baskets of a `.dat`, `.dat.gz` or `.parquet` file, in the order of the file; item ids from 1.

    A `.dat` file has a basket a line, item numbers from 0 between spaces. A parquet file has a row an item of a
    basket, in columns that `BASKET_COLUMNS` and `ITEM_COLUMNS` name.
    """
    if file.suffix == ".parquet":
        return _read_parquet(file)
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return Baskets.of([sorted({int(item) + 1 for item in line.split()}) for line in text.splitlines()])


def write(baskets: Baskets, file: Path) -> None:
    """For another process to `load`."""
    np.savez(file, offsets=baskets.offsets, items=baskets.items)


def load(file: Path) -> Baskets:
    """What `write` wrote."""
    with np.load(file) as arrays:
        return Baskets(arrays["offsets"], arrays["items"])


def lists(baskets: Baskets) -> list[list[int]]:
    """A Python list of items a basket."""
    items, offsets = baskets.items.tolist(), baskets.offsets.tolist()
    return [items[offsets[at] : offsets[at + 1]] for at in range(len(baskets))]


def least_count(baskets: int, support: float) -> int:
    """The smallest number of baskets that is a share of at least `support`, in (0, 1]."""
    return max(1, math.ceil(support * baskets - 1e-9))


def _read_parquet(file: Path) -> Baskets:
    import pyarrow.parquet  # noqa: PLC0415 (only this kind of file needs it)

    names = pyarrow.parquet.read_schema(file).names
    basket, item = (_first(names, wanted) for wanted in (BASKET_COLUMNS, ITEM_COLUMNS))
    table = pyarrow.parquet.read_table(file, columns=[basket, item]).drop_null()
    codes = [np.unique(table[name].to_numpy(), return_inverse=True)[1] for name in (basket, item)]
    pairs = np.unique(codes[0].astype(np.int64) << 32 | codes[1] + 1)
    offsets = np.searchsorted(pairs >> 32, np.arange(codes[0].max(initial=-1) + 2)).astype(np.int64)
    return Baskets(offsets, pairs & 0xFFFFFFFF)


def _first(names: list[str], wanted: tuple[str, ...]) -> str:
    matches: Iterator[str] = (name for name in wanted if name in names)
    found = next(matches, None)
    if found is None:
        raise SystemExit(f"none of the columns {', '.join(wanted)} is there, only {', '.join(names)}")
    return found
