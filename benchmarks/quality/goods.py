"""What the items of a file of orders are: texts, categories, brands and prices, for those methods that read it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

import pyarrow.csv
import pyarrow.parquet

from recommendations.data.traits import Described

FIELDS = ("text", "category", "brand")


def add_arguments(parser: ArgumentParser) -> None:
    """The options that say where it stands: in the table of `--products`, or in the lines where there is none."""
    for field in FIELDS:
        parser.add_argument(f"--{field}", default="", metavar="COLUMN,COLUMN,...", help=f"columns of {field}")


def read(options: Namespace) -> Mapping[str, Described]:
    """What is said of each item key where it is first named; empty where no option says where to look."""
    wanted = {field: [name for name in getattr(options, field).split(",") if name] for field in FIELDS}
    path = options.products or options.orders
    if path is None or not any(wanted.values()):
        return {}
    key = options.item or "item"
    price = (options.price or "") if options.products is None else ""
    columns = [key, *wanted["text"], *wanted["category"], *wanted["brand"], *([price] if price else [])]
    if str(path).endswith(".parquet"):
        table = pyarrow.parquet.read_table(path, columns=list(dict.fromkeys(columns)))
    else:
        table = pyarrow.csv.read_csv(path).select(list(dict.fromkeys(columns)))
    told: dict[str, Described] = {}
    values = {name: table[name].to_pylist() for name in table.column_names}
    for row, item in enumerate(values[key]):
        name = str(item)
        if name in told or item is None:
            continue
        text, category, brand = ([str(values[c][row]) for c in wanted[f] if values[c][row] is not None] for f in wanted)
        told[name] = Described(
            price=values[price][row] if price else None, categories=category, brand=" ".join(brand), text=" ".join(text)
        )
    return told
