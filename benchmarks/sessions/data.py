"""Browse events of a file, and the cut in time between what is learnt from and what is asked."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

import numpy as np
from numpy.typing import NDArray

from recommendations.data.sequences import Events, Kind, Sequences, sequences_of
from recommendations.data.tables import Cells, RefusedLine, resolve
from recommendations.services.read_table import open_table

FIELDS: Mapping[str, bool] = {"shopper": True, "item": True, "at": True, "kind": False, "dwell": False}
"""Fields of a line, True for those that a file must have."""

SILENCE, LEAST_DWELL, MOST_A_DAY = 1_800, 2.0, 500
"""As the plugin's settings have them: SESSION_MINUTES, MIN_DWELL_SECONDS, MAX_VIEWS_A_DAY."""

KINDS = {
    "view": Kind.VIEW,
    "click": Kind.CLICK,
    "favourite": Kind.FAVOURITE,
    "cart_add": Kind.CART_ADD,
    "addtocart": Kind.CART_ADD,
    "cart_remove": Kind.CART_REMOVE,
}
"""Words of a file; lines of any other kind are left out."""


@dataclass(frozen=True, slots=True)
class Cut:
    """`train` begins and ends before the cut, `test` begins after it; both over the items of `train`."""

    train: Sequences
    test: Sequences


def add_arguments(parser: ArgumentParser) -> None:
    """The options that say what is in the file."""
    for field in FIELDS:
        parser.add_argument(f"--{field}", default="", metavar="COLUMN", help=f"column of {field} (default: {field})")
    parser.add_argument("--encoding", default="utf-8-sig", help="of a CSV file (default: UTF-8, with or without BOM)")
    parser.add_argument("--delimiter", default="", help="of a CSV file (default: found in the header)")
    parser.add_argument("--time-format", default="", help="strptime format (default: ISO 8601 or epoch milliseconds)")
    parser.add_argument("--views-only", action="store_true", help="leave out whatever is no view")


def read(options: Namespace) -> Events:
    """The events that the options of `add_arguments` describe; lines that cannot be read are left out.

    Raises
    ------
    UnreadableFile : the file, or a column of it.
    SystemExit : no line is left.
    """
    cells = Cells(UTC, options.time_format, decimal_comma=False)
    shoppers: dict[str, int] = {}
    items: dict[str, int] = {}
    rows: list[tuple[int, int, int, int, float]] = []
    with open_table(options.events, encoding=options.encoding, delimiter=options.delimiter) as table:
        columns = resolve(FIELDS, {field: getattr(options, field) for field in FIELDS}, table.columns)
        for row in table.rows(list(columns.values())):
            if row.cells is None:
                continue
            line = dict(zip(columns, row.cells, strict=True))
            kind = KINDS.get(line.get("kind", "view"))
            shopper, item = line["shopper"].strip(), line["item"].strip()
            if kind is None or (options.views_only and kind != Kind.VIEW) or not shopper or not item:
                continue
            try:
                at = cells.microseconds(line["at"]) // 1_000_000
            except RefusedLine:
                continue
            dwell = float(line["dwell"]) if line.get("dwell", "").strip() else np.nan
            rows.append(
                (
                    shoppers.setdefault(shopper, len(shoppers) + 1),
                    items.setdefault(item, len(items) + 1),
                    at,
                    kind,
                    dwell,
                )
            )
    if not rows:
        raise SystemExit(f"no line of {options.events} is an event")
    people, things, at, kinds, dwells = zip(*rows, strict=True)
    return Events(
        np.array(people, dtype=np.int64),
        np.array(things, dtype=np.int64),
        np.array(at, dtype=np.int64),
        np.array(kinds, dtype=np.int8),
        np.array(dwells, dtype=np.float64),
    )


def cut_at(events: Events, start: float, stop: float) -> Cut:
    """Visits before `start` and between `start` and `stop`, seconds; what straddles a cut is divided by it."""
    before = _visits(events, events.at < start, None)
    return Cut(before, _visits(events, (events.at >= start) & (events.at < stop), before.item_ids))


def moments(events: Events, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """When so many shares of the events had happened."""
    return np.quantile(events.at, np.minimum(shares, 1)) + (shares >= 1)


def _visits(events: Events, chosen: NDArray[np.bool_], item_ids: NDArray[np.int64] | None) -> Sequences:
    return sequences_of(
        events.where(chosen), silence=SILENCE, least_dwell=LEAST_DWELL, most_a_day=MOST_A_DAY, item_ids=item_ids
    )
