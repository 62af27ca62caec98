"""What serving reads of the counts: the candidates of one moment, and the best sellers of a category."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connections, router
from django.db.models import Subquery, TextField, Value
from django.db.models.functions import Cast, Concat

from recommendations.conf import settings
from recommendations.data.candidates import Candidates, Ids, Totals
from recommendations.models import (
    ArtefactKind,
    BasketTotals,
    BrowseLog,
    Decision,
    EventKind,
    GenerationState,
    Item,
    ItemCount,
    LivePointer,
    PairCount,
    Rule,
    RuleDecision,
    Shopper,
    database,
)
from recommendations.models.database import on_replica
from recommendations.models.sql import among, planned_once
from recommendations.selectors.bought import bought_rows, statistics_rows
from recommendations.selectors.claimed import CLAIMS, claimed
from recommendations.selectors.held import in_force, moment, waits

SCALE = float(2**32)
"""Weights are stored as integers, this many times their value."""

MOST_PARTNERS = 1_000
"""Partners read for a whole cart: a full one reads fewer of each item, at least FEWEST_PARTNERS.

On 20,000 real carts' counts the ten best then have 99.97 % of the exact scores at 20 items, 99.6 % at 50.
"""

FEWEST_PARTNERS = 10


def candidates(
    *,
    asked_keys: Sequence[str] = (),
    asked_ids: Sequence[int] = (),
    extra_ids: Sequence[int] = (),
    partners: int,
    popular: int,
    shopper: str | None = None,
    history: bool = False,
    statistics: bool = False,
    now: datetime,
) -> Candidates:
    """Candidates of one moment, in one statement.

    Pairs whose rule waits for staff, or was rejected by them in this direction, count as never seen.

    Parameters
    ----------
    asked_keys : item keys whose strongest `partners` by W are candidates.
    asked_ids : further items of which only the pairs with `extra_ids` are read.
    extra_ids : items that are candidates in any case.
    partners, popular : how many partners of each asked item, and how many of the most popular items are read.
    shopper : key of the shopper whose unwanted items are read.
    history : whether to read what the shopper bought; nothing after a refusal. All is then read where consent is
        written, since a replica may not know of a refusal yet.
    statistics : whether to read which version of item statistics serves.
    """
    connection = database.connection() if history else connections[router.db_for_read(Item)]
    statement, parameters = _statement(
        connection, asked_keys, asked_ids, extra_ids, partners, popular, shopper, moment(connection, now)
    )
    if history:
        statement += f" UNION ALL {bought_rows()}"
        parameters.append(shopper)
    if statistics:
        statement += f" UNION ALL {statistics_rows()}"
    with planned_once(connection) as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    return _as_candidates(rows, asked_keys, asked_ids)


def best_sellers(keys: Sequence[str], *, generation: int, limit: int) -> list[tuple[int, str, int]]:
    """(item id, item key, orders) of those of the given items that sell best, best first; one query."""
    sold = on_replica(ItemCount.objects.filter(generation=generation, item__key__in=keys, orders__gt=0))
    return list(sold.order_by("-orders", "item_id").values_list("item_id", "item__key", "orders")[:limit])


def orders_of(item_ids: Sequence[int]) -> dict[int, int]:
    """Orders of each of the given items that were sold, in the live counts, by item id; one query."""
    live = BasketTotals.objects.live().values("generation")[:1]
    sold = on_replica(ItemCount.objects.filter(generation=live, item_id__in=item_ids, orders__gt=0))
    return dict(sold.values_list("item_id", "orders"))


def item_and_network(item_key: str) -> tuple[int | None, tuple[int, str] | None]:
    """The id of an item, and id and serving file of the live network; None where there is none. One query."""
    item = Item.objects.filter(key=item_key).values("id")[:1]
    pointers = LivePointer.objects.filter(kind=ArtefactKind.NETWORK).annotate(item_id=Subquery(item))
    serving = Concat("artefact__sha256", Value(" "), Cast("artefact__refreshed", TextField()), output_field=TextField())
    found = pointers.values_list("item_id", "artefact_id", serving).first()
    return (None, None) if found is None else (found[0], found[1:])


def _statement(
    connection: Any,
    asked_keys: Sequence[str],
    asked_ids: Sequence[int],
    extra_ids: Sequence[int],
    partners: int,
    popular: int,
    shopper: str | None,
    at: Any,
) -> tuple[str, list[Any]]:
    """Rows (kind, five integers, a text).

    0 the totals, 1 a pair, 2 an item, 3 an unwanted item, 4 a held pair, 5 and 6 an asked item with the key of its rule
    that staff rejected or boosted, 9 a pair with a rule, 10 what that is judged by; `candidates` adds 7 an item that
    the shopper bought, 8 the version of statistics.

    All in one statement, so that n_ab, n_a, n_b and N are of one moment whatever is folded meanwhile. Items are looked
    up one by one: a planner that cannot know how many there are joins with a scan of the whole table. For the same
    reason limits stand in the text: of parameters PostgreSQL would not keep the plan (`planned_once`).
    """
    item, count, pair, totals, log, person, rule, pointer, decision = (
        model._meta.db_table
        for model in (Item, ItemCount, PairCount, BasketTotals, BrowseLog, Shopper, Rule, LivePointer, RuleDecision)
    )
    each = int(max(FEWEST_PARTNERS, min(partners, MOST_PARTNERS // max(len(asked_keys), 1))))
    strongest, parameters = _strongest(pair, item, asked_keys, each)
    named = ", ".join(["%s"] * len(asked_keys)) or "NULL"
    is_asked, asked = among(connection, "id", asked_ids)
    is_extra, extra = among(connection, "id", extra_ids)
    # Of an item with fewer partners than are read all are there already.
    has_more = f"(SELECT COUNT(*) FROM strongest AS s WHERE asked.id IN (s.low_id, s.high_id)) >= {each}"  # noqa: S608
    is_history, history = among(connection, "asked.id", asked_ids)
    statement = f"""
        WITH live AS (
            SELECT generation, sequence, orders, orders - sum_size + sum_size_multi AS multi_orders, sum_root,
                sum_size, sum_size_multi, folded_at
            FROM "{totals}" WHERE state = '{GenerationState.LIVE}'
        ), asked AS (
            SELECT id FROM "{item}" WHERE key IN ({named}) OR {is_asked}
        ), popular AS (
            SELECT item_id AS id, orders FROM "{count}"
            WHERE generation = (SELECT generation FROM live) AND orders > 0
            ORDER BY orders DESC, item_id LIMIT {int(popular)}
        ), extra AS (
            SELECT id FROM "{item}" WHERE {is_extra}
        ), strongest AS (
            {strongest}
        ), crossed AS (
            SELECT p.low_id, p.high_id, p.orders, p.weight, p.share, p.share_square
            FROM (
                SELECT asked.id, other.id AS other FROM asked
                CROSS JOIN (SELECT id FROM popular UNION SELECT id FROM extra) AS other WHERE {has_more}
                UNION SELECT asked.id, extra.id FROM asked CROSS JOIN extra WHERE {is_history}
            ) AS met
            JOIN "{pair}" AS p ON p.generation = (SELECT generation FROM live)
                AND p.low_id = CASE WHEN met.id < met.other THEN met.id ELSE met.other END
                AND p.high_id = CASE WHEN met.id < met.other THEN met.other ELSE met.id END
        ), serves AS (
            SELECT artefact_id FROM "{pointer}" WHERE kind = '{ArtefactKind.RULES}'
        ), wanted AS (
            SELECT low_id AS id FROM strongest UNION SELECT high_id FROM strongest
            UNION SELECT id FROM extra UNION SELECT id FROM asked EXCEPT SELECT id FROM popular
        )
        SELECT 0, generation, sequence, orders, multi_orders, sum_root, CAST(folded_at AS text) FROM live
        UNION ALL SELECT 1, low_id, high_id, orders, weight, 0, '' FROM strongest
        UNION ALL SELECT 1, low_id, high_id, orders, weight, 0, '' FROM crossed
        UNION ALL SELECT 2, popular.id, popular.orders, 0, 0, 0,
                (SELECT i.key FROM "{item}" AS i WHERE i.id = popular.id) FROM popular
        UNION ALL SELECT 2, wanted.id, COALESCE((
                SELECT n.orders FROM "{count}" AS n
                WHERE n.generation = (SELECT generation FROM live) AND n.item_id = wanted.id
            ), 0), 0, 0, 0, (SELECT i.key FROM "{item}" AS i WHERE i.id = wanted.id) FROM wanted
        UNION ALL SELECT CASE d.decision WHEN '{Decision.REJECTED}' THEN 5 ELSE 6 END, asked.id, 0, 0, 0, 0, d.rule_key
            FROM asked JOIN "{decision}" AS d ON d.antecedents = CAST(asked.id AS text)
            WHERE d.decision IN ('{Decision.REJECTED}', '{Decision.BOOSTED}') AND {in_force("d")}
    """  # noqa: S608 (table names are the models' own)
    parameters = [*asked_keys, *asked, *extra, *parameters, *history, at, at]
    for side in ("antecedent_id", "consequent_id"):
        statement += f"""
            UNION ALL SELECT 4, r.antecedent_id, r.consequent_id, 0, 0, 0, '' FROM "{rule}" AS r
            WHERE r.artefact_id = (SELECT artefact_id FROM serves) AND r.{side} IN (SELECT id FROM asked)
            AND {waits("r")}
        """  # noqa: S608
        parameters += [at, at]
    if asked_keys:
        statement += CLAIMS
        parameters.append(settings.MIN_RULE_ORDERS)
    if shopper is not None:
        statement += f"""
            UNION ALL SELECT DISTINCT 3, b.item_id, 0, 0, 0, 0, ''
            FROM "{log}" AS b WHERE b.kind = '{EventKind.NOT_INTERESTED}' AND b.shopper_id IN
                (SELECT COALESCE(s.merged_into_id, s.id) FROM "{person}" AS s WHERE s.key = %s)
        """  # noqa: S608
        parameters.append(shopper)
    return statement, parameters


def _strongest(pair: str, item: str, asked_keys: Sequence[str], each: int) -> tuple[str, list[Any]]:
    """Both directions of each asked item, each by its own index; equal weights by item id, on every database alike."""
    columns = "low_id, high_id, orders, weight, share, share_square"
    parts: list[str] = []
    parameters: list[Any] = []
    for key in asked_keys:
        directions = []
        for own, other in (("low_id", "high_id"), ("high_id", "low_id")):
            directions.append(
                f"""SELECT * FROM (SELECT {columns}, {other} AS other FROM "{pair}"
                    WHERE generation = (SELECT generation FROM live)
                    AND {own} = (SELECT id FROM "{item}" WHERE key = %s)
                    ORDER BY weight DESC, {other} LIMIT {each}) AS {own}_first"""  # noqa: S608
            )
            parameters.append(key)
        both = " UNION ALL ".join(directions)
        parts.append(
            f"""SELECT {columns} FROM (
                SELECT * FROM ({both}) AS both_ways{len(parts)} ORDER BY weight DESC, other LIMIT {each}
            ) AS part{len(parts)}"""  # noqa: S608
        )
    return " UNION ALL ".join(parts) or f'SELECT {columns} FROM "{pair}" WHERE 1 = 0', parameters  # noqa: S608


def _as_candidates(rows: Sequence[Any], asked_keys: Sequence[str], asked_ids: Sequence[int]) -> Candidates:
    totals = next((_as_totals(row) for row in rows if row[0] == 0), Totals())
    items = sorted((row[1], row[6], row[2]) for row in rows if row[0] == 2)
    item_ids = np.array([row[0] for row in items], dtype=np.int64)
    keys = tuple(row[1] for row in items)
    asked = _asked(items, asked_keys, asked_ids)
    held = {frozenset(row[1:3]) for row in rows if row[0] == 4}
    withheld = np.isin(item_ids, list(set().union(*held))) if held else np.zeros(len(item_ids), dtype=np.bool_)
    withheld[asked] = False
    seen = [row[1:5] for row in rows if row[0] == 1 and frozenset(row[1:3]) not in held]
    pairs = np.array(seen, dtype=np.int64).reshape(-1, 4)
    pair_orders, pair_weights = _matrices(pairs, item_ids, asked)
    rejected = _decided([row for row in rows if row[0] == 5], item_ids, asked)
    pair_orders[rejected[:, 0], rejected[:, 1]] = pair_weights[rejected[:, 0], rejected[:, 1]] = 0
    refused = np.zeros(len(item_ids), dtype=np.bool_)
    refused[rejected[:, 1]] = True
    alone = ~pair_weights.any(axis=0)
    return Candidates(
        totals=totals,
        item_ids=item_ids,
        keys=keys,
        orders=np.array([row[2] for row in items], dtype=np.int64),
        asked=asked,
        pair_orders=pair_orders,
        pair_weights=pair_weights / SCALE,
        unwanted=np.array([row[1] for row in rows if row[0] == 3], dtype=np.int64),
        held=item_ids[withheld & alone],
        rejected=item_ids[refused & alone],
        boosted=_decided([row for row in rows if row[0] == 6], item_ids, asked),
        claimed=claimed(rows, held),
        own=len(set(asked_keys).intersection(keys)),
        bought={row[1]: row[2] for row in rows if row[0] == 7},
        statistics=next(((row[1], row[6]) for row in rows if row[0] == 8), None),
    )


def _as_totals(row: Sequence[Any]) -> Totals:
    folded_at = datetime.fromisoformat(row[6]) if row[6] else None
    if folded_at is not None and folded_at.tzinfo is None:
        folded_at = folded_at.replace(tzinfo=UTC)
    return Totals(
        generation=row[1],
        sequence=row[2],
        orders=row[3],
        multi_orders=row[4],
        sum_root=row[5] / SCALE,
        folded_at=folded_at,
    )


def _asked(items: Sequence[tuple[int, str, int]], asked_keys: Sequence[str], asked_ids: Sequence[int]) -> Ids:
    by_key = {key: position for position, (_, key, _) in enumerate(items)}
    by_id = {item_id: position for position, (item_id, _, _) in enumerate(items)}
    positions = [by_key[key] for key in asked_keys if key in by_key]
    positions += [by_id[item_id] for item_id in asked_ids if item_id in by_id]
    return np.array(list(dict.fromkeys(positions)), dtype=np.int64)


def _decided(rows: Sequence[Any], item_ids: Ids, asked: Ids) -> Ids:
    """int64[r, 2], the row of the asked item and the candidate's position of each decision that is about candidates."""
    row_of = {int(item_ids[position]): row for row, position in enumerate(asked.tolist())}
    found = [(row_of[row[1]], int(row[6].partition("=>")[2])) for row in rows]
    places = np.searchsorted(item_ids, [item_id for _, item_id in found])
    there = [
        (row, place)
        for (row, item_id), place in zip(found, places.tolist(), strict=True)
        if place < len(item_ids) and item_ids[place] == item_id
    ]
    return np.array(there, dtype=np.int64).reshape(-1, 2)


def _matrices(pairs: Ids, item_ids: Ids, asked: Ids) -> tuple[Ids, Ids]:
    """Orders and stored weights as [asked, candidate]: a pair of two asked items stands in both their rows."""
    orders = np.zeros((len(asked), len(item_ids)), dtype=np.int64)
    weights = np.zeros_like(orders)
    row_of = np.full(len(item_ids), -1, dtype=np.int64)
    row_of[asked] = np.arange(len(asked))
    low, high = np.searchsorted(item_ids, pairs[:, 0]), np.searchsorted(item_ids, pairs[:, 1])
    for own, other in ((low, high), (high, low)):
        held = row_of[own] >= 0
        orders[row_of[own[held]], other[held]] = pairs[held, 2]
        weights[row_of[own[held]], other[held]] = pairs[held, 3]
    return orders, weights
