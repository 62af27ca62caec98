"""Fill the empty shop with real grocery baskets: products, customers, orders, and two logins."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from shop.models import Order, Product
from shop.seeding.history import (
    PREFIX,
    create_customers,
    create_orders,
    first_sold,
    record_orders,
    shifted,
)
from shop.seeding.logins import create_logins, demo_logins
from shop.seeding.sales import NoSalesData, Progress, read_sales
from shop.seeding.stocking import stock_shelves

SEED = 20260301
FEWEST = 10


class Command(BaseCommand):
    help = "Fill the empty shop with a year of real grocery baskets; run again it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orders", type=int, default=20_000, help="at least so many orders (default: 20000)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["orders"] < FEWEST:
            raise CommandError(f"--orders must be {FEWEST} or more, not {options['orders']}")
        if Order.objects.filter(number__startswith=PREFIX).exists():
            self.stdout.write("The shop is filled already; nothing was changed.")
            return
        if Product.objects.exists():
            raise CommandError("The shop has products of its own; seed_shop fills an empty shop only.")
        started = time.monotonic()
        try:
            self._fill(options["orders"])
        except NoSalesData as error:
            raise CommandError(f"{error}; `pip install -r requirements.txt` installs it") from error
        self.stdout.write(f"The shop is ready, after {time.monotonic() - started:.0f} s.")

    @transaction.atomic
    def _fill(self, orders: int) -> None:
        """All of it or nothing: an interrupted run leaves the shop empty."""
        now = timezone.now()
        sales = read_sales(orders, self._part(0.0, 0.15))
        at = shifted(sales.at, now)
        self._tell(0.15, f"stocking {len(sales.goods):,} products")
        shelves = stock_shelves(sales, launched=first_sold(sales, at), now=now, rng=Random(SEED))  # noqa: S311
        self._tell(0.2, "opening accounts")
        customers = create_customers(sales, at)
        count = create_orders(sales, shelves, customers, at, self._part(0.2, 0.6))
        create_logins(demo_logins(Path(settings.VAR) / "demo.json"))
        record_orders(count, self._part(0.6, 1.0))
        self._tell(1.0, "done")
        self.stdout.write(
            f"{count:,} orders of {len(customers):,} customers with {len(sales.basket):,} lines "
            f"({sales.share:.0%} of the sales data's lines in these baskets); "
            f"{len(sales.goods):,} products, of them {shelves.families:,} families of sizes."
        )

    def _part(self, start: float, end: float) -> Progress:
        return lambda share, what: self._tell(start + share * (end - start), f"{what} {share:.0%}")

    def _tell(self, share: float, what: str) -> None:
        """One line that is written over on a terminal, a line each elsewhere."""
        text = f"  {share:4.0%}  {what}"
        if sys.stdout.isatty():
            self.stdout.write(f"\r{text:<60}", ending="\n" if share >= 1 else "")
        else:
            self.stdout.write(text)
        self.stdout.flush()
