"""Import browse events from CSV or Parquet."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from recommendations.management.audited import AuditedCommand
from recommendations.management.imports import add_arguments, manner_of, print_report, source_of, told
from recommendations.management.progress import ProgressBar
from recommendations.services.import_events import FIELDS, Events, import_events


class Command(AuditedCommand):
    help = (
        "Import browse events from CSV (also gzipped) or Parquet. "
        "Events older than the setting BROWSE_DAYS go with the next prune."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser, FIELDS)
        parser.add_argument(
            "--event-kinds",
            default={},
            type=_kinds,
            metavar="WORD=KIND,...",
            help="what the file calls our kinds, such as addtocart=cart_add; WORD= skips such lines",
        )
        parser.add_argument(
            "--register", action="store_true", help="hand products that the shop does not know to its adapter"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with ProgressBar() as bar:
            report = told(
                lambda: import_events(
                    source=source_of(options, FIELDS),
                    events=Events(kinds=options["event_kinds"], register_products=options["register"]),
                    manner=manner_of(options),
                    progress=bar,
                    now=timezone.now(),
                )
            )
        if options["dry_run"]:
            self.stdout.write(_("Dry run: nothing was kept."))
        rows = [
            (_("lines read"), f"{report.lines:,}"),
            (_("lines skipped"), f"{report.skipped:,}"),
            (_("events recorded"), f"{report.events_recorded:,}"),
            (_("events already there"), f"{report.events_known:,}"),
            (_("unknown products handed to the shop"), f"{report.products_registered:,}"),
            (_("seconds"), f"{report.seconds:.1f}"),
            (_("peak MB"), f"{report.peak_mb:.0f}"),
        ]
        print_report(self.stdout, rows, report.refused)


def _kinds(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(equals for _, equals, _ in pairs):
        raise ArgumentTypeError("must read WORD=KIND,WORD=KIND")
    return {word.strip(): kind.strip() for word, _, kind in pairs}
