"""`manage.py evaluate`: how the live network does on held-out orders, and what each placement earned."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from recommendations.services import attribute
from recommendations.services.evaluate import evaluate


class Command(BaseCommand):
    requires_migrations_checks = True
    help = "Print the live network's held-out figures and the purchases attributed to each placement."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="days of feedback to report")
        parser.add_argument("--purchases", action="store_true", help="list each attributed purchase")
        parser.add_argument("--channel", help="list purchases of this storefront alone")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        found = evaluate(days=options["days"], now=now)
        if found.network is None:
            self.stdout.write("no network is live")
        else:
            self.stdout.write(
                f"network version {found.network.artefact_id}, data sequence {found.network.data_sequence}"
            )
            for name, value in found.network.metrics.items():
                self.stdout.write(f"  {name:<22} {value:.4f}" if isinstance(value, float) else f"  {name:<22} {value}")
        self.stdout.write(f"placements since {found.since:%Y-%m-%d}")
        for row in found.placements:
            amounts = ", ".join(f"{amount:.2f} {currency}" for currency, amount in row.amounts.items())
            self.stdout.write(
                f"  {row.placement or '(not reported)':<22} {row.impressions} impressions, {row.clicks} clicks, "
                f"{row.orders} orders, {row.quantity} pieces, {amounts or 'nothing earned'}"
            )
        if options["purchases"] or options["channel"]:
            for purchase in attribute.purchases(since=found.since, until=now, channel=options["channel"]):
                self.stdout.write(
                    f"  {purchase.recommendation} order {purchase.order_id}: {purchase.quantity} x {purchase.item_key}"
                )
