"""Read what lists earned in a range of days, from the daily figures alone: no event and no order is looked at."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Q, Sum
from django.utils import timezone

from recommendations.exceptions import InvalidInput
from recommendations.models import CHOSEN, DailyOutcome, ItemOutcome, OutcomeState, ShownItems
from recommendations.services.changed_days import zone
from recommendations.services.outcomes import unpacked

LONGEST = 366
EARLIEST = date(2000, 1, 1)
COUNTS = ("lists", "fallbacks", "shown", "clicks", "clicked", "cart_adds", "orders", "quantity")
OF_ITEMS = ("shown", "clicks", "cart_adds", "orders", "quantity")
MOST = 20


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the shop's time zone, both ends within.

    Raises
    ------
    InvalidInput : it ends before it begins, is longer than 366 days, or begins before 2000.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first < EARLIEST:
            raise InvalidInput("since", f"must be {EARLIEST} or later, not {self.first}")
        if not 1 <= self.days <= LONGEST:
            raise InvalidInput(
                "until", f"must be {self.first} or one of the {LONGEST - 1} days after it, not {self.last}"
            )

    @classmethod
    def latest(cls, days: int, *, now: datetime) -> "Period":
        """So many days, today the last of them."""
        today = timezone.localdate(now, zone())
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, right before."""
        return Period(
            max(self.first - timedelta(days=self.days), EARLIEST), max(self.first - timedelta(days=1), EARLIEST)
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over days; of single items `lists`, `fallbacks` and `clicked` are 0.

    `orders` are distinct within what the figures are of: an order that two placements led to is one of each.
    `revenue` is by currency, never added up.
    """

    lists: int = 0
    fallbacks: int = 0
    shown: int = 0
    clicks: int = 0
    clicked: int = 0
    cart_adds: int = 0
    orders: int = 0
    quantity: int = 0
    revenue: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def click_through(self) -> float | None:
        """The share of the lists shown that were clicked; of an item its clicks by how often it was shown."""
        clicked, of = (self.clicked, self.lists) if self.lists else (self.clicks, self.shown)
        return min(clicked / of, 1.0) if of else None

    @property
    def fallback_share(self) -> float | None:
        return self.fallbacks / self.lists if self.lists else None


@dataclass(frozen=True, slots=True)
class Earned:
    """What lists earned in a period: in all, in the period before, by day (every one), by placement, by strategy."""

    total: Figures
    before: Figures
    days: Mapping[date, Figures]
    days_before: Sequence[Figures]
    placements: Mapping[str, Figures]
    strategies: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class ItemEarned:
    """An item's figures in one placement by one source; both are empty where all are meant."""

    item_id: int
    placement: str
    source: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the items that can be bought were shown; `sold` is 0 where the shop was not asked yet."""

    shown: int
    sold: int


def computed_at() -> datetime | None:
    """The time that the figures are from; None before the first."""
    return OutcomeState.objects.values_list("computed_at", flat=True).first()


def earned(period: Period, *, placement: str = "") -> Earned:
    """Figures of all lists, or of one placement's; one query."""
    rows = DailyOutcome.objects.filter(day__gte=period.before.first, day__lte=period.last)
    wanted = Q(placement=placement) if placement else Q(placement="") | Q(strategy="")
    by: dict[str, dict[Any, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.filter(wanted).values("day", "placement", "strategy", "revenue", *COUNTS):
        is_whole = (row["placement"], row["strategy"]) == (placement, "")
        if is_whole:
            by["day"][row["day"]].append(row)
        if row["day"] >= period.first:
            if row["strategy"]:
                by["strategy"][row["strategy"]].append(row)
            elif row["placement"]:
                by["placement"][row["placement"]].append(row)

    def of(days: Iterable[date]) -> Figures:
        return _sum(row for day in days for row in by["day"].get(day, ()))

    days, days_before = _each(period), _each(period.before)
    return Earned(
        total=of(days),
        before=of(days_before),
        days={day: of([day]) for day in days},
        days_before=[of([day]) for day in days_before],
        placements={name: _sum(found) for name, found in sorted(by["placement"].items())},
        strategies={name: _sum(found) for name, found in sorted(by["strategy"].items())},
    )


def of_item(item_id: int, period: Period) -> tuple[Mapping[date, Figures], list[ItemEarned]]:
    """An item's figures by day, and by placement and source; one query."""
    rows = list(
        ItemOutcome.objects.filter(item=item_id, day__gte=period.first, day__lte=period.last).values(
            "day", "placement", "source", "revenue", *OF_ITEMS
        )
    )
    by_spot, by_day = defaultdict(list), defaultdict(list)
    for row in rows:
        by_spot[row["placement"], row["source"]].append(row)
        by_day[row["day"]].append(row)
    spots = [ItemEarned(item_id, *spot, _sum(found)) for spot, found in sorted(by_spot.items())]
    return {day: _sum(by_day[day]) for day in _each(period)}, spots


def earners(period: Period) -> list[ItemEarned]:
    """The items that most orders came from, at most MOST; two queries over what was sold."""
    sold = ItemOutcome.objects.filter(day__gte=period.first, day__lte=period.last, orders__gt=0)
    best = sold.values("item").annotate(number=Sum("orders")).order_by("-number", "item")[:MOST]
    item_ids = [row["item"] for row in best]
    rows = ItemOutcome.objects.filter(item__in=item_ids, day__gte=period.first, day__lte=period.last)
    found = _by_spot(rows, "item")
    return [ItemEarned(item_id, "", "", _sum(found[item_id,])) for item_id in item_ids]


def chosen(period: Period) -> list[ItemEarned]:
    """What staff pinned or promoted, by placement, most shown first, at most MOST; two queries over such rows alone."""
    rows = ItemOutcome.objects.filter(day__gte=period.first, day__lte=period.last, source__in=CHOSEN)
    most = rows.values("item", "placement", "source").annotate(number=Sum("shown")).order_by("-number", "item")[:MOST]
    spots = [(row["item"], row["placement"], row["source"]) for row in most]
    found = _by_spot(rows.filter(item__in={spot[0] for spot in spots}), "item", "placement", "source")
    return [ItemEarned(*spot, _sum(found[spot])) for spot in spots]


def added(found: Iterable[Figures]) -> Figures:
    """The sum of figures that share no order."""
    return _sum({**{name: getattr(one, name) for name in COUNTS}, "revenue": one.revenue} for one in found)


def coverage(period: Period) -> Coverage:
    """How much of what is sold was shown; two queries, one row a day."""
    sellable = OutcomeState.objects.values_list("sellable", flat=True).first()
    sold = unpacked(sellable or b"")
    days = ShownItems.objects.filter(day__gte=period.first, day__lte=period.last).values_list("items", flat=True)
    last = int(sold[-1]) if len(sold) else 0
    is_shown = np.zeros(last + 1, dtype=np.bool_)
    for items in days:
        shown = unpacked(items)
        is_shown[shown[: np.searchsorted(shown, last, side="right")]] = True
    return Coverage(int(np.count_nonzero(is_shown[sold])), len(sold))


def _each(period: Period) -> list[date]:
    return [period.first + timedelta(days=after) for after in range(period.days)]


def _by_spot(rows: Any, *names: str) -> Mapping[tuple[Any, ...], list[Mapping[str, Any]]]:
    found = defaultdict(list)
    for row in rows.values("item", "placement", "source", "revenue", *OF_ITEMS):
        found[tuple(row[name] for name in names)].append(row)
    return found


def _sum(rows: Iterable[Mapping[str, Any]]) -> Figures:
    counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        for name in COUNTS:
            counts[name] += row.get(name, 0)
        for currency, amount in row["revenue"].items():
            revenue[currency] += Decimal(amount)
    return Figures(**counts, revenue=dict(sorted(revenue.items())))
