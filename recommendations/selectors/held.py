"""Which pairs wait for staff, as a condition for statements that read them beside the counts."""

from datetime import datetime
from typing import Any

from recommendations.models import APPROVING, RuleDecision, RuleStatus


def waits(rule: str) -> str:
    """SQL condition that the rule of a pair is held and neither direction of the pair is approved.

    Parameters
    ----------
    rule : the rule's alias. Both of the condition's parameters are the `moment`.
    """
    decision = RuleDecision._meta.db_table
    approving = ", ".join(f"'{one}'" for one in APPROVING)
    return f"""{rule}.status = '{RuleStatus.HELD}' AND {rule}.antecedent_2_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM "{decision}" AS d
        WHERE d.rule_key IN ({rule}.key, {rule}.consequent_id || '=>' || {rule}.antecedent_id)
        AND d.decision IN ({approving}) AND {in_force("d")})"""  # noqa: S608


def in_force(row: str) -> str:
    """SQL condition that what staff want holds; both of its parameters are the `moment`."""
    return f"({row}.starts_at IS NULL OR {row}.starts_at <= %s) AND ({row}.ends_at IS NULL OR {row}.ends_at > %s)"


def moment(connection: Any, now: datetime) -> Any:
    """The time as the database's statements take it."""
    return connection.ops.adapt_datetimefield_value(now)
