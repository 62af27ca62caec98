"""What serving reads of the counts: the candidates of one moment, and the best sellers of a category."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connections, router
from django.db.models import Subquery, TextField, Value
from django.db.models.functions import Cast, Concat

from recommendations.data.candidates import Candidates, Ids, Pair
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
    ManualRule,
    PairCount,
    Rule,
    RuleDecision,
    Shopper,
    database,
)
from recommendations.models.database import on_replica
from recommendations.models.sql import among
from recommendations.plans import planned_once
from recommendations.selectors.bought import bought_rows, statistics_rows
from recommendations.selectors.claimed import Rows, claims_statement
from recommendations.selectors.counted import SCALE, Counted, counted_of, known_counts
from recommendations.selectors.held import in_force, moment, waits

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
    lasting: bool = False,
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
    lasting : whether the same counts may be asked for again: they are kept, and not read again until the next fold.
    """
    connection = database.connection() if history else connections[router.db_for_read(Item)]
    question = (connection.alias, *map(tuple, (asked_keys, asked_ids, extra_ids)), partners, popular)
    kept = known_counts.of(question) if lasting else None
    statement, parameters = _statement(
        connection,
        asked_keys,
        asked_ids,
        extra_ids,
        partners,
        popular,
        shopper,
        moment(connection, now),
        kept.name if kept else "",
    )
    if history:
        statement += f" UNION ALL {bought_rows()}"
        parameters.append(shopper)
    if statistics:
        statement += f" UNION ALL {statistics_rows()}"
    with planned_once(connection) as cursor:
        cursor.execute(statement, parameters)
        rows: dict[int, list[Any]] = {}
        for row in cursor.fetchall():
            rows.setdefault(row[0], []).append(row)
    name = rows[13][0][6] if 13 in rows else ""
    counted = kept if kept and kept.name == name else counted_of(rows, name, asked_keys, asked_ids)
    if lasting and name and counted is not kept:
        known_counts.keep(question, counted)
    return _as_candidates(rows, counted)


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


DECIDED = f"""
    decided AS (
        SELECT asked.id, d.decision, d.rule_key, d.antecedents, d.strength, CAST(d.frozen AS text) AS frozen
        FROM asked JOIN "{RuleDecision._meta.db_table}" AS d ON d.antecedents = CAST(asked.id AS text)
        WHERE (d.decision IN ('{Decision.REJECTED}', '{Decision.BOOSTED}') OR d.frozen IS NOT NULL) AND {in_force("d")}
    ), manual AS (
        SELECT m.id, m.antecedent_id, m.consequent_id, m.position
        FROM asked JOIN "{ManualRule._meta.db_table}" AS m ON m.antecedent_id = asked.id WHERE {in_force("m")}
    ), brought AS (
        SELECT consequent_id AS id FROM manual
        UNION SELECT CAST(SUBSTR(rule_key, LENGTH(antecedents) + 3) AS bigint) FROM decided
            WHERE decision = '{Decision.FROZEN}'
    )"""  # noqa: S608 (table names are the models' own)
"""What staff decided of the asked items' rules, the rules by hand beside them, and the items that either brings in
whatever the counts say; the parameters are four moments."""


