"""Import a history of orders from a file: sales become orders, lines that take goods back become returns."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase

from recommendations.data.orders import PlacedLine, PlacedOrder
from recommendations.data.tables import Refusal, RefusedLine, is_currency, moment, resolve
from recommendations.exceptions import InvalidInput, KeyConflict, UnreadableFile
from recommendations.services import record
from recommendations.services.importing import (
    Manner,
    Progress,
    Refusals,
    Source,
    Spent,
    in_parts,
    one_transaction,
    register,
    short_transaction,
    tell_reading,
)
from recommendations.services.read_table import open_table
from recommendations.services.staging import Return, Sale, StagedOrders

FIELDS: Mapping[str, bool] = {
    "order": True,
    "item": True,
    "at": True,
    "shopper": False,
    "quantity": False,
    "price": False,
    "title": False,
    "currency": False,
}
"""Fields of a line, True for those that a file must have. Without a quantity it is 1, without a price 0."""

ORDERS_AT_ONCE = 500
LINES_AT_ONCE = 10_000
RETURNS_AT_ONCE = 200
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Orders:
    """What the lines mean.

    `currency_code` holds where the file has no currency column. Products that match a pattern of `exclude`
    (`*` and `?` as in a shell) are kept as lines and never counted. Invoices that begin with `cancel_prefix`
    take goods back, as negative quantities always do.
    """

    currency_code: str = ""
    exclude: Sequence[str] = ()
    cancel_prefix: str = ""

    def __post_init__(self) -> None:
        if self.currency_code and not is_currency(self.currency_code):
            raise InvalidInput("currency_code", f"must be three capital letters, not {self.currency_code!r}")

    def excludes(self, product: str) -> bool:
        return any(fnmatchcase(product, pattern) for pattern in self.exclude)


@dataclass(slots=True)
class OrdersReport:
    """What became of the lines. Conflicts were recorded before with another body, and stay as they were."""

    lines: int = 0
    orders_recorded: int = 0
    orders_known: int = 0
    order_conflicts: int = 0
    returns_matched: int = 0
    returns_unmatched: int = 0
    returns_known: int = 0
    return_conflicts: int = 0
    products_registered: int = 0
    refused: Mapping[Refusal, int] = field(default_factory=dict)
    seconds: float = 0.0
    peak_mb: float = 0.0


def import_orders(*, source: Source, orders: Orders, manner: Manner, progress: Progress) -> OrdersReport:
    """Import a file of order lines. Lines of one order may lie apart; importing a file again adds nothing.

    Without `manner.strict` the good lines are recorded in short transactions, oldest order first, and what was
    recorded stays if a later part fails: import the file again to go on.

    Raises
    ------
    UnreadableFile : the file or one of its columns cannot be read; nothing was written.
    InvalidInput : strict, and a line was refused; nothing was written.
    """
    spent, report = Spent(), OrdersReport()
    with open_table(source.path, encoding=source.encoding, delimiter=source.delimiter) as table:
        columns = resolve(FIELDS, source.columns, table.columns)
        if "currency" not in columns and not orders.currency_code:
            raise UnreadableFile("name a currency column, or the currency of all prices")
        raw_columns = table.raw_columns(list(columns.values()))
        with Refusals(manner, raw_columns) as refusals, StagedOrders() as staged:
            read = _reader(source, columns, orders, manner)
            for row in table.rows(list(columns.values())):
                report.lines += 1
                tell_reading(table, report.lines, progress)
                try:
                    staged.add(read(row.number, row.cells, refusals.keep(row.raw)))
                except RefusedLine as error:
                    refusals.add(row.number, error.reason, row.raw)
            progress(1.0, "sorting")
            staged.seal()
            for number, reason, raw in staged.refused():
                refusals.add(number, reason, raw)
            with one_transaction(manner):
                unknown = (product for product in staged.products() if not orders.excludes(product.key))
                report.products_registered = register(unknown, manner)
                _record_orders(staged, orders, manner, refusals, report, progress)
                _record_returns(staged, manner, refusals, report, progress)
            report.refused = dict(refusals.counts)
    report.seconds, report.peak_mb = spent.seconds(), spent.peak_mb()
    return report


Read = Callable[[int, Sequence[str] | None, str], Sale | Return]


def _reader(source: Source, columns: Mapping[str, str], orders: Orders, manner: Manner) -> Read:
    cells, fields = source.cells(), list(columns)
    absent = {"shopper": "", "quantity": "1", "price": "0", "title": "", "currency": orders.currency_code}

    def read(number: int, values: Sequence[str] | None, raw: str) -> Sale | Return:
        if values is None:
            raise RefusedLine(Refusal.MALFORMED)
        given = {**absent, **dict(zip(fields, values, strict=True))}
        order_key = cells.key(given["order"], Refusal.NO_ORDER)
        product = cells.key(given["item"], Refusal.NO_ITEM)
        quantity = cells.quantity(given["quantity"])
        price = cells.price(given["price"])
        at = cells.microseconds(given["at"])
        shopper = cells.shopper(given["shopper"], manner.shopper_prefix)
        if quantity < 0 or (orders.cancel_prefix and order_key.startswith(orders.cancel_prefix)):
            return Return(order_key, number, product, abs(quantity), at, shopper, raw)
        currency = cells.currency(given["currency"])
        return Sale(
            order_key, number, product, quantity, str(price), at, shopper, currency, given["title"].strip(), raw
        )

    return read


def _record_orders(
    staged: StagedOrders,
    orders: Orders,
    manner: Manner,
    refusals: Refusals,
    report: OrdersReport,
    progress: Progress,
) -> None:
    total, done = max(staged.orders_count(), 1), 0
    for chunk in _chunks(staged.orders()):
        placed = [_placed(lines, manner.channel) for lines in chunk]
        products = {line.product for one in placed for line in one.lines}
        uncounted = frozenset(product for product in products if orders.excludes(product))
        with short_transaction():
            outcomes = record.orders(placed, uncounted=uncounted)
        for lines, outcome in zip(chunk, outcomes, strict=True):
            if isinstance(outcome, KeyConflict):
                report.order_conflicts += 1
                for line in lines:
                    refusals.add(line.number, Refusal.CONFLICT, line.raw)
            elif outcome.created:
                report.orders_recorded += 1
            else:
                report.orders_known += 1
        done += len(chunk)
        progress(done / total, "recording orders")


def _chunks(orders: Iterator[list[Sale]]) -> Iterator[list[list[Sale]]]:
    """Orders to record in one transaction: bounded in orders and in lines, so that none is long."""
    chunk: list[list[Sale]] = []
    lines = 0
    for order in orders:
        if chunk and (len(chunk) == ORDERS_AT_ONCE or lines + len(order) > LINES_AT_ONCE):
            yield chunk
            chunk, lines = [], 0
        chunk.append(order)
        lines += len(order)
    if chunk:
        yield chunk


def _placed(lines: Sequence[Sale], channel: str) -> PlacedOrder:
    first = lines[0]
    return PlacedOrder(
        key=first.order_key,
        lines=tuple(PlacedLine(line.product, line.quantity, Decimal(line.price)) for line in lines),
        placed_at=moment(first.at),
        currency=first.currency,
        shopper=first.shopper,
        channel=channel,
    )


def _record_returns(
    staged: StagedOrders, manner: Manner, refusals: Refusals, report: OrdersReport, progress: Progress
) -> None:
    """After all sales, so that each return finds the sale it takes back."""
    total, done = max(staged.returns_count(), 1), 0
    for chunk in in_parts(staged.returns(), RETURNS_AT_ONCE):
        given = [
            record.ReturnedProduct(
                key=_return_key(line),
                shopper=line.shopper,
                product=line.product,
                quantity=line.quantity,
                at=moment(line.at),
                channel=manner.channel,
            )
            for line in chunk
        ]
        with short_transaction():
            outcomes = record.returns(given)
        for line, outcome in zip(chunk, outcomes, strict=True):
            _settle_return(line, outcome, refusals, report)
        done += len(chunk)
        progress(done / total, "recording returns")


def _settle_return(
    line: Return, outcome: record.Returned | KeyConflict, refusals: Refusals, report: OrdersReport
) -> None:
    if isinstance(outcome, KeyConflict):
        report.return_conflicts += 1
        refusals.add(line.number, Refusal.CONFLICT, line.raw)
    elif not outcome.created:
        report.returns_known += 1
    elif outcome.matched:
        report.returns_matched += 1
    else:
        report.returns_unmatched += 1


def _return_key(line: Return) -> str:
    """The same for a line wherever it stands in a file: a later, longer export adds only what is new."""
    key = f"{line.order_key}/{line.product}/{line.quantity}/{line.repeat}"
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
