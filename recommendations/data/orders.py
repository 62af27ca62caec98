"""An order as it enters the plugin: validated once here, trusted after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from recommendations.exceptions import InvalidInput

MAX_KEY = 200
MAX_QUANTITY = 10**9
MAX_PRICE = Decimal(10) ** 12
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=5)
"""How far clocks of two machines may differ before a time is one from the future."""


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """One line of an order: `product` as the shop's key (a number or UUID becomes text), `quantity` 1..10^9,
    `unit_price` 0..10^12.

    Raises
    ------
    InvalidInput : a value is outside its range.
    """

    product: str
    quantity: int
    unit_price: Decimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "product", as_key(self.product))
        require_key("product", self.product)
        require_quantity("quantity", self.quantity)
        try:
            price = Decimal(self.unit_price).quantize(Decimal("0.0001"))
        except (InvalidOperation, TypeError, ValueError):
            price = Decimal("NaN")
        if not price.is_finite() or not 0 <= price <= MAX_PRICE:
            raise InvalidInput("unit_price", f"must be a decimal from 0 to 10^12, not {self.unit_price!r:.40}")
        object.__setattr__(self, "unit_price", price)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """One order.

    Parameters
    ----------
    key : unique within `channel`, text of 1 to 200 characters.
    lines : 1 to 10,000, kept as a tuple.
    placed_at : with its time zone.
    currency : three capital letters.
    shopper : `user:ID` of an account, `anon:UUID` of a visitor, None for a guest; `record.shopper_key` reads it off
        a request.

    Raises
    ------
    InvalidInput : a key is empty or over 200 characters, `placed_at` is naive, there are no lines.
    """

    key: str
    lines: Sequence[PlacedLine]
    placed_at: datetime
    currency: str
    shopper: str | None = None
    channel: str = "web"

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", as_key(self.key))
        require_key("key", self.key)
        require_key("channel", self.channel, longest=50)
        if self.shopper is not None:
            require_shopper_key("shopper", self.shopper)
        require_moment("placed_at", self.placed_at)
        object.__setattr__(self, "lines", tuple(self.lines))
        if not (len(self.currency) == 3 and self.currency.isalpha() and self.currency.isupper()):
            raise InvalidInput("currency", f"must be a code of three capital letters, not {self.currency!r}")
        if not 1 <= len(self.lines) <= 10_000:
            raise InvalidInput("lines", f"an order has 1 to 10,000 lines, not {len(self.lines)}")


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """A part of a sale that came back: `quantity` pieces of `product`."""

    product: str
    quantity: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "product", as_key(self.product))
        require_key("product", self.product)
        require_quantity("quantity", self.quantity)


def as_key(value: object) -> Any:
    """Primary keys are numbers and UUIDs in most shops: as text. Anything else is left for `require_key` to judge."""
    return str(value) if isinstance(value, int | UUID) and not isinstance(value, bool) else value


def require_key(field: str, value: object, *, longest: int = MAX_KEY) -> None:
    """A key is text of 1 to `longest` characters without NUL or lone surrogates (PostgreSQL stores neither)."""
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise InvalidInput(field, f"must be text of 1 to {longest} characters, not {value!r:.80}")
    if "\x00" in value or not _encodes(value):
        raise InvalidInput(field, "must not contain NUL or unpaired surrogates")


def require_shopper_key(field: str, value: object) -> None:
    require_key(field, value)
    if not str(value).startswith(("user:", "anon:")) or str(value).endswith((":", ":None")):
        raise InvalidInput(field, f"must read user:ID or anon:ID, or be None for a guest, not {value!r:.80}")


def require_quantity(field: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_QUANTITY:
        raise InvalidInput(field, f"must be a whole number from 1 to {MAX_QUANTITY}, not {value!r:.80}")


def require_moment(field: str, value: object) -> None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(field, f"must be a time with a time zone, not {value!r:.80}")


def clamped(moment: datetime, *, now: datetime) -> tuple[datetime, bool]:
    """The nearest possible time, from 2000 to `now` (and `AHEAD`), and whether that is another one.

    A clock that is wrong must not cost a shop its order, so impossible times are corrected, not refused.
    """
    if moment < EARLIEST:
        return EARLIEST, True
    if moment > now + AHEAD:
        return now, True
    return moment, False


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
