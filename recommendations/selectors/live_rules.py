"""What the counts of now say of pairs and of item sets, and whether a pair may be claimed between two mines."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connections, router

from recommendations.data.candidates import Pair
from recommendations.desks import Chosen
from recommendations.mining.guard import Floors, claims
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.significance import Cutoff, possible_pairs
from recommendations.models import (
    Artefact,
    ArtefactKind,
    BasketTotals,
    GenerationState,
    ItemCount,
    LivePointer,
    Order,
    OrderLine,
    PairCount,
    Rule,
)
from recommendations.models.sql import source
from recommendations.selectors.held import moment, waits

Period = tuple[datetime, datetime]
"""From when until when (exclusive)."""


@dataclass(frozen=True, slots=True)
class LivePair:
    """Counts of now: orders with both items, with the lower id, with the higher, and all.

    `shoppers` are the distinct known shoppers behind the rule of the live version, 0 where it has none. `waits`: staff
    must see it first. `claimed`: it may be called often bought together.
    """

    orders: int
    low_orders: int
    high_orders: int
    total_orders: int
    shoppers: int
    waits: bool
    claimed: bool


@dataclass(frozen=True, slots=True)
class LiveSet:
    """Orders of now that hold all items of a set, and the distinct known shoppers behind them."""

    orders: int
    shoppers: int


@dataclass(frozen=True, slots=True)
class Judge:
    """What a version was mined by, and its pairs are held against at the counts of now."""

    cutoff: Cutoff
    floors: Floors


def floors(chosen: Chosen) -> Floors:
    """The least that a pair must show to be claimed, by the parameters of mining."""
    return Floors(
        orders=chosen.MIN_RULE_ORDERS,
        shoppers=chosen.MIN_RULE_SHOPPERS,
        weighted_lift=chosen.MIN_WEIGHTED_LIFT,
    )


@lru_cache(maxsize=8)
def judge_of(metrics: str | None) -> Judge | None:
    """The cut-off and the floors among a version's metrics, a JSON text; None without a version, or of one without."""
    told = json.loads(metrics) if metrics else {}
    if "cutoff_p" not in told:
        return None
    return Judge(
        Cutoff(told["cutoff_p"], possible_pairs(told["items"]), told["false_rules"]),
        Floors(
            **{name: told[f"min_{name}"] for name in ("orders", "shoppers", "weighted_lift") if f"min_{name}" in told}
        ),
    )


def live_pairs(pairs: Iterable[Pair], *, now: datetime) -> Mapping[Pair, LivePair]:
    """The pairs at the counts of now, against the cut-off of the live version; one statement.

    Claimed is what the version has, staff need not see first, and passes at the counts of now too. A pair that passes
    since the last mine waits for the next: nobody has looked yet whether few or hasty accounts made it. Without counts
    nothing is told, without a version nothing is claimed.
    """
    asked = sorted(set(pairs))
    rows = _pair_rows(asked, now) if asked else []
    if not rows:
        return {}
    counts = np.array([row[2:10] for row in rows], dtype=np.int64)
    orders, share, share_square, low_orders, high_orders, _, size, size_multi = counts.T
    mined = np.array([row[10] or 0 for row in rows], dtype=np.int64)
    judge = judge_of(rows[0][11])
    passed = np.zeros(len(rows), dtype=np.bool_)
    known = np.flatnonzero((orders > 0) & (low_orders > 0) & (high_orders > 0))
    if judge is not None and len(known):
        weighted = WeightedPairs(
            share[known],
            share_square[known],
            low_orders[known],
            high_orders[known],
            size=int(size[0]),
            size_multi=int(size_multi[0]),
        )
        passed[known] = claims(
            weighted, orders=orders[known], shoppers=mined[known], cutoff=judge.cutoff, floors=judge.floors
        )
    return {
        _pair(row): LivePair(
            orders=row[2],
            low_orders=row[5],
            high_orders=row[6],
            total_orders=row[7],
            shoppers=int(people),
            waits=bool(row[12]),
            claimed=bool(one and not row[12]),
        )
        for row, people, one in zip(rows, mined, passed, strict=True)
    }


