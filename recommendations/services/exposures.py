"""Count what was shown and what became of it: each impression once its time is over, and back when it is erased.

The impressions whose `outcome` is empty are the queue, as pending orders are the fold's. An impression keeps what it
was counted with, so erasing it takes away exactly that; pruning old impressions leaves their sums.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from recommendations.conf import settings
from recommendations.evaluation.examination import weight
from recommendations.models import BrowseLog, EventKind, Impression, Item, ItemExposure, OrderLine, Status, database
from recommendations.models.sql import source

AT_ONCE = 500
"""Impressions counted in one transaction: some tens of milliseconds of SQLite's one writer."""

SCALE = 2**10
KEYS = ("item_id", "placement", "rank")
SUMS = (
    "impressions",
    "clicks",
    "purchases",
    "weight",
    "weight_clicks",
    "weight_purchases",
    "weight_squares",
)

Outcome = tuple[list[int], list[int]]
Place = tuple[int, str, int]


def ripe(*, now: datetime) -> "QuerySet[Impression]":
    """Impressions that are not counted yet and whose time for a click and a purchase is over."""
    return Impression.objects.filter(outcome__isnull=True, shown_at__lte=now - _time())


def count_batch(*, now: datetime) -> int:
    """Count the oldest ripe impressions, at most AT_ONCE, in one transaction; returns how many it were."""
    with database.atomic():
        rows = list(ripe(now=now).select_for_update().order_by("shown_at", "id")[:AT_ONCE])
        if rows:
            outcomes = _outcomes(rows)
            _add(_sums(rows, outcomes))
            _keep(outcomes)
    return len(rows)


def uncount(impressions: "QuerySet[Impression]") -> None:
    """Take away what these impressions were counted with. Call it in the transaction that deletes them."""
    rows = list(impressions.select_for_update().order_by("shown_at", "id"))
    counted = {row.pk: (row.outcome[0], row.outcome[1]) for row in rows if row.outcome is not None}
    taken = _sums([row for row in rows if row.pk in counted], counted)
    _add({place: [-value for value in sums] for place, sums in taken.items()})


def _time() -> timedelta:
    return timedelta(minutes=settings.OUTCOME_MINUTES)


def _entries(impression: Impression) -> list[tuple[int, int, float]]:
    """(item id, rank, propensity) of what the list held; an entry of another form says nothing."""
    return [(entry[0], entry[1], entry[3]) for entry in impression.items if len(entry) == 4 and 0 < entry[3] <= 1]


def _outcomes(rows: Sequence[Impression]) -> dict[int, Outcome]:
    """By the impression's id, the ranks that were clicked in time, and those of them that were bought in time."""
    by_list: dict[UUID | None, Impression] = {row.recommendation: row for row in rows}
    clicks = BrowseLog.objects.filter(kind=EventKind.CLICK, recommendation__in=by_list)
    clicked: dict[int, dict[int, tuple[int, datetime]]] = defaultdict(dict)
    for recommendation, item, shopper, at in clicks.values_list("recommendation", "item", "shopper", "at"):
        impression = by_list[recommendation]
        if at <= impression.shown_at + _time():
            clicked[impression.pk].setdefault(item, (shopper, at))
    bought = _bought(rows, clicked)
    outcomes: dict[int, Outcome] = {}
    for row in rows:
        ranks = {item: rank for item, rank, _ in _entries(row) if item in clicked[row.pk]}
        ends = row.shown_at + _time()
        paid = [
            rank
            for item, rank in ranks.items()
            if any(clicked[row.pk][item][1] <= at <= ends for at in bought.get((clicked[row.pk][item][0], item), ()))
        ]
        outcomes[row.pk] = (sorted(ranks.values()), sorted(paid))
    return outcomes


