"""Which of the candidates' pairs may be called often bought together, as a part of the candidates' statement."""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np

from recommendations.data.candidates import Pair
from recommendations.mining.guard import claims
from recommendations.mining.measures import WeightedPairs
from recommendations.models import Artefact, Rule
from recommendations.selectors.live_rules import judge_of

Rows = Mapping[int, Sequence[Any]]
"""Rows of the candidates' statement by their kind."""

_RULE = Rule._meta.db_table


def _shoppers_of(key: str) -> str:
    """Looked up one by one: of both keys in one condition PostgreSQL makes a bitmap a pair, which takes far longer."""
    return f"""(SELECT r.shoppers FROM "{_RULE}" AS r
        WHERE r.artefact_id = (SELECT artefact_id FROM serves) AND r.key = {key})"""  # noqa: S608


FEWEST_ORDERS = 2
"""Of a pair that any version claims."""


def claims_statement(vendor: str) -> str:
    """A part of the candidates' statement, without parameters.

    Rows 9, a pair with its shares and the shoppers of its rule, either direction's; and row 10, the sums of sizes and
    the version's metrics. Pairs in fewer orders than the version was mined with are left out before their rules are
    looked up. Without the limit, never reached, each rule would be looked up twice: for the condition, and to be told.
    """
    artefact = Artefact._meta.db_table
    least = {"postgresql": "CAST(metrics ->> 'min_orders' AS integer)"}.get(
        vendor, "json_extract(metrics, '$.min_orders')"
    )
    return f"""
        UNION ALL SELECT 9, ruled.low_id, ruled.high_id, ruled.share, ruled.share_square, ruled.shoppers, '' FROM (
            SELECT p.low_id, p.high_id, p.share, p.share_square,
                COALESCE({_shoppers_of("p.low_id || '=>' || p.high_id")},
                    {_shoppers_of("p.high_id || '=>' || p.low_id")}) AS shoppers
            FROM (SELECT * FROM strongest UNION ALL SELECT * FROM crossed) AS p
            WHERE p.orders >= COALESCE(
                (SELECT {least} FROM "{artefact}" WHERE id = (SELECT artefact_id FROM serves)), {FEWEST_ORDERS}
            ) LIMIT 1000000
        ) AS ruled WHERE ruled.shoppers IS NOT NULL
        UNION ALL SELECT 10, live.sum_size, live.sum_size_multi, 0, 0, 0, CAST(a.metrics AS text)
        FROM live CROSS JOIN "{artefact}" AS a WHERE a.id = (SELECT artefact_id FROM serves)
    """  # noqa: S608 (table names are the models' own)


def claimed(rows: Rows) -> frozenset[Pair]:
    """Of the pairs with a rule, those that pass at the counts of now, by the rows of the candidates' statement."""
    version = next(iter(rows.get(10, ())), None)
    judge = judge_of(version[6]) if version else None
    ruled = {row[1:3]: row[3:6] for row in rows.get(9, ())}
    if version is None or judge is None or not ruled:
        return frozenset()
    together = {row[1:3]: row[3] for row in rows.get(1, ())}
    alone = {row[1]: row[2] for row in rows.get(2, ())}
    counts = [(together[low, high], alone[low], alone[high], *ruled[low, high]) for low, high in ruled]
    orders, low_orders, high_orders, share, share_square, shoppers = np.array(counts, dtype=np.int64).T
    weighted = WeightedPairs(share, share_square, low_orders, high_orders, size=version[1], size_multi=version[2])
    passed = claims(weighted, orders=orders, shoppers=shoppers, cutoff=judge.cutoff, floors=judge.floors)
    return frozenset(compress(ruled, passed.tolist()))
