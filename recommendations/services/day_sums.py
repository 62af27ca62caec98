"""One day of lists, clicks, carts and orders, added up by placement and strategy and by item."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q

from recommendations.models import CHOSEN, Impression, Item, database
from recommendations.services import attribute

Spot = tuple[str, str]
"""Placement and strategy; an empty name stands for all."""

MOST_SHOWN = 5_000
"""Items of a day that were neither clicked nor chosen, of which a row is kept: it bounds the table."""

PLACES = Decimal("0.0001")
"""What a unit price may have."""

ItemSpot = tuple[int, str, str]
"""Item id, placement, source."""


@dataclass(slots=True)
class Sums:
    """Figures that are added up; orders are counted once however many of their lines are added."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    orders: set[int] = field(default_factory=set)
    revenue: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def as_fields(self) -> dict[str, Any]:
        revenue = {currency: str(amount.quantize(PLACES)) for currency, amount in sorted(self.revenue.items())}
        return {**self.counts, "orders": len(self.orders), "revenue": revenue}


@dataclass(slots=True)
class DaySums:
    """The sums of a day, those with nothing in them left out."""

    lists: dict[Spot, Sums] = field(default_factory=lambda: defaultdict(Sums))
    items: dict[ItemSpot, Sums] = field(default_factory=lambda: defaultdict(Sums))
    shown_items: set[int] = field(default_factory=set)

    def of_lists(self) -> Iterator[tuple[Spot, dict[str, Any]]]:
        """Figures by placement and strategy."""
        return ((spot, sums.as_fields()) for spot, sums in sorted(self.lists.items()))

    def of_items(self) -> Iterator[tuple[ItemSpot, dict[str, Any]]]:
        """Figures by item, placement and source: all that were clicked, bought or chosen by staff, of the others the
        MOST_SHOWN that were shown most.
        """
        kept: list[tuple[ItemSpot, Sums]] = []
        others: list[tuple[ItemSpot, Sums]] = []
        for spot, sums in sorted(self.items.items()):
            is_kept = spot[2] in CHOSEN or sums.orders or sums.counts["clicks"] or sums.counts["cart_adds"]
            (kept if is_kept else others).append((spot, sums))
        others.sort(key=lambda one: -one[1].counts["shown"])
        return ((spot, sums.as_fields()) for spot, sums in (*kept, *others[:MOST_SHOWN]))

    def at(self, placement: str, strategy: str) -> list[Sums]:
        """What a list adds to: all lists, its placement, its strategy, and both together, as far as they are known."""
        return [self.lists[spot] for spot in sorted({("", ""), (placement, ""), ("", strategy), (placement, strategy)})]


def sums_of(start: datetime, end: datetime) -> DaySums:
    """What happened from `start` to before `end`; a constant number of queries."""
    day = DaySums()
    _add_lists(day, start, end)
    _add_shown(day, start, end)
    _add_clicks(day, start, end)
    for touch, item_id in attribute.cart_adds(since=start, until=end):
        for sums in [*day.at(touch.placement, touch.strategy), day.items[item_id, touch.placement, touch.source]]:
            sums.counts["cart_adds"] += 1
    for bought in attribute.purchases(since=start, until=end):
        touch = bought.touch
        for sums in [
            *day.at(touch.placement, touch.strategy),
            day.items[bought.item_id, touch.placement, touch.source],
        ]:
            sums.counts["quantity"] += bought.quantity
            sums.orders.add(bought.order_id)
            sums.revenue[bought.currency] += bought.amount
    return day


def _add_lists(day: DaySums, start: datetime, end: datetime) -> None:
    shown = Impression.objects.filter(shown_at__gte=start, shown_at__lt=end).order_by()
    counted = shown.values("placement", "strategy").annotate(
        lists=Count("pk"), back=Count("pk", filter=Q(fallback=True))
    )
    for row in counted:
        for sums in day.at(row["placement"], row["strategy"]):
            sums.counts["lists"] += row["lists"]
            sums.counts["fallbacks"] += row["back"]


def _add_shown(day: DaySums, start: datetime, end: datetime) -> None:
    """What the lists held; an entry of another form, or of an item that is not there any more, says nothing."""
    connection = database.connection()
    if connection.vendor == "postgresql":
        items = "CASE jsonb_typeof(list.items) WHEN 'array' THEN list.items ELSE '[]' END"
        entries = f"CROSS JOIN LATERAL jsonb_array_elements({items}) AS entry(value)"
        part, is_array = "(entry.value ->> {})", "jsonb_typeof(entry.value) = 'array'"
        size, is_number = "jsonb_array_length(entry.value)", "jsonb_typeof(entry.value -> 0) = 'number'"
    else:
        entries = "CROSS JOIN json_each(list.items) AS entry"
        part, is_array = "json_extract(entry.value, '$[{}]')", "entry.type = 'array'"
        size, is_number = "json_array_length(entry.value)", "json_type(entry.value, '$[0]') = 'integer'"
    adapt = connection.ops.adapt_datetimefield_value
    statement = f"""
        SELECT item.id, given.placement, given.strategy, given.source, given.shown FROM (
            SELECT CAST({part.format(0)} AS bigint) AS item_id, list.placement, list.strategy,
                {part.format(2)} AS source, count(*) AS shown
            FROM "{Impression._meta.db_table}" AS list {entries}
            WHERE list.shown_at >= %s AND list.shown_at < %s
                AND CASE WHEN {is_array} THEN {size} = 4 AND {is_number} ELSE false END
            GROUP BY 1, 2, 3, 4
        ) AS given JOIN "{Item._meta.db_table}" AS item ON item.id = given.item_id
    """  # noqa: S608 (table names are the models' own)
    with connection.cursor() as cursor:
        cursor.execute(statement, [adapt(start), adapt(end)])
        held: dict[Spot, int] = defaultdict(int)
        for item_id, placement, strategy, source, shown in cursor.fetchall():
            held[placement, strategy] += shown
            day.items[item_id, placement, source].counts["shown"] += shown
            day.shown_items.add(item_id)
    for spot, shown in held.items():
        for sums in day.at(*spot):
            sums.counts["shown"] += shown


def _add_clicks(day: DaySums, start: datetime, end: datetime) -> None:
    """Clicks by the list and the item; a list belongs to one placement, so those clicked add up."""
    clicked = attribute.clicks().filter(at__gte=start, at__lt=end).order_by()
    for row in clicked.values("placement", "strategy").annotate(
        number=Count("pk"), lists=Count("recommendation", distinct=True)
    ):
        for sums in day.at(row["placement"], row["strategy"]):
            sums.counts["clicks"] += row["number"]
            sums.counts["clicked"] += row["lists"]
    of_items = clicked.values("placement", "source", clicked_item=F("item")).annotate(number=Count("pk"))
    for item in of_items:
        day.items[item["clicked_item"], item["placement"], item["source"]].counts["clicks"] += item["number"]
