"""What a data set asks: a window to tune on, the window after it to report, and a catalogue within reach."""

import csv
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from benchmarks.quality import goods
from benchmarks.related import data
from recommendations.data.histories import Histories
from recommendations.data.traits import Described
from recommendations.evaluation.views import Relevant, View, Window, before

MICROSECONDS_A_DAY = 86_400_000_000
HELD_OUT_RATINGS = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """Two windows in time; nothing of the second is seen before the parameters are settled on the first.

    `keys` are the item keys of the file, in the order of the histories' items; `goods` what is said of
    them by key.
    """

    name: str
    tuning: Window
    test: Window
    views: Sequence[View]
    keys: Sequence[str]
    goods: Mapping[str, Described] = field(default_factory=dict)

    def summary(self) -> str:
        asked = self.test.tests[self.views[0]]
        return (
            f"{self.name}: {len(self.test.train.item_ids):,} items, {len(self.test.train.items):,} purchases before "
            f"the cut, {len(asked):,} warm shoppers asked, "
            f"{len(self.test.newcomers[self.views[0]]):,} newcomers left out"
        )


def add_arguments(parser: ArgumentParser) -> None:
    """The options that name a data set; those of the columns are as of `manage.py import_orders`."""
    data.add_arguments(parser, required=False)
    goods.add_arguments(parser)
    parser.add_argument("--cut", type=date.fromisoformat, metavar="DATE", help="first day that is asked about")
    parser.add_argument("--days", type=float, default=28.0, help="length of either window (default: 28)")
    parser.add_argument(
        "--items-min",
        type=int,
        default=1,
        metavar="N",
        help="items bought by at least N shoppers before the tuning window are the catalogue (default: 1)",
    )
    parser.add_argument("--ml100k", type=Path, metavar="FOLDER", help="MovieLens-100K with ua.base and ua.test instead")


def read(options: Namespace) -> Trial:
    """The trial that the options of `add_arguments` describe.

    Raises
    ------
    SystemExit : neither a file nor a folder, or no shopper bought on both sides of either cut.
    """
    if options.ml100k is not None:
        return _ml100k(options.ml100k)
    if options.orders is None:
        raise SystemExit("name a file by --orders or a folder by --ml100k")
    keys, histories = _histories(options)
    latest = float(np.floor(histories.days.max())) + 1
    cut = float((options.cut - date(1970, 1, 1)).days) if options.cut else latest - options.days
    kept = _catalogue(before(histories, cut - options.days), options.items_min)
    within = kept[histories.items]
    histories = Histories.of(
        histories.shoppers[within],
        histories.item_ids[histories.items[within]],
        histories.days[within],
        histories.orders[within],
    )
    tuning = Window.of(histories, cut=cut - options.days, days=options.days)
    test = Window.of(histories, cut=cut, days=options.days)
    if not len(tuning.warm_shoppers) or not len(test.warm_shoppers):
        raise SystemExit(f"no shopper of {options.orders} bought on both sides of either cut; the cut is day {cut:g}")
    named = [keys[item - 1] for item in histories.item_ids]
    return Trial(Path(options.orders).name, tuning, test, tuple(View), named, goods.read(options))


def _histories(options: Namespace) -> tuple[list[str], Histories]:
    """The file's item keys (item id - 1 is the place) and the distinct items of each order of a known shopper."""
    orders: dict[str, int] = {}
    shoppers: dict[str, int] = {}
    items: dict[str, int] = {}
    rows = {}
    for order, item, at, shopper in data.sales(options):
        if shopper:
            number, goods = orders.setdefault(order, len(orders)), items.setdefault(item, len(items) + 1)
            rows.setdefault((number, goods), (shoppers.setdefault(shopper, len(shoppers)), at))
    if not rows:
        raise SystemExit(f"no line of {options.orders} is a sale to a known shopper")
    numbers, goods = np.array(list(rows), dtype=np.int64).T
    people, at = np.array(list(rows.values()), dtype=np.int64).T
    first = np.full(len(orders), np.iinfo(np.int64).max)
    np.minimum.at(first, numbers, at)
    days = first[numbers] / MICROSECONDS_A_DAY
    return list(items), Histories.of(people, goods, days, numbers)


def _catalogue(train: Histories, least: int) -> np.ndarray:
    pairs = np.unique(train.shoppers << 32 | train.items.astype(np.int64))
    return np.bincount(pairs & 0xFFFFFFFF, minlength=len(train.item_ids)) >= least


def _ml100k(folder: Path) -> Trial:
    """The official `ua` split: ten ratings of each person are asked, whatever their stars and time; all are new items.

    Tuning asks about another ten of each, drawn from `ua.base`.
    """
    base, test = _ratings(folder / "ua.base"), _ratings(folder / "ua.test")
    item_ids = np.unique(np.concatenate([base[:, 1], test[:, 1]]))
    cut = float(np.ceil(max(base[:, 3].max(), test[:, 3].max()) / 86_400)) + 1
    rng = np.random.default_rng(0)
    order = np.lexsort((rng.random(len(base)), base[:, 0]))
    rank = np.arange(len(base)) - np.searchsorted(base[order, 0], base[order, 0])
    held = order[rank < HELD_OUT_RATINGS]
    left = np.setdiff1d(np.arange(len(base)), held)
    windows = [_rated(train, asked, item_ids, cut) for train, asked in ((base[left], base[held]), (base, test))]
    return Trial("ml-100k ua", windows[0], windows[1], (View.NEW_ITEMS,), [str(item) for item in item_ids])


def _rated(train: np.ndarray, asked: np.ndarray, item_ids: np.ndarray, cut: float) -> Window:
    people = np.unique(train[:, 0])
    places = np.searchsorted(item_ids, train[:, 1]).astype(np.int32)
    owner = np.searchsorted(people, train[:, 0])
    order = np.lexsort((train[:, 3], owner))
    offsets = np.searchsorted(owner[order], np.arange(len(people) + 1)).astype(np.int64)
    histories = Histories(offsets, places[order], train[order, 3] / 86_400, order.astype(np.int64), item_ids)
    known = np.isin(asked[:, 0], people)
    answer = Relevant.of(
        np.searchsorted(people, asked[known, 0]), np.searchsorted(item_ids, asked[known, 1]).astype(np.int32)
    )
    none = answer.where(np.zeros(len(answer.items), dtype=bool))
    return Window(cut, 1.0, histories, dict.fromkeys(View, answer), dict.fromkeys(View, none))


def _ratings(path: Path) -> np.ndarray:
    """int64[n, 4]: person, film, stars, seconds."""
    with path.open() as file:
        return np.array([[int(cell) for cell in row] for row in csv.reader(file, delimiter="\t")], dtype=np.int64)


def day_of(cut: float) -> str:
    """A cut as a date."""
    return datetime.fromtimestamp(cut * 86_400, UTC).date().isoformat()
