"""Lines of a file, set aside on disk until they can be handed on in order: memory is bounded whatever the size."""

import sqlite3
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from recommendations.data.facts import UnknownProduct
from recommendations.data.tables import Refusal

WRITE_ROWS = 5_000
MOST_LINES = 10_000


class Sale(NamedTuple):
    """One line of an order as the file tells it; `at` in microseconds since 1970, `raw` as JSON where it is kept."""

    order_key: str
    number: int
    product: str
    quantity: int
    price: str
    at: int
    shopper: str | None
    currency: str
    title: str
    raw: str


class Return(NamedTuple):
    """One line that takes goods back. `repeat` counts lines of the same invoice, product and quantity from 1."""

    order_key: str
    number: int
    product: str
    quantity: int
    at: int
    shopper: str | None
    raw: str
    repeat: int = 1


class Browse(NamedTuple):
    """One browse event of the file; `event` is its JSON object, `title` the product's."""

    shopper: str
    number: int
    at: int
    product: str | None
    title: str
    event: str
    raw: str


class RefusedSale(NamedTuple):
    """A line whose whole order is refused."""

    number: int
    reason: Refusal
    raw: str


class _Staging:
    """A throw-away SQLite file with tables of named tuples."""

    tables: tuple[tuple[str, type[tuple[Any, ...]]], ...]

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="basketry-import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "lines.sqlite3", isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;")
        self._waiting: dict[str, list[tuple[Any, ...]]] = {}
        for name, row in self.tables:
            self._db.execute(f"CREATE TABLE {name} ({', '.join(row._fields)})")  # type: ignore[attr-defined]
            self._waiting[name] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def _add(self, table: str, row: tuple[Any, ...]) -> None:
        waiting = self._waiting[table]
        waiting.append(row)
        if len(waiting) >= WRITE_ROWS:
            self._write(table)

    def _write(self, table: str) -> None:
        waiting = self._waiting[table]
        if waiting:
            marks = ", ".join("?" * len(waiting[0]))
            self._db.execute("BEGIN")
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", waiting)  # noqa: S608 (our own names)
            self._db.execute("COMMIT")
            waiting.clear()

    def _count(self, statement: str) -> int:
        return int(self._db.execute(statement).fetchone()[0])


class StagedOrders(_Staging):
    """Sales and returns: add all, `seal`, then read them back."""

    tables = (("sale", Sale), ("back", Return))

    def add(self, line: Sale | Return) -> None:
        self._add("sale" if isinstance(line, Sale) else "back", line)

    def seal(self) -> None:
        """All lines are in: make out each order's time (its earliest line's), shopper and currency."""
        self._write("sale")
        self._write("back")
        self._db.execute(
            f"""
            CREATE TABLE basket AS
            SELECT order_key, min(at) AS placed_at, min(shopper) AS shopper, min(currency) AS currency, CASE
                WHEN count(*) > {MOST_LINES} THEN '{Refusal.TOO_MANY_LINES}'
                WHEN min(shopper) <> max(shopper) THEN '{Refusal.TWO_SHOPPERS}'
                WHEN min(currency) <> max(currency) THEN '{Refusal.TWO_CURRENCIES}'
            END AS reason
            FROM sale GROUP BY order_key
            """  # noqa: S608 (constants of this module)
        )
        self._db.execute("CREATE UNIQUE INDEX basket_key ON basket (order_key)")

    def orders_count(self) -> int:
        return self._count("SELECT count(*) FROM basket WHERE reason IS NULL")

    def returns_count(self) -> int:
        return self._count("SELECT count(*) FROM back")

    def refused(self) -> Iterator[RefusedSale]:
        """The lines of orders that cannot be one order, in the file's order."""
        rows = self._db.execute(
            "SELECT number, reason, raw FROM sale JOIN basket USING (order_key) "
            "WHERE reason IS NOT NULL ORDER BY number"
        )
        for number, reason, raw in rows:
            yield RefusedSale(number, Refusal(reason), raw)

    def products(self) -> Iterator[UnknownProduct]:
        """Each product sold, with title and price of its latest line; lines with a price go before gifts."""
        # SQLite fills the bare columns from the row that holds the maximum.
        rows = self._db.execute(
            """
            SELECT product, title, price, max(at + CASE WHEN CAST(price AS REAL) > 0 THEN 1 << 61 ELSE 0 END)
            FROM sale JOIN basket USING (order_key) WHERE reason IS NULL GROUP BY product ORDER BY product
            """
        )
        for product, title, price, _ in rows:
            amount = Decimal(price)
            yield UnknownProduct(product, title, amount if amount > 0 else None)

    def orders(self) -> Iterator[list[Sale]]:
        """The lines of each order, the oldest order first, each with its order's time, shopper and currency."""
        rows = self._db.execute(
            """
            SELECT s.order_key, s.number, s.product, s.quantity, s.price, b.placed_at, b.shopper, b.currency,
                s.title, s.raw
            FROM basket b JOIN sale s USING (order_key) WHERE b.reason IS NULL
            ORDER BY b.placed_at, s.order_key, s.number
            """
        )
        for _, lines in groupby(map(Sale._make, rows), key=lambda line: line.order_key):
            yield list(lines)

    def returns(self) -> Iterator[Return]:
        """The returns, the oldest first."""
        rows = self._db.execute(
            """
            SELECT order_key, number, product, quantity, at, shopper, raw,
                row_number() OVER (PARTITION BY order_key, product, quantity ORDER BY at, number)
            FROM back ORDER BY at, order_key, number
            """
        )
        return map(Return._make, rows)


class StagedEvents(_Staging):
    """Browse events: add all, `seal`, then read them back shopper by shopper."""

    tables = (("browse", Browse),)

    def add(self, line: Browse) -> None:
        self._add("browse", line)

    def seal(self) -> None:
        self._write("browse")

    def products(self) -> Iterator[UnknownProduct]:
        """Each product of an event, with its latest title."""
        rows = self._db.execute(
            "SELECT product, title, max(at) FROM browse WHERE product IS NOT NULL GROUP BY product ORDER BY product"
        )
        for product, title, _ in rows:
            yield UnknownProduct(product, title, None)

    def count(self) -> int:
        return self._count("SELECT count(*) FROM browse")

    def by_shopper(self) -> Iterator[list[Browse]]:
        """Each shopper's events in time order, in parts of at most 500."""
        rows = self._db.execute("SELECT * FROM browse ORDER BY shopper, at, number")
        for _, lines in groupby(map(Browse._make, rows), key=lambda line: line.shopper):
            part: list[Browse] = []
            for line in lines:
                part.append(line)
                if len(part) == 500:
                    yield part
                    part = []
            if part:
                yield part
