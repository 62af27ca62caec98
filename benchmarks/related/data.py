"""Baskets of a file of orders, in time, cleaned as a shop would: sales alone, and products alone."""

import csv
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.data.tables import Cells, Refusal, RefusedLine, resolve
from recommendations.services.read_table import open_table

Ids = NDArray[np.int64]

FIELDS: Mapping[str, bool] = {
    "order": True,
    "item": True,
    "at": True,
    "shopper": False,
    "quantity": False,
    "price": False,
}
"""Fields of a line, True for those that a file must have."""


@dataclass(frozen=True, slots=True)
class History:
    """Baskets, the oldest first.

    Parameters
    ----------
    baskets : of n orders, item ids from 1.
    shoppers : int64[n], from 1; 0 is a guest.
    at : int64[n], microseconds since 1970, never falling.
    """

    baskets: Baskets
    shoppers: Ids
    at: Ids

    def __len__(self) -> int:
        return len(self.baskets)

    def part(self, start: int, stop: int) -> "History":
        """The baskets from `start` to before `stop`."""
        offsets = self.baskets.offsets[start : stop + 1]
        baskets = Baskets(offsets - offsets[0], self.baskets.items[offsets[0] : offsets[-1]])
        return History(baskets, self.shoppers[start:stop], self.at[start:stop])


def add_arguments(parser: ArgumentParser, *, required: bool = True) -> None:
    """The options that say what is in the file, named as those of `manage.py import_orders`."""
    parser.add_argument("--orders", type=Path, required=required, metavar="FILE", help="CSV, gzipped CSV or Parquet")
    for field in FIELDS:
        parser.add_argument(f"--{field}", default="", metavar="COLUMN", help=f"column of {field} (default: {field})")
    parser.add_argument("--encoding", default="utf-8-sig", help="of a CSV file (default: UTF-8, with or without BOM)")
    parser.add_argument("--delimiter", default="", help="of a CSV file (default: found in the header)")
    parser.add_argument("--decimal-comma", action="store_true", help="numbers read 1.234,50")
    parser.add_argument("--time-format", default="", help="strptime format (default: ISO 8601 or epoch milliseconds)")
    parser.add_argument("--cancel-prefix", default="", help="orders whose key begins with it are left out")
    parser.add_argument("--exclude", default="", metavar="KEY,KEY,...", help="product keys, also patterns, left out")
    parser.add_argument("--products", type=Path, metavar="FILE", help="table of products, by the same item column")
    parser.add_argument("--department", default="department", metavar="COLUMN", help="of the table of products")
    parser.add_argument("--exclude-departments", default="", metavar="NAME,NAME,...", help="departments left out")


def read(options: Namespace) -> History:
    """The history that the options of `add_arguments` describe.

    Lines that are no sale are left out: a quantity or a price that is not above 0 (where the file has the column), an
    order that takes goods back, an excluded product, and whatever cannot be read.

    Raises
    ------
    UnreadableFile : the file, or a column of it.
    SystemExit : no line is left.
    """
    orders: dict[str, int] = {}
    shoppers: dict[str, int] = {}
    items: dict[str, int] = {}
    heads: list[tuple[int, int]] = []
    pairs: list[int] = []
    for order, item, at, shopper in sales(options):
        number = orders.setdefault(order, len(orders))
        if number == len(heads):
            heads.append((at, shoppers.setdefault(shopper, len(shoppers) + 1) if shopper else 0))
        pairs.append(number << 32 | items.setdefault(item, len(items) + 1))
    if not pairs:
        raise SystemExit(f"no line of {options.orders} is a sale")
    at, people = np.array(heads, dtype=np.int64).T
    order_of = np.argsort(at, kind="stable")
    place = np.empty_like(order_of)
    place[order_of] = np.arange(len(order_of))
    bought = np.array(pairs, dtype=np.int64)
    bought = np.unique(place[bought >> 32] << 32 | bought & 0xFFFFFFFF)
    offsets = np.searchsorted(bought >> 32, np.arange(len(heads) + 1)).astype(np.int64)
    return History(Baskets(offsets, bought & 0xFFFFFFFF), people[order_of], at[order_of])


def sales(options: Namespace) -> Iterator[tuple[str, str, int, str]]:
    """Order key, item key, microseconds and shopper key (empty: a guest) of each line that is a sale."""
    cells = Cells(UTC, options.time_format, options.decimal_comma)
    asked = {field: getattr(options, field) for field in FIELDS}
    with open_table(options.orders, encoding=options.encoding, delimiter=options.delimiter) as table:
        columns = resolve(FIELDS, asked, table.columns)
        excluded = _Excluded(options, columns["item"])
        for row in table.rows(list(columns.values())):
            if row.cells is None:
                continue
            line = dict(zip(columns, row.cells, strict=True))
            try:
                order = cells.key(line["order"], Refusal.NO_ORDER)
                item = cells.key(line["item"], Refusal.NO_ITEM)
                if options.cancel_prefix and order.startswith(options.cancel_prefix):
                    continue
                sold = cells.quantity(line.get("quantity", "1")) > 0 and cells.price(line.get("price", "1")) > 0
                if sold and not excluded(item):
                    yield order, item, cells.microseconds(line["at"]), cells.shopper(line.get("shopper", ""), "") or ""
            except RefusedLine:
                continue


class _Excluded:
    """Whether a product is left out, by its key or its department."""

    def __init__(self, options: Namespace, item_column: str) -> None:
        self._patterns = _listed(options.exclude)
        self._known = {
            item: False
            for item, department in _departments(options, item_column)
            if department in _listed(options.exclude_departments)
        }
        self._known = dict.fromkeys(self._known, True)

    def __call__(self, item: str) -> bool:
        if item not in self._known:
            self._known[item] = any(fnmatchcase(item, pattern) for pattern in self._patterns)
        return self._known[item]


def _departments(options: Namespace, item_column: str) -> Iterator[tuple[str, str]]:
    if options.products is None:
        return
    with open_table(options.products, encoding=options.encoding, delimiter=options.delimiter) as table:
        columns = resolve(
            {"item": True, "department": True}, {"item": item_column, "department": options.department}, table.columns
        )
        for row in table.rows(list(columns.values())):
            if row.cells is not None:
                yield row.cells[0].strip(), row.cells[1].strip()


def _listed(text: str) -> Sequence[str]:
    return [value.strip() for row in csv.reader([text]) for value in row if value.strip()]
