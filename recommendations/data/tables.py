"""Imported files: which column holds which field, and how a cell's text becomes a value."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache

from recommendations.data.orders import EARLIEST, MAX_KEY, MAX_PRICE, MAX_QUANTITY
from recommendations.exceptions import UnreadableFile

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
_WHOLE_FLOAT = re.compile(r"([0-9]+)\.0+")
_MILLISECONDS = re.compile(r"[0-9]{11,14}")
_SHOPPER_KINDS = ("user:", "anon:")


class Refusal(StrEnum):
    """Why a line is refused. The values are stable: they name the reason in the file of refused lines."""

    MALFORMED = "malformed"
    NO_ORDER = "no_order"
    NO_ITEM = "no_item"
    NO_TIME = "no_time"
    NO_SHOPPER = "no_shopper"
    NO_CURRENCY = "no_currency"
    BAD_KEY = "bad_key"
    BAD_TIME = "bad_time"
    BEFORE_2000 = "before_2000"
    BAD_QUANTITY = "bad_quantity"
    ZERO_QUANTITY = "zero_quantity"
    BAD_PRICE = "bad_price"
    NEGATIVE_PRICE = "negative_price"
    BAD_CURRENCY = "bad_currency"
    TWO_SHOPPERS = "two_shoppers"
    TWO_CURRENCIES = "two_currencies"
    TOO_MANY_LINES = "too_many_lines"
    CONFLICT = "conflict"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_PRODUCT = "unknown_product"
    SHOPPER_REFUSED = "shopper_refused"
    BAD_EVENT = "bad_event"


class RefusedLine(ValueError):
    """One line of a file cannot be taken; `reason` says why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


def resolve(fields: Mapping[str, bool], asked: Mapping[str, str], present: Sequence[str]) -> dict[str, str]:
    """Which column holds each field.

    Parameters
    ----------
    fields : field names, True for those that a file must have.
    asked : columns that the user named; the others default to the field's own name, where the file has it.
    present : the file's columns.

    Raises
    ------
    UnreadableFile : a named or required column is missing or occurs twice.
    """
    columns = {}
    for field, required in fields.items():
        column = asked.get(field) or field
        if present.count(column) > 1:
            raise UnreadableFile(f"the column {column!r} for {field} occurs twice")
        if column in present:
            columns[field] = column
        elif required or asked.get(field):
            raise UnreadableFile(f"no column {column!r} for {field}; the file has {', '.join(present)}")
    return columns


@dataclass(frozen=True, slots=True)
class Cells:
    """How the cells of one file are written.

    `zone` holds for times that name none. `time_format` is a strptime format; empty: ISO 8601 or epoch
    milliseconds. With `decimal_comma` a price reads 1.234,50.
    """

    zone: tzinfo
    time_format: str = ""
    decimal_comma: bool = False

    def key(self, text: str, missing: Refusal) -> str:
        """Text of 1 to 200 characters, without the blanks around it."""
        text = text.strip()
        if not text:
            raise RefusedLine(missing)
        if len(text) > MAX_KEY or "\x00" in text:
            raise RefusedLine(Refusal.BAD_KEY)
        return text

    def shopper(self, text: str, prefix: str) -> str | None:
        """A shopper key, None for a guest. `17850.0`, as tables with gaps write whole numbers, is 17850."""
        text = text.strip()
        if not text:
            return None
        whole = _WHOLE_FLOAT.fullmatch(text)
        bare = whole[1] if whole else text
        return self.key(bare if bare.startswith(_SHOPPER_KINDS) else prefix + bare, Refusal.NO_SHOPPER)

    def microseconds(self, text: str) -> int:
        """A time as whole microseconds since 1970 in UTC."""
        found = _microseconds(text.strip(), self.zone, self.time_format)
        if isinstance(found, Refusal):
            raise RefusedLine(found)
        return found

    def quantity(self, text: str) -> int:
        """A whole number other than 0, down to -10^9 and up to 10^9."""
        text = text.strip()
        if not _WHOLE.fullmatch(text.replace(",", ".") if self.decimal_comma else text):
            raise RefusedLine(Refusal.BAD_QUANTITY)
        number = int(re.split("[.,]", text, maxsplit=1)[0])
        if number == 0:
            raise RefusedLine(Refusal.ZERO_QUANTITY)
        if abs(number) > MAX_QUANTITY:
            raise RefusedLine(Refusal.BAD_QUANTITY)
        return number

    def price(self, text: str) -> Decimal:
        """An amount from 0 to 10^12."""
        if self.decimal_comma:
            text = text.replace(".", "").replace(",", ".")
        try:
            amount = Decimal(text)
        except InvalidOperation:
            raise RefusedLine(Refusal.BAD_PRICE) from None
        if not amount.is_finite() or amount > MAX_PRICE:
            raise RefusedLine(Refusal.BAD_PRICE)
        if amount < 0:
            raise RefusedLine(Refusal.NEGATIVE_PRICE)
        return amount

    def currency(self, text: str) -> str:
        """A code of three capital letters."""
        text = text.strip()
        if not text:
            raise RefusedLine(Refusal.NO_CURRENCY)
        if not is_currency(text):
            raise RefusedLine(Refusal.BAD_CURRENCY)
        return text


def is_currency(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def moment(microseconds: int) -> datetime:
    """The time that `Cells.microseconds` read."""
    return EPOCH + timedelta(microseconds=microseconds)


@lru_cache(maxsize=8_192)
def _microseconds(text: str, zone: tzinfo, time_format: str) -> int | Refusal:
    """Cached: the lines of an order mostly share their time."""
    if not text:
        return Refusal.NO_TIME
    try:
        if time_format:
            read = datetime.strptime(text, time_format)  # noqa: DTZ007 (the zone follows below)
        elif _MILLISECONDS.fullmatch(text):
            read = EPOCH + timedelta(milliseconds=int(text))
        else:
            read = datetime.fromisoformat(text)
        read = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return Refusal.BAD_TIME
    return Refusal.BEFORE_2000 if read < EARLIEST else (read - EPOCH) // timedelta(microseconds=1)