def _statement(
    connection: Any,
    asked_keys: Sequence[str],
    asked_ids: Sequence[int],
    extra_ids: Sequence[int],
    partners: int,
    popular: int,
    shopper: str | None,
    at: Any,
    known: str,
) -> tuple[str, list[Any]]:
    """Rows (kind, five integers, a text).

    0 the totals, 1 a pair, 2 an item, 3 an unwanted item, 4 a held pair, 5 and 6 an asked item with the key of its rule
    that staff rejected or boosted (by so many thousandths), 9 a pair with a rule, 10 what that is judged by, 11 an
    asked item with its rule as staff froze it, 12 a rule by hand, 13 the name of the counts' state and of the items
    that staff bring in; `candidates` adds 7 an item that the shopper bought, 8 the version of statistics. Where the
    state is the `known` one, rows 1, 2 and 9 are left out.

    All in one statement, so that n_ab, n_a, n_b and N are of one moment whatever is folded meanwhile. Items are looked
    up one by one: a planner that cannot know how many there are joins with a scan of the whole table. For the same
    reason limits stand in the text: of parameters PostgreSQL would not keep the plan (`planned_once`).
    """
    item, count, pair, totals, log, person, rule, pointer = (
        model._meta.db_table
        for model in (Item, ItemCount, PairCount, BasketTotals, BrowseLog, Shopper, Rule, LivePointer)
    )
    each = int(max(FEWEST_PARTNERS, min(partners, MOST_PARTNERS // max(len(asked_keys), 1))))
    strongest, parameters = _strongest(pair, item, asked_keys, each)
    named = ", ".join(["%s"] * len(asked_keys)) or "NULL"
    is_asked, asked = among(connection, "id", asked_ids)
    is_extra, extra = among(connection, "id", extra_ids)
    # Of an item with fewer partners than are read all are there already.
    has_more = f"(SELECT COUNT(*) FROM strongest AS s WHERE asked.id IN (s.low_id, s.high_id)) >= {each}"  # noqa: S608
    is_history, history = among(connection, "asked.id", asked_ids)
    joined = "string_agg(CAST(id AS text), ',')" if connection.vendor == "postgresql" else "group_concat(id)"
    statement = f"""
        WITH serves AS (
            SELECT artefact_id FROM "{pointer}" WHERE kind = '{ArtefactKind.RULES}'
        ), asked AS (
            SELECT id FROM "{item}" WHERE key IN ({named}) OR {is_asked}
        ), {DECIDED}, live AS (
            SELECT generation, sequence, orders, orders - sum_size + sum_size_multi AS multi_orders, sum_root,
                sum_size, sum_size_multi, folded_at,
                generation || ' ' || sequence || ' ' || CAST(created_at AS text) || ' ' ||
                COALESCE(CAST(folded_at AS text), '') || ' ' || COALESCE((SELECT artefact_id FROM serves), 0) || ' ' ||
                COALESCE((SELECT {joined} FROM brought), '') AS name
            FROM "{totals}" WHERE state = '{GenerationState.LIVE}'
        ), counting AS (
            SELECT generation FROM live WHERE name <> %s
        ), popular AS (
            SELECT item_id AS id, orders FROM "{count}"
            WHERE generation = (SELECT generation FROM counting) AND orders > 0
            ORDER BY orders DESC, item_id LIMIT {int(popular)}
        ), extra AS (
            SELECT id FROM "{item}" WHERE {is_extra} UNION SELECT id FROM brought
        ), strongest AS (
            {strongest}
        ), crossed AS (
            SELECT p.low_id, p.high_id, p.orders, p.weight, p.share, p.share_square
            FROM (
                SELECT asked.id, other.id AS other FROM asked
                CROSS JOIN (SELECT id FROM popular UNION SELECT id FROM extra) AS other WHERE {has_more}
                UNION SELECT asked.id, extra.id FROM asked CROSS JOIN extra WHERE {is_history}
            ) AS met
            JOIN "{pair}" AS p ON p.generation = (SELECT generation FROM counting)
                AND p.low_id = CASE WHEN met.id < met.other THEN met.id ELSE met.other END
                AND p.high_id = CASE WHEN met.id < met.other THEN met.other ELSE met.id END
        ), wanted AS (
            SELECT low_id AS id FROM strongest UNION SELECT high_id FROM strongest
            UNION SELECT id FROM extra UNION SELECT id FROM asked EXCEPT SELECT id FROM popular
        )
        SELECT 0, generation, sequence, orders, multi_orders, sum_root, CAST(folded_at AS text) FROM live
        UNION ALL SELECT 13, 0, 0, 0, 0, 0, name FROM live
        UNION ALL SELECT 1, low_id, high_id, orders, weight, 0, '' FROM strongest
        UNION ALL SELECT 1, low_id, high_id, orders, weight, 0, '' FROM crossed
        UNION ALL SELECT 2, popular.id, popular.orders, 0, 0, 0,
                (SELECT i.key FROM "{item}" AS i WHERE i.id = popular.id) FROM popular
        UNION ALL SELECT 2, wanted.id, COALESCE((
                SELECT n.orders FROM "{count}" AS n
                WHERE n.generation = (SELECT generation FROM live) AND n.item_id = wanted.id
            ), 0), 0, 0, 0, (SELECT i.key FROM "{item}" AS i WHERE i.id = wanted.id) FROM wanted
            WHERE NOT EXISTS (SELECT 1 FROM live WHERE name = %s)
        UNION ALL SELECT CASE decision WHEN '{Decision.REJECTED}' THEN 5 WHEN '{Decision.BOOSTED}' THEN 6 ELSE 11 END,
            id, CAST(ROUND(1000 * strength) AS bigint), 0, 0, 0, CASE WHEN frozen IS NULL THEN rule_key ELSE frozen END
            FROM decided
        UNION ALL SELECT 12, antecedent_id, consequent_id, COALESCE(position, 0), id, 0, '' FROM manual
    """  # noqa: S608 (table names are the models' own)
    parameters = [*asked_keys, *asked, at, at, at, at, known, *extra, *parameters, *history, known]
    for side in ("antecedent_id", "consequent_id"):
        statement += f"""
            UNION ALL SELECT 4, r.antecedent_id, r.consequent_id, 0, 0, 0, '' FROM "{rule}" AS r
            WHERE r.artefact_id = (SELECT artefact_id FROM serves) AND r.{side} IN (SELECT id FROM asked)
            AND {waits("r")}
        """  # noqa: S608
        parameters += [at, at]
    if asked_keys:
        statement += claims_statement(connection.vendor)
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
                    WHERE generation = (SELECT generation FROM counting)
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


def _as_candidates(rows: Rows, counted: Counted) -> Candidates:
    """The counts with what staff and the shopper decided of them at this moment."""
    item_ids, asked = counted.item_ids, counted.asked
    held = {frozenset(row[1:3]) for row in rows.get(4, ())}
    rejected = _places([_sides(row[6]) for row in rows.get(5, ())], item_ids, asked)
    frozen = _frozen(rows.get(11, ()), item_ids, asked)
    pair_orders, pair_weights, claimed = counted.pair_orders, counted.pair_weights, counted.claimed
    withheld, refused = np.zeros((2, len(item_ids)), dtype=np.bool_)
    if held or frozen or len(rejected):
        pair_orders, pair_weights = pair_orders.copy(), pair_weights.copy()
        claimed = frozenset(pair for pair in claimed if frozenset(pair) not in held)
        claimed |= {_pair_of(place, item_ids, asked) for place in frozen}
        pairs = _places([one for pair in held for one in (tuple(pair), tuple(pair)[::-1])], item_ids, asked)
        for row, place in pairs.tolist():
            pair_orders[row, place] = pair_weights[row, place] = 0
        for where, (*counts, weight) in frozen.items():
            pair_orders[where], pair_weights[where] = counts[0], weight / SCALE
        for row, place in rejected.tolist():
            pair_orders[row, place] = pair_weights[row, place] = 0
        withheld = np.isin(item_ids, list(set().union(*held)))
        withheld[asked] = False
        refused[rejected[:, 1]] = True
    alone = ~pair_weights.any(axis=0)
    strengths = {
        (int(row), int(place)): told[2] / 1_000
        for told in rows.get(6, ())
        for row, place in _places([_sides(told[6])], item_ids, asked)
    }
    return Candidates(
        totals=counted.totals,
        item_ids=item_ids,
        keys=counted.keys,
        orders=counted.orders,
        asked=asked,
        pair_orders=pair_orders,
        pair_weights=pair_weights,
        unwanted=np.array([row[1] for row in rows.get(3, ())], dtype=np.int64),
        held=item_ids[withheld & alone],
        rejected=item_ids[refused & alone],
        boosted=np.array(list(strengths), dtype=np.int64).reshape(-1, 2),
        strengths=np.array(list(strengths.values()), dtype=np.float64),
        claimed=claimed,
        frozen={place: counts[:4] for place, counts in frozen.items()},
        manual=_manual(rows.get(12, ()), item_ids, asked[: counted.own]),
        own=counted.own,
        bought={row[1]: row[2] for row in rows.get(7, ())},
        statistics=next(((row[1], row[6]) for row in rows.get(8, ())), None),
    )


def _sides(rule_key: str) -> tuple[int, int]:
    antecedent, _, consequent = rule_key.partition("=>")
    return int(antecedent), int(consequent)


def _frozen(rows: Sequence[Any], item_ids: Ids, asked: Ids) -> dict[tuple[int, int], tuple[int, int, int, int, int]]:
    """(row of the asked item, candidate's position) -> (n_ab, n_a, n_b, N, stored weight) as each pair was frozen."""
    names = ("orders", "antecedent_orders", "consequent_orders", "total_orders", "weight")
    return {
        (int(row), int(position)): tuple(told[name] for name in names)
        for told in (json.loads(one[6]) for one in rows)
        for row, position in _places([_sides(told["key"])], item_ids, asked)
    }


def _manual(rows: Sequence[Any], item_ids: Ids, named: Ids) -> tuple[tuple[int, int, int | None], ...]:
    """Rules by hand beside the named items by their wanted places; those without one as they were made."""
    ordered = sorted(rows, key=lambda row: (row[3], row[4]))
    return tuple(
        (int(row), int(position), told[3] or None)
        for told in ordered
        for row, position in _places([told[1:3]], item_ids, named)
    )


def _pair_of(place: tuple[int, int], item_ids: Ids, asked: Ids) -> Pair:
    one, other = int(item_ids[asked[place[0]]]), int(item_ids[place[1]])
    return min(one, other), max(one, other)


def _places(pairs: Sequence[tuple[int, ...]], item_ids: Ids, asked: Ids) -> Ids:
    """int64[r, 2], the row of the first and the position of the second item of each pair whose first item is asked and
    whose second one is a candidate.
    """
    row_of = {int(item_ids[position]): row for row, position in enumerate(asked.tolist())} if pairs else {}
    found = [(row_of[first], second) for first, second in pairs if first in row_of]
    places = np.searchsorted(item_ids, [item_id for _, item_id in found])
    there = [
        (row, place)
        for (row, item_id), place in zip(found, places.tolist(), strict=True)
        if place < len(item_ids) and item_ids[place] == item_id
    ]
    return np.array(there, dtype=np.int64).reshape(-1, 2)
