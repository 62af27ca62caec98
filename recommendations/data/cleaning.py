"""By which rules orders are cleaned before they are counted, and how much that leaves out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

Days = tuple[date, date]
"""From the first to the last day, both included."""


class Dropped(StrEnum):
    """Why a line adds nothing to its order's basket."""

    NO_PRODUCT = "no_product"
    RETURNED = "returned"
    FREE = "free"
    DUPLICATE = "duplicate"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The rules that a generation of counts was made by; a change of one takes a recount.

    Parameters
    ----------
    cap : items of a basket that are counted.
    most_items : distinct items above which an order is left out; None: no order is.
    most_orders_a_day : orders of one shopper in one day above which all of that day are left out; None: never.
    free_lines : whether lines at no price count.
    window_days : full days before today in which orders count; None: all.
    zone : name of the time zone in which days begin.
    left_out : days whose orders are left out, ascending.
    """

    cap: int
    most_items: int | None = None
    most_orders_a_day: int | None = None
    free_lines: bool = True
    window_days: int | None = None
    zone: str = "UTC"
    left_out: tuple[Days, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Cleaning":
        """From what `as_json` gave; a rule that is missing is off."""
        days = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in given.get("left_out", ()))
        return cls(**{**given, "left_out": days})

    def as_json(self) -> dict[str, Any]:
        days = [[first.isoformat(), last.isoformat()] for first, last in self.left_out]
        return {**asdict(self), "left_out": days}

    def leaves_out(self, moment: datetime) -> bool:
        """Whether this moment is on a day that is left out."""
        if not self.left_out:
            return False
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        return any(first <= day <= last for first, last in self.left_out)

    def day(self, moment: datetime) -> tuple[datetime, datetime]:
        """Beginning and end (exclusive) of the moment's day."""
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        return beginning(day, self.zone), beginning(day + timedelta(days=1), self.zone)

    def window_from(self, now: datetime) -> datetime | None:
        """Where the window begins at this moment; None: there is none."""
        if self.window_days is None:
            return None
        return beginning(now.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=self.window_days), self.zone)


def beginning(day: date, zone: str) -> datetime:
    """The moment at which a day begins in a time zone."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


class Cleaned(Protocol):
    """An order after cleaning: why it is left out (empty: it is not), and how many of its lines were, by `Dropped`."""

    @property
    def why(self) -> str: ...

    @property
    def dropped(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many orders were left out, and how many lines of the others, each by reason."""

    orders: Mapping[str, int] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, cleaned: Iterable[Cleaned]) -> "LeftOut":
        orders: Counter[str] = Counter()
        lines: Counter[str] = Counter()
        for order in cleaned:
            if order.why:
                orders[str(order.why)] += 1
            if order.dropped:
                lines.update(order.dropped)
        return cls(orders, lines)

    def __add__(self, other: "LeftOut") -> "LeftOut":
        return LeftOut(Counter(self.orders) + Counter(other.orders), Counter(self.lines) + Counter(other.lines))

    def as_json(self) -> dict[str, dict[str, int]]:
        return {"orders_left_out": dict(self.orders), "lines_left_out": dict(self.lines)}

    def __str__(self) -> str:
        parts = [f"{number:,} orders ({why})" for why, number in sorted(self.orders.items())]
        parts += [f"{number:,} lines ({why})" for why, number in sorted(self.lines.items())]
        return ", ".join(parts)
