"""What the two import commands share: their options and the report's table."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommendations.data.tables import Refusal
from recommendations.exceptions import InvalidInput, UnreadableFile
from recommendations.services.importing import Manner, Source

Report = TypeVar("Report")

REASONS = {
    Refusal.MALFORMED: gettext_lazy("another number of cells than the header"),
    Refusal.NO_ORDER: gettext_lazy("no order key"),
    Refusal.NO_ITEM: gettext_lazy("no product key"),
    Refusal.NO_TIME: gettext_lazy("no time"),
    Refusal.NO_SHOPPER: gettext_lazy("no shopper"),
    Refusal.NO_CURRENCY: gettext_lazy("no currency"),
    Refusal.BAD_KEY: gettext_lazy("a key over 200 characters or with NUL"),
    Refusal.BAD_TIME: gettext_lazy("a time that cannot be read"),
    Refusal.BEFORE_2000: gettext_lazy("a time before the year 2000"),
    Refusal.BAD_QUANTITY: gettext_lazy("a quantity that is no whole number up to 10^9"),
    Refusal.ZERO_QUANTITY: gettext_lazy("a quantity of 0"),
    Refusal.BAD_PRICE: gettext_lazy("a price that is no number up to 10^12"),
    Refusal.NEGATIVE_PRICE: gettext_lazy("a negative price"),
    Refusal.BAD_CURRENCY: gettext_lazy("a currency that is not three capital letters"),
    Refusal.TWO_SHOPPERS: gettext_lazy("an order of two shoppers"),
    Refusal.TWO_CURRENCIES: gettext_lazy("an order in two currencies"),
    Refusal.TOO_MANY_LINES: gettext_lazy("an order of more than 10,000 lines"),
    Refusal.CONFLICT: gettext_lazy("recorded before with another body"),
    Refusal.UNKNOWN_KIND: gettext_lazy("an unknown kind of event"),
    Refusal.UNKNOWN_PRODUCT: gettext_lazy("a product that the shop does not know"),
    Refusal.SHOPPER_REFUSED: gettext_lazy("the shopper refused to be recorded"),
    Refusal.BAD_EVENT: gettext_lazy("a value of the event out of its range"),
}


def add_arguments(parser: ArgumentParser, fields: Iterable[str]) -> None:
    """The options of both commands, one for each field among them."""
    parser.add_argument("file", type=Path, help="CSV, gzipped CSV or Parquet")
    for field in fields:
        parser.add_argument(
            f"--{field.replace('_', '-')}", default="", metavar="COLUMN", help=f"column of {field} (default: {field})"
        )
    parser.add_argument("--channel", default="web", help="order keys and changes are unique within it (default: web)")
    parser.add_argument(
        "--shopper-prefix",
        default="user:",
        type=_prefix,
        help="goes before shoppers of the file, user:... or anon:...; with the default user: they are taken "
        "for accounts of this shop by primary key",
    )
    parser.add_argument("--encoding", default="utf-8-sig", help="of a CSV file (default: UTF-8, with or without BOM)")
    parser.add_argument("--delimiter", default="", help="of a CSV file (default: found in the header)")
    parser.add_argument("--decimal-comma", action="store_true", help="numbers read 1.234,50")
    parser.add_argument("--time-format", default="", help="strptime format (default: ISO 8601 or epoch milliseconds)")
    parser.add_argument(
        "--timezone", default=None, type=_zone, help="of times that name none (default: the setting TIME_ZONE)"
    )
    parser.add_argument("--dry-run", action="store_true", help="report as ever, but keep nothing")
    parser.add_argument("--strict", action="store_true", help="stop at the first refused line and write nothing")
    parser.add_argument("--errors", type=Path, metavar="FILE", help="write refused lines to this CSV file")


def source_of(options: Mapping[str, Any], fields: Iterable[str]) -> Source:
    delimiter = options["delimiter"].replace("\\t", "\t")
    if len(delimiter) > 1:
        raise CommandError(_("--delimiter must be one character"))
    return Source(
        path=options["file"],
        zone=options["timezone"] or ZoneInfo(settings.TIME_ZONE),
        columns={field: options[field] for field in fields if options[field]},
        encoding=options["encoding"],
        delimiter=delimiter,
        time_format=options["time_format"],
        decimal_comma=options["decimal_comma"],
    )


def manner_of(options: Mapping[str, Any]) -> Manner:
    return Manner(
        channel=options["channel"],
        shopper_prefix=options["shopper_prefix"],
        dry_run=options["dry_run"],
        strict=options["strict"],
        errors=options["errors"],
    )


def told(run: Callable[[], Report]) -> Report:
    """Run an import; what it raises on purpose becomes the command's error."""
    try:
        return run()
    except (InvalidInput, UnreadableFile) as error:
        raise CommandError(str(error)) from error


def print_report(stdout: OutputWrapper, rows: Iterable[tuple[Any, int | str]], refused: Mapping[Refusal, int]) -> None:
    """A line a figure, then refused lines by reason, the most frequent first."""
    for name, value in rows:
        stdout.write(f"{name!s:<44}{value:>14}")
    words = _("lines refused")
    stdout.write(f"{words:<44}{f'{sum(refused.values()):,}':>14}")
    for reason, count in sorted(refused.items(), key=lambda pair: -pair[1]):
        stdout.write(f"  {reason.value:<16} {count:>10,}  {REASONS[reason]}")


def _prefix(text: str) -> str:
    if not text.startswith(("user:", "anon:")):
        raise ArgumentTypeError("must begin with user: or anon:")
    return text


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ArgumentTypeError(f"{text!r} is no time zone such as Europe/London") from None