def live_sets(sets: Sequence[Sequence[int]], *, periods: Sequence[Period | None] = ()) -> list[LiveSet]:
    """What the counts hold of each set of one item or more, from the items' posting lists; one statement for all.

    Parameters
    ----------
    periods : for each set, from when until when (exclusive) its orders were placed; None, or no periods: all.
    """
    if not sets:
        return []
    connection = connections[router.db_for_read(Order)]
    parts: list[str] = []
    parameters: list[Any] = []
    adapt = connection.ops.adapt_datetimefield_value
    for number, (items, period) in enumerate(zip(sets, periods or [None] * len(sets), strict=True)):
        distinct = sorted(set(items))
        within = "" if period is None else " AND o.placed_at >= %s AND o.placed_at < %s"
        parts.append(_set_statement(number, len(distinct), connection.vendor) + within)
        parameters += [*distinct, *distinct, *map(adapt, period or ())]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        found = {number: LiveSet(orders, shoppers) for number, orders, shoppers in cursor.fetchall()}
    return [found[number] for number in range(len(sets))]


def _pair(row: Sequence[Any]) -> Pair:
    return row[0], row[1]


def _pair_rows(pairs: Sequence[Pair], now: datetime) -> list[tuple[Any, ...]]:
    connection = connections[router.db_for_read(PairCount)]
    given, parameters = source(connection, [("low", "bigint"), ("high", "bigint")], pairs)
    pair, item, totals = (model._meta.db_table for model in (PairCount, ItemCount, BasketTotals))
    rule, pointer, artefact = (model._meta.db_table for model in (Rule, LivePointer, Artefact))
    live = f"""SELECT a.id, a.metrics FROM "{artefact}" AS a JOIN "{pointer}" AS p ON p.artefact_id = a.id
        WHERE p.kind = '{ArtefactKind.RULES}'"""  # noqa: S608
    of_pair = f"""FROM "{rule}" AS r WHERE r.artefact_id = (SELECT id FROM ({live}) AS version)
        AND r.key IN (given.low || '=>' || given.high, given.high || '=>' || given.low)"""  # noqa: S608
    at = moment(connection, now)
    statement = f"""
        SELECT given.low, given.high, COALESCE(pair.orders, 0), COALESCE(pair.share, 0), COALESCE(pair.share_square, 0),
            COALESCE(one.orders, 0), COALESCE(other.orders, 0), totals.orders, totals.sum_size, totals.sum_size_multi,
            (SELECT MAX(r.shoppers) {of_pair}), (SELECT CAST(metrics AS text) FROM ({live}) AS version),
            EXISTS (SELECT 1 {of_pair} AND {waits("r")})
        FROM {given} CROSS JOIN "{totals}" AS totals
        LEFT JOIN "{pair}" AS pair ON pair.generation = totals.generation
            AND pair.low_id = given.low AND pair.high_id = given.high
        LEFT JOIN "{item}" AS one ON one.generation = totals.generation AND one.item_id = given.low
        LEFT JOIN "{item}" AS other ON other.generation = totals.generation AND other.item_id = given.high
        WHERE totals.state = '{GenerationState.LIVE}' ORDER BY given.low, given.high
        """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [at, at, *parameters])
        return list(cursor.fetchall())


def _set_statement(number: int, items: int, vendor: str) -> str:
    """Orders with a line of every item, of which the counts hold them all: a cut basket may lack one."""
    order, line = Order._meta.db_table, OrderLine._meta.db_table
    joined = " ".join(
        f"""JOIN "{line}" AS l{other} ON l{other}.order_id = l0.order_id AND l{other}.item_id = %s"""
        for other in range(1, items)
    )
    marks = ", ".join(["%s"] * items)
    if vendor == "postgresql":
        held = f"o.counted_items @> jsonb_build_array({', '.join(['%s::bigint'] * items)})"
    else:
        held = f"(SELECT COUNT(*) FROM json_each(o.counted_items) WHERE value IN ({marks})) = {items}"  # noqa: S608
    of_all = f'SELECT l0.order_id FROM "{line}" AS l0 {joined} WHERE l0.item_id = %s'  # noqa: S608
    counted = f'SELECT {number}, COUNT(*), COUNT(DISTINCT o.counted_shopper) FROM "{order}" AS o'  # noqa: S608
    return f"{counted} WHERE o.id IN ({of_all}) AND {held}"
