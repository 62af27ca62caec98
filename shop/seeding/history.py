"""The sales data's households as customers, their baskets as orders, and all of it recorded for recommendations."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

import numpy as np
import numpy.typing as npt
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from recommendations.catalogue import PlacedOrder
from recommendations.exceptions import KeyConflict
from recommendations.services import record
from shop.catalogue import ShopCatalogue
from shop.models import Order, OrderLine
from shop.seeding.sales import Progress, Sales
from shop.seeding.stocking import Shelves

PREFIX = "CJ-"
BATCH = 500
CENT = Decimal("0.01")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_US = 24 * 3600 * 1_000_000


def shifted(at: npt.NDArray[np.int64], now: datetime) -> npt.NDArray[np.int64]:
    """Times moved by whole days so that the last one is yesterday; microseconds since 1970."""
    yesterday = (now - EPOCH) // timedelta(days=1) - 1
    return at + (yesterday - int(at.max()) // DAY_US) * DAY_US


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=int(microseconds))


def first_sold(sales: Sales, at: npt.NDArray[np.int64]) -> list[datetime]:
    """When each good was first sold."""
    first = np.full(len(sales.goods), np.iinfo(np.int64).max)
    np.minimum.at(first, sales.good, at)
    return [moment(one) for one in first]


def create_customers(sales: Sales, at: npt.NDArray[np.int64]) -> dict[int, int]:
    """One account a household, with a password that fits nothing; the account's id by the household's number."""
    numbers, first = np.unique(sales.household, return_index=True)
    users = User.objects.bulk_create(
        [
            User(
                username=f"household-{number}",
                email=f"household-{number}@example.com",
                password=make_password(None),
                date_joined=moment(at[start]),
            )
            for number, start in zip(numbers.tolist(), first, strict=True)
        ],
        batch_size=BATCH,
    )
    return {number: user.pk for number, user in zip(numbers.tolist(), users, strict=True)}


def create_orders(
    sales: Sales, shelves: Shelves, customers: dict[int, int], at: npt.NDArray[np.int64], progress: Progress
) -> int:
    """One order a basket, as much as BATCH at a time; the number of orders."""
    baskets, starts = np.unique(sales.basket, return_index=True)
    order = np.argsort(starts)
    spans = list(zip(baskets[order].tolist(), np.split(np.arange(len(sales.basket)), np.sort(starts)[1:]), strict=True))
    for start in range(0, len(spans), BATCH):
        _create_batch(spans[start : start + BATCH], sales, shelves, customers, at)
        progress(min(start + BATCH, len(spans)) / len(spans), "orders")
    return len(spans)


def record_orders(total: int, progress: Progress) -> int:
    """Record the shop's orders for recommendations; the number of orders recorded.

    Raises
    ------
    KeyConflict : an order was recorded before with another body.
    """
    placed = ShopCatalogue().orders(since=None)
    done = 0
    for batch in _batches(placed):
        for outcome in record.orders(batch):
            if isinstance(outcome, KeyConflict):
                raise outcome
        done += len(batch)
        progress(min(done / total, 1.0), "orders recorded")
    return done


def _create_batch(
    spans: Sequence[tuple[int, npt.NDArray[np.int64]]],
    sales: Sales,
    shelves: Shelves,
    customers: dict[int, int],
    at: npt.NDArray[np.int64],
) -> None:
    orders = []
    contents = []
    for basket, rows in spans:
        lines = _merged(sales, rows)
        household = int(sales.household[rows[0]])
        orders.append(
            Order(
                number=f"{PREFIX}{basket}",
                checkout=uuid.uuid4(),
                user_id=customers[household],
                email=f"household-{household}@example.com",
                name=f"Household {household}",
                placed_at=moment(at[rows[0]]),
                subtotal=sum(pieces * cents for pieces, cents in lines.values()) * CENT,
            )
        )
        contents.append(lines)
    Order.objects.bulk_create(orders, batch_size=BATCH)
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order,
                product_id=shelves.product_ids[good],
                title=shelves.titles[good],
                quantity=pieces,
                unit_price=cents * CENT,
            )
            for order, lines in zip(orders, contents, strict=True)
            for good, (pieces, cents) in lines.items()
        ],
        batch_size=BATCH,
    )


def _merged(sales: Sales, rows: npt.NDArray[np.int64]) -> dict[int, tuple[int, int]]:
    """Pieces and cents a piece by good; a good that stands in several lines costs what it cost on average."""
    lines: dict[int, tuple[int, int]] = {}
    columns = (sales.good[rows], sales.quantity[rows], sales.cents[rows])
    for good, pieces, cents in zip(*(column.tolist() for column in columns), strict=True):
        earlier, price = lines.get(good, (0, 0))
        together = earlier + pieces
        lines[good] = (together, round((earlier * price + pieces * cents) / together))
    return lines


def _batches(placed: Iterator[PlacedOrder]) -> Iterator[list[PlacedOrder]]:
    while batch := list(islice(placed, BATCH)):
        yield batch
