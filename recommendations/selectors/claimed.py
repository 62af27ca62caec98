"""Which of the candidates' pairs may be called often bought together, as a part of the candidates' statement."""

from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np

from recommendations.data.candidates import Pair
from recommendations.mining.guard import claims
from recommendations.mining.measures import WeightedPairs
from recommendations.models import Artefact, Rule
from recommendations.selectors.live_rules import cutoff_of, floors

_RULE = Rule._meta.db_table


def _shoppers_of(key: str) -> str:
    """Looked up one by one: of both keys in one condition PostgreSQL makes a bitmap a pair, which takes far longer."""
    return f"""(SELECT r.shoppers FROM "{_RULE}" AS r
        WHERE r.artefact_id = (SELECT artefact_id FROM serves) AND r.key = {key})"""  # noqa: S608


CLAIMS = f"""
    UNION ALL SELECT 9, p.low_id, p.high_id, p.share, p.share_square,
        COALESCE({_shoppers_of("p.low_id || '=>' || p.high_id")},
            {_shoppers_of("p.high_id || '=>' || p.low_id")}, 0), ''
    FROM (SELECT * FROM strongest UNION ALL SELECT * FROM crossed) AS p WHERE p.orders >= %s
    UNION ALL SELECT 10, live.sum_size, live.sum_size_multi, 0, 0, 0, CAST(a.metrics AS text)
    FROM live CROSS JOIN "{Artefact._meta.db_table}" AS a WHERE a.id = (SELECT artefact_id FROM serves)
"""  # noqa: S608 (table names are the models' own)
"""Rows 9, a pair with its shares and the shoppers of its rule, either direction's, 0 without one; and row 10, the sums
of sizes and the version's metrics. The parameter is the fewest orders of a claim."""


def claimed(rows: Sequence[Any]) -> frozenset[Pair]:
    """Of the pairs with a rule, those that pass at the counts of now, by the rows of the candidates' statement."""
    judge = next((row for row in rows if row[0] == 10), None)
    cutoff = cutoff_of(judge[6]) if judge else None
    ruled = {row[1:3]: row[3:6] for row in rows if row[0] == 9 and row[5]}
    if judge is None or cutoff is None or not ruled:
        return frozenset()
    together = {row[1:3]: row[3] for row in rows if row[0] == 1}
    alone = {row[1]: row[2] for row in rows if row[0] == 2}
    counts = [(together[low, high], alone[low], alone[high], *ruled[low, high]) for low, high in ruled]
    orders, low_orders, high_orders, share, share_square, shoppers = np.array(counts, dtype=np.int64).T
    weighted = WeightedPairs(share, share_square, low_orders, high_orders, size=judge[1], size_multi=judge[2])
    passed = claims(weighted, orders=orders, shoppers=shoppers, cutoff=cutoff, floors=floors())
    return frozenset(compress(ruled, passed.tolist()))
