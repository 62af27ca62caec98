"""Within a benchmark's instance: 16 threads check out, with and without recording, and time it.

A checkout is one transaction that writes a row of `shop_order` and its lines; stock is not touched, since a row
that all checkouts update would be what is measured.
"""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any
from unittest import mock

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from benchmarks.baskets import PRICE, Shop
from benchmarks.load import ALONE, BARE, RECORDED, VARIANTS, Load, Result, Timing
from recommendations.catalogue import PlacedOrder
from recommendations.models import Counted, Item, Order, OrderLine, Shopper, Status
from recommendations.services import record
from shop.models import Category, Product
from shop.models import Order as ShopOrder
from shop.models import OrderLine as ShopLine

HISTORY = 2_000
WARM_UP = 5
CONNECTS_WITHIN = 1


def prepare(shop: Shop) -> None:
    """Products of the shop, and a short history, so that items and most shoppers are known as in a shop that runs."""
    now = timezone.now()
    category = Category.objects.create(slug="all", name="All")
    Product.objects.bulk_create(
        Product(sku=f"item-{rank}", title=f"Item {rank}", category=category, price=PRICE, stock=1, launched_at=now)
        for rank in range(1, shop.items + 1)
    )
    record.orders(list(shop.orders(HISTORY, ends_at=now)))


def run(load: Load, shop: Shop) -> Result:
    """Check out under this load, the variants in random turn."""
    result, arrivals, lock = Result(), _arrivals(load), threading.Lock()
    desk, ready = _Desk(), threading.Event()
    for number, variant in enumerate(VARIANTS * WARM_UP):
        desk.check_out(shop.order(f"{load.name}-warm-{number}", random.Random(number), timezone.now()), variant, 0)  # noqa: S311
    connect = socket.socket.connect

    def connected(*arguments: Any) -> None:
        result.connections += 1
        connect(*arguments)

    def work() -> None:
        connection.ensure_connection()
        ready.wait()
        while True:
            with lock:
                arrival = next(arrivals, None)
            if arrival is None:
                break
            number, due = arrival
            time.sleep(max(began + due - time.perf_counter(), 0))
            late = time.perf_counter() - began - due if load.rate else 0.0
            chance = random.Random(f"{load.name}-{number}")  # noqa: S311 (made-up orders)
            placed = shop.order(f"{load.name}-{number}", chance, timezone.now())
            result.timings.append(desk.check_out(placed, chance.choice(VARIANTS), late))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(load.threads)]
    with mock.patch.object(socket.socket, "connect", connected):
        for thread in threads:
            thread.start()
        time.sleep(max(load.starts_at - time.time(), CONNECTS_WITHIN))
        began = time.perf_counter()
        ready.set()
        for thread in threads:
            thread.join()
    return result


class _Desk:
    """Where checkouts happen; the ids that a bare insert needs are looked up beforehand."""

    def __init__(self) -> None:
        self._products = dict(Product.objects.values_list("sku", "pk"))
        self._items = dict(Item.objects.values_list("key", "pk"))
        self._shoppers = dict(Shopper.objects.values_list("key", "pk"))
        self._parts: dict[str, Callable[[PlacedOrder], object]] = {
            ALONE: lambda _: None,
            BARE: self._insert,
            RECORDED: record.order,
        }

    def check_out(self, placed: PlacedOrder, variant: str, late: float) -> Timing:
        part, queries, error, call = self._parts[variant], _Queries(), "", 0.0
        began = time.perf_counter()
        try:
            with transaction.atomic():
                self._write(placed)
                called = time.perf_counter()
                with connection.execute_wrapper(queries):
                    part(placed)
                call = time.perf_counter() - called
        except DatabaseError as failure:
            error = str(failure)
        return Timing(variant, time.perf_counter() - began, call, late, queries.number, error)

    def _write(self, placed: PlacedOrder) -> None:
        order = ShopOrder.objects.create(
            number=placed.key, email="a@example.org", placed_at=placed.placed_at, subtotal=PRICE * len(placed.lines)
        )
        ShopLine.objects.bulk_create(
            ShopLine(
                order=order,
                product_id=self._products[line.product],
                title="Item",
                quantity=1,
                unit_price=Decimal("2.5"),
            )
            for line in placed.lines
        )

    def _insert(self, placed: PlacedOrder) -> None:
        """The same rows as recording writes, without asking whether they are there."""
        order = Order.objects.create(
            channel=placed.channel,
            key=placed.key,
            shopper_id=self._shoppers.get(placed.shopper or ""),
            placed_at=placed.placed_at,
            status=Status.PLACED,
            currency=placed.currency,
            body_digest="0" * 64,
            counted=Counted.PENDING,
        )
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                number=number,
                item_id=self._items[line.product],
                product_key=line.product,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for number, line in enumerate(placed.lines, start=1)
        )


class _Queries:
    """Counts what goes through Django's `execute_wrapper`."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.number += 1
        return execute(*arguments)


def _arrivals(load: Load) -> Iterator[tuple[int, float]]:
    """Number and moment (seconds from the start) of each checkout."""
    chance = random.Random(load.name)  # noqa: S311 (made-up arrivals)
    began, due = time.perf_counter(), 0.0
    for number in count():
        if load.rate:
            due += chance.expovariate(load.rate)
        if max(due, 0.0 if load.rate else time.perf_counter() - began) > load.seconds:
            return
        yield number, due
