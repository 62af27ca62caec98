"""Two versions of rules beside each other: which claims came, went and moved, by set operations in the database."""

from dataclasses import dataclass
from typing import Any

from django.db import connections, router

from recommendations.models import Rule


@dataclass(frozen=True, slots=True)
class Change:
    """A claim that is in the one version, in the other, or differs: the row of either, None where there is none."""

    part: str
    before_id: int | None
    after_id: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many claims of a kind are in the second version alone, in the first alone, and in both."""

    kind: str
    came: int
    went: int
    stayed: int


CAME, WENT, CONFIDENCE, WEIGHTED_LIFT = "came", "went", "confidence", "weighted_lift"
COUNTS = "counts"

_BOTH = "before_id IS NOT NULL AND after_id IS NOT NULL"
_PICKED = {
    CAME: ("before_id IS NULL", "orders"),
    WENT: ("after_id IS NULL", "orders"),
    CONFIDENCE: (f"{_BOTH} AND confidence > 0", "confidence"),
    WEIGHTED_LIFT: (f"{_BOTH} AND weighted_lift > 0", "weighted_lift"),
}

_COUNTED = f"""
    SELECT '{COUNTS}', kind, SUM(CASE WHEN before_id IS NULL THEN 1 ELSE 0 END),
        SUM(CASE WHEN after_id IS NULL THEN 1 ELSE 0 END), SUM(CASE WHEN {_BOTH} THEN 1 ELSE 0 END), NULL, NULL
    FROM claims GROUP BY kind
"""  # noqa: S608 (words of this module alone)


def counted_changes(before: int, after: int) -> list[Counts]:
    """How many claims came, went and stayed from one version of rules to another: exact, of each kind, by kind."""
    rows = _fetched(f"{_claims()} {_COUNTED}", before, after)
    counts = [Counts(kind, came, went, stayed) for _, kind, came, went, stayed, _, _ in rows]
    return sorted(counts, key=lambda one: one.kind)


def compared_rules(before: int, after: int, *, most: int) -> tuple[list[Counts], list[Change]]:
    """What became of the claims from one version to another; one statement, which joins both once.

    Parameters
    ----------
    before, after : ids of versions of rules.
    most : claims of each part that are named: new and gone ones by orders, others by how far the confidence and the
        weighted lift moved.

    Returns
    -------
    As `counted_changes`; and the named claims, each part's in any order.
    """
    parts = " UNION ALL ".join(
        f"SELECT * FROM (SELECT '{part}', kind, 0, 0, 0, before_id, after_id FROM claims WHERE {condition} "  # noqa: S608
        f"ORDER BY {by} DESC, before_id, after_id LIMIT {most}) AS of_{part}"
        for part, (condition, by) in _PICKED.items()
    )
    rows = _fetched(f"{_claims()} {_COUNTED} UNION ALL {parts}", before, after)
    counts = [Counts(kind, came, went, stayed) for part, kind, came, went, stayed, _, _ in rows if part == COUNTS]
    changes = [Change(row[0], row[5], row[6]) for row in rows if row[0] != COUNTS]
    return sorted(counts, key=lambda one: one.kind), changes


def _fetched(statement: str, before: int, after: int) -> list[tuple[Any, ...]]:
    with connections[router.db_for_read(Rule)].cursor() as cursor:
        cursor.execute(statement, [before, after, before, after])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _claims() -> str:
    """Each claim of either version with its rows, and how far its measures moved, from 0."""
    rule = Rule._meta.db_table
    return f"""
        WITH claims AS (
            SELECT b.kind, a.id AS before_id, b.id AS after_id, b.orders,
                ABS(b.confidence - a.confidence) AS confidence,
                ABS(b.weighted_lift - a.weighted_lift) AS weighted_lift
            FROM "{rule}" AS b LEFT JOIN "{rule}" AS a ON a.key = b.key AND a.artefact_id = %s
            WHERE b.artefact_id = %s
            UNION ALL
            SELECT a.kind, a.id, NULL, a.orders, NULL, NULL FROM "{rule}" AS a
            WHERE a.artefact_id = %s
                AND NOT EXISTS (SELECT 1 FROM "{rule}" AS b WHERE b.artefact_id = %s AND b.key = a.key)
        )
    """  # noqa: S608 (table names are the model's own)
