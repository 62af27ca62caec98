"""Import a history of orders from CSV or Parquet."""

import csv
from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from recommendations.management.audited import AuditedCommand
from recommendations.management.imports import add_arguments, manner_of, print_report, source_of, told
from recommendations.management.progress import ProgressBar
from recommendations.services.import_orders import FIELDS, Orders, import_orders


class Command(AuditedCommand):
    help = "Import a history of orders from CSV (also gzipped) or Parquet, one line of an order a row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser, FIELDS)
        parser.add_argument("--currency-code", default="", help="of all prices, where the file has no currency column")
        parser.add_argument(
            "--exclude",
            default="",
            metavar="KEY,KEY,...",
            help="product keys, also patterns such as gift_*, that are no products: kept as lines, never counted",
        )
        parser.add_argument(
            "--cancel-prefix",
            default="",
            help="orders whose key begins with it take goods back, as negative quantities do (default: none)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with ProgressBar() as bar:
            report = told(
                lambda: import_orders(
                    source=source_of(options, FIELDS),
                    orders=Orders(
                        currency_code=options["currency_code"],
                        exclude=[key.strip() for row in csv.reader([options["exclude"]]) for key in row if key.strip()],
                        cancel_prefix=options["cancel_prefix"],
                    ),
                    manner=manner_of(options),
                    progress=bar,
                )
            )
        if options["dry_run"]:
            self.stdout.write(_("Dry run: nothing was kept."))
        rows = [
            (_("lines read"), f"{report.lines:,}"),
            (_("orders recorded"), f"{report.orders_recorded:,}"),
            (_("orders already there"), f"{report.orders_known:,}"),
            (_("orders in conflict"), f"{report.order_conflicts:,}"),
            (_("returns matched to a sale"), f"{report.returns_matched:,}"),
            (_("returns without a sale"), f"{report.returns_unmatched:,}"),
            (_("returns already there"), f"{report.returns_known:,}"),
            (_("returns in conflict"), f"{report.return_conflicts:,}"),
            (_("unknown products handed to the shop"), f"{report.products_registered:,}"),
            (_("seconds"), f"{report.seconds:.1f}"),
            (_("peak MB"), f"{report.peak_mb:.0f}"),
        ]
        print_report(self.stdout, rows, report.refused)
