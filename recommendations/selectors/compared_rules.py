"""Two versions of rules beside each other: which claims came, went and moved, by set operations in the database."""

from collections.abc import Sequence
from dataclasses import dataclass

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
PARTS = (CAME, WENT, CONFIDENCE, WEIGHTED_LIFT)

_BOTH = "before_id IS NOT NULL AND after_id IS NOT NULL"
_PICKED = {
    CAME: ("before_id IS NULL", "orders"),
    WENT: ("after_id IS NULL", "orders"),
    CONFIDENCE: (f"{_BOTH} AND confidence > 0", "confidence"),
    WEIGHTED_LIFT: (f"{_BOTH} AND weighted_lift > 0", "weighted_lift"),
}


def compared_rules(before: int, after: int, *, most: int) -> tuple[list[Counts], list[Change]]:
    """What became of the claims from one version to another; one statement, which joins both once.

    Parameters
    ----------
    before, after : ids of versions of rules.
    most : claims of each part that are named: new and gone ones by orders, others by how far the confidence and the
        weighted lift moved.

    Returns
    -------
    Exact counts of each kind, by kind; and the named claims, each part's first one first.
    """
    connection = connections[router.db_for_read(Rule)]
    with connection.cursor() as cursor:
        cursor.execute(_statement(most), [before, after, before, after])
        rows = cursor.fetchall()
    counts = [Counts(kind, came, went, stayed) for part, kind, came, went, stayed, _, _ in rows if part == "counts"]
    named: Sequence[str] = PARTS
    changes = [Change(row[0], row[5], row[6]) for row in rows if row[0] in named]
    return sorted(counts, key=lambda one: one.kind), changes


def _statement(most: int) -> str:
    """The joined claims, read by each part; how far a measure moved is a number from 0."""
    rule = Rule._meta.db_table
    parts = " UNION ALL ".join(
        f"SELECT * FROM (SELECT '{part}', kind, 0, 0, 0, before_id, after_id FROM claims WHERE {condition} "  # noqa: S608
        f"ORDER BY {by} DESC, before_id, after_id LIMIT {most}) AS of_{part}"
        for part, (condition, by) in _PICKED.items()
    )
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
        SELECT 'counts', kind, SUM(CASE WHEN before_id IS NULL THEN 1 ELSE 0 END),
            SUM(CASE WHEN after_id IS NULL THEN 1 ELSE 0 END),
            SUM(CASE WHEN before_id IS NOT NULL AND after_id IS NOT NULL THEN 1 ELSE 0 END), NULL, NULL
        FROM claims GROUP BY kind
        UNION ALL {parts}
    """  # noqa: S608 (table names are the model's own)
