"""Purchases of known shoppers and what the items are, from a file of orders; no Django."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from recommendations.data.histories import Histories
from recommendations.data.traits import Described, Traits

DAY = 86_400 * 10**6


@dataclass(frozen=True, slots=True)
class Shop:
    """Purchases until `days` after the cut; item ids are places in `traits`."""

    purchases: Histories
    traits: Traits
    cut: float
    days: int


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--orders", type=Path, required=True, metavar="FILE", help="CSV or Parquet, a row a line")
    for name in ("order", "item", "at", "shopper", "quantity"):
        parser.add_argument(f"--{name}", default=name, metavar="COLUMN", help=f"column of {name} (default: {name})")
    parser.add_argument("--price", default="", metavar="COLUMN", help="of a piece")
    parser.add_argument("--amount", default="", metavar="COLUMN", help="of the whole line, in place of --price")
    parser.add_argument("--products", type=Path, metavar="FILE", help="table of products, by the same item column")
    for name in ("text", "category", "brand"):
        parser.add_argument(f"--{name}", default="", metavar="COLUMN,COLUMN,...", help="of the products or the lines")
    parser.add_argument("--cancel-prefix", default="", help="orders whose key begins with it are left out")
    parser.add_argument("--exclude", default="", metavar="KEY,KEY,...", help="product keys, also patterns, left out")
    parser.add_argument("--department", default="department", metavar="COLUMN", help="of the table of products")
    parser.add_argument("--exclude-departments", default="", metavar="NAME,NAME,...", help="departments left out")
    parser.add_argument("--cut", type=date.fromisoformat, help="first day of the test (default: the last 28 days)")
    parser.add_argument("--days", type=int, default=28, help="of the test window (default: 28)")
    parser.add_argument("--items-min", type=int, default=5, help="shoppers an item must have before the cut")


def read(options: Namespace) -> Shop:
    """The sales to known shoppers of items with enough of them before the cut, and the items' traits."""
    wanted = [options.order, options.item, options.at, options.shopper, options.quantity]
    traits_of = [name for field in ("text", "category", "brand") for name in _columns(options, field)]
    lines = _table(options.orders)
    products = _table(options.products) if options.products else None
    amount = options.price or options.amount
    own = [] if products is not None else traits_of
    lines = lines.select(list(dict.fromkeys([*wanted, amount, *own]))).drop_null() if amount else lines.drop_null()
    sold = pc.and_(pc.greater(lines[options.quantity], 0), pc.greater(lines[amount], 0))
    lines = lines.filter(sold)
    keys = np.array(lines[options.item].cast("string").to_pylist(), dtype=object)
    orders = np.array(lines[options.order].cast("string").to_pylist(), dtype=object)
    days = lines[options.at].cast("timestamp[us]").cast("int64").to_numpy() / DAY
    cut = (options.cut - date(1970, 1, 1)).days if options.cut else np.floor(days.max()) + 1 - options.days
    said = _said(options, keys, lines, products)
    left_out = {key for key in set(keys.tolist()) if key not in said or _excluded(key, options, said[key])}
    kept = np.array([key not in left_out for key in keys]) & (days < cut + options.days)
    if options.cancel_prefix:
        kept &= np.array([not order.startswith(options.cancel_prefix) for order in orders])
    shoppers = np.unique(lines[options.shopper].to_numpy(), return_inverse=True)[1]
    names, items = np.unique(keys, return_inverse=True)
    before = np.unique(np.column_stack([items, shoppers])[kept & (days < cut)], axis=0)
    enough = np.bincount(before[:, 0], minlength=len(names)) >= options.items_min
    kept &= enough[items]
    place = np.cumsum(enough) - 1
    number = np.unique(orders, return_inverse=True)[1]
    prices = lines[amount].to_numpy().astype(np.float64)
    prices = prices if options.price else prices / lines[options.quantity].to_numpy()
    usual = _medians(place[items[kept]], prices[kept])
    described = {
        int(place[at]): Described(
            usual.get(int(place[at])),
            [f"{column}: {said[names[at]][column]}" for column in _columns(options, "category")],
            " ".join(said[names[at]][column] for column in _columns(options, "brand")),
            " ".join(said[names[at]][column] for column in _columns(options, "text")),
        )
        for at in np.flatnonzero(enough)
    }
    purchases = Histories.of(shoppers[kept], place[items[kept]], days[kept], number[kept])
    return Shop(purchases, Traits.of(np.arange(int(enough.sum())), described), float(cut), options.days)


def _table(path: Path) -> Any:
    return pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else pyarrow.csv.read_csv(path)


def _columns(options: Namespace, field: str) -> list[str]:
    return [name for name in getattr(options, field).split(",") if name]


def _said(options: Namespace, keys: NDArray[Any], lines: Any, products: Any) -> Mapping[str, Mapping[str, str]]:
    """What is said of each item: of the table of products, else of its last line."""
    table = lines if products is None else products
    wanted = [name for field in ("text", "category", "brand") for name in _columns(options, field)]
    wanted += [options.department] * (options.department in table.column_names)
    columns = {name: table[name].cast("string").to_pylist() for name in dict.fromkeys(wanted)}
    of = keys if products is None else products[options.item].cast("string").to_pylist()
    return {key: {name: values[row] or "" for name, values in columns.items()} for row, key in enumerate(of)}


def _excluded(key: str, options: Namespace, said: Mapping[str, str]) -> bool:
    if any(fnmatchcase(key, pattern) for pattern in options.exclude.split(",")):
        return True
    department = said.get(options.department, "")
    return bool(department) and department in options.exclude_departments.split(",")


def _medians(items: NDArray[np.int64], prices: NDArray[np.float64]) -> dict[int, float]:
    order = np.lexsort((prices, items))
    found, starts, counts = np.unique(items[order], return_index=True, return_counts=True)
    return dict(zip(found.tolist(), prices[order][starts + counts // 2].tolist(), strict=True))
