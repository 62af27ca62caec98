"""What importing orders and importing events share: the source, refused lines, transactions, unknown products."""

import csv
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any

from django.db import transaction

from recommendations.catalogue import Context, get_catalogue
from recommendations.data.facts import UnknownProduct
from recommendations.data.tables import Cells, Refusal
from recommendations.exceptions import InvalidInput
from recommendations.models import database
from recommendations.services.read_table import Table

PRODUCTS_AT_ONCE = 500
TELL_EVERY_LINES = 5_000

Progress = Callable[[float, str], None]
"""Called with how much is done, 0 to 1, and what is being done."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file and how it is written. `columns` maps fields to columns; fields left out have their own name."""

    path: Path
    zone: tzinfo
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8-sig"
    delimiter: str = ""
    time_format: str = ""
    decimal_comma: bool = False

    def cells(self) -> Cells:
        return Cells(self.zone, self.time_format, self.decimal_comma)


@dataclass(frozen=True, slots=True)
class Manner:
    """How to go about it: `dry_run` writes no row, `strict` takes all lines or nothing, `errors` is the file of
    refused lines, `shopper_prefix` goes before shoppers that are no shopper keys yet."""

    channel: str = "web"
    shopper_prefix: str = "user:"
    dry_run: bool = False
    strict: bool = False
    errors: Path | None = None

    @property
    def whole(self) -> bool:
        """All in one transaction: strict, or a dry run, which is rolled back."""
        return self.dry_run or self.strict


@dataclass(slots=True)
class Spent:
    """Wall-clock seconds and the process's peak of memory, read at the end."""

    started: float = field(default_factory=time.perf_counter)

    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def peak_mb(self) -> float:
        # Linux counts kilobytes, macOS bytes.
        scale = 1024**2 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


class Refusals(AbstractContextManager["Refusals"]):
    """Refused lines: counted by reason, written to a file where one is named.

    Raises
    ------
    InvalidInput : at the first refused line of a strict import.
    """

    def __init__(self, manner: Manner, raw_columns: Sequence[str]) -> None:
        self.counts: Counter[Refusal] = Counter()
        self._strict = manner.strict
        self._stack = ExitStack()
        self._writer = None
        if manner.errors is not None:
            file = self._stack.enter_context(manner.errors.open("w", newline="", encoding="utf-8"))
            self._writer = csv.writer(file)
            self._writer.writerow(["line", "reason", *raw_columns])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def keep(self, raw: Sequence[str]) -> str:
        """A line as JSON for `add` to write later; empty where no file is written."""
        return json.dumps(raw) if self._writer else ""

    def add(self, number: int, reason: Refusal, raw: Sequence[str] | str) -> None:
        """Refuse a line; `raw` is the line or what `keep` made of it."""
        self.counts[reason] += 1
        if self._writer:
            cells = (json.loads(raw) if raw else []) if isinstance(raw, str) else raw
            self._writer.writerow([number, reason.value, *cells])
        if self._strict:
            raise InvalidInput(f"line {number}", f"refused: {reason.value}. Nothing was written")


@contextmanager
def one_transaction(manner: Manner) -> Iterator[None]:
    """Around all writing: one transaction where the manner wants it, rolled back after a dry run."""
    if not manner.whole:
        yield
        return
    alias = database.alias()
    with transaction.atomic(using=alias):
        yield
        if manner.dry_run:
            transaction.set_rollback(True, using=alias)


def short_transaction() -> AbstractContextManager[None]:
    """Around one part of the writing: checkouts of the shop wait for this long at most."""
    return database.atomic()


def register(products: Iterable[UnknownProduct], manner: Manner) -> int:
    """Hand products that the shop does not know to its adapter; how many there were. A dry run only counts them."""
    handed = 0
    for part in in_parts(products, PRODUCTS_AT_ONCE):
        known = get_catalogue().facts([product.key for product in part], Context())
        unknown = [product for product in part if product.key not in known]
        if unknown and not manner.dry_run:
            with short_transaction():
                get_catalogue().register(unknown)
        handed += len(unknown)
    return handed


def in_parts(things: Iterable[Any], size: int) -> Iterator[list[Any]]:
    part: list[Any] = []
    for thing in things:
        part.append(thing)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def tell_reading(table: Table, lines: int, progress: Progress) -> None:
    """Report every few thousand lines how far the file is read."""
    if lines % TELL_EVERY_LINES == 0:
        progress(table.fraction(), "reading")