def _bought(
    rows: Sequence[Impression], clicked: Mapping[int, Mapping[int, tuple[int, datetime]]]
) -> Mapping[tuple[int, int], list[datetime]]:
    """When those who clicked bought what they clicked, by shopper and item; one query, none without a click."""
    wanted = {(shopper, item) for of_list in clicked.values() for item, (shopper, _) in of_list.items()}
    if not wanted:
        return {}
    lines = OrderLine.objects.filter(
        order__shopper__in={shopper for shopper, _ in wanted},
        item__in={item for _, item in wanted},
        order__status=Status.PLACED,
        order__placed_at__gte=min(at for of_list in clicked.values() for _, at in of_list.values()),
        order__placed_at__lte=max(row.shown_at for row in rows) + _time(),
    )
    found: dict[tuple[int, int], list[datetime]] = defaultdict(list)
    for shopper, item, placed_at in lines.values_list("order__shopper", "item", "order__placed_at"):
        if (shopper, item) in wanted:
            found[shopper, item].append(placed_at)
    return found


def _sums(rows: Iterable[Impression], outcomes: Mapping[int, Outcome]) -> dict[Place, list[int]]:
    """What these impressions add to each row of `ItemExposure`, in the order of SUMS."""
    sums: dict[Place, list[int]] = {}
    for row in rows:
        clicked, bought = outcomes[row.pk]
        for item, rank, propensity in _entries(row):
            inverse = weight(propensity)
            whole, square = round(SCALE * inverse), round(SCALE * inverse**2)
            click, purchase = rank in clicked, rank in bought
            added = (1, click, purchase, whole, whole * click, whole * purchase, square)
            held = sums.setdefault((item, row.placement, rank), [0] * len(SUMS))
            sums[item, row.placement, rank] = [value + more for value, more in zip(held, added, strict=True)]
    return sums


def _add(sums: Mapping[Place, Sequence[int]]) -> None:
    """Add to the rows, in the order of their keys; rows of which nothing is left go.

    Of items that a restored database has lost nothing is added: a list that was served before still names them.
    """
    if not sums:
        return
    connection, table = database.connection(), ItemExposure._meta.db_table
    columns = [("item_id", "bigint"), ("placement", "text"), ("rank", "integer"), *((name, "bigint") for name in SUMS)]
    rows: list[list[Any]] = [[*place, *values] for place, values in sorted(sums.items())]
    given, parameters = source(connection, columns, rows)
    same = " AND ".join(f'"{table}".{name} = given.{name}' for name in KEYS)
    falls = rows[0][len(KEYS)] < 0
    if falls:
        added = ", ".join(f'{name} = "{table}".{name} + given.{name}' for name in SUMS)
        _execute(f'UPDATE "{table}" SET {added} FROM {given} WHERE {same}', parameters)  # noqa: S608
        keys = ", ".join(KEYS)
        _execute(
            f'DELETE FROM "{table}" WHERE impressions = 0 AND ({keys}) IN (SELECT {keys} FROM {given})',  # noqa: S608
            parameters,
        )
        return
    names = ", ".join([*KEYS, *SUMS])
    added = ", ".join(f'{name} = "{table}".{name} + excluded.{name}' for name in SUMS)
    _execute(
        f"""INSERT INTO "{table}" ({names}) SELECT {names} FROM {given}
            WHERE item_id IN (SELECT id FROM "{Item._meta.db_table}") ORDER BY {", ".join(KEYS)}
            ON CONFLICT ({", ".join(KEYS)}) DO UPDATE SET {added}""",  # noqa: S608
        parameters,
    )


def _keep(outcomes: Mapping[int, Outcome]) -> None:
    """Note on each impression what it was counted with."""
    connection, table = database.connection(), Impression._meta.db_table
    rows = [(pk, f"[{clicked}, {bought}]") for pk, (clicked, bought) in sorted(outcomes.items())]
    given, parameters = source(connection, [("id", "bigint"), ("outcome", "text")], rows)
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    _execute(
        f'UPDATE "{table}" SET outcome = given.outcome{cast} FROM {given} WHERE "{table}".id = given.id',  # noqa: S608
        parameters,
    )


def _execute(statement: str, parameters: Sequence[Any]) -> None:
    with database.connection().cursor() as cursor:
        cursor.execute(statement, parameters)
