"""What staff decide of rules: kept by the rule's key, so that it holds in every later version."""

from collections.abc import Iterable
from datetime import datetime

from recommendations.exceptions import InvalidInput
from recommendations.models import Decision, RuleDecision, database
from recommendations.services import audit

Period = tuple[datetime | None, datetime | None]


@database.joining
def decide(
    *,
    rule_keys: Iterable[str],
    decision: Decision,
    note: str,
    user_id: int,
    period: Period | None = None,
) -> int:
    """Decide these rules alike, whatever was decided before; an empty note and no period leave earlier ones.

    Parameters
    ----------
    period : from when and to when the decision holds; None on either side: without an end there.

    Returns
    -------
    How many rules were decided. Each leaves one entry in the log.

    Raises
    ------
    InvalidInput : the period ends before it begins.
    """
    starts_at, ends_at = period or (None, None)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise InvalidInput("ends_at", f"must be later than starts_at, not {ends_at.isoformat()}")
    keys = sorted(set(rule_keys))
    before = _known(keys)
    decisions = [
        RuleDecision(
            rule_key=key,
            decision=decision,
            note=note,
            decided_by_id=user_id,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        for key in keys
    ]
    changed = ["decision", "decided_by", "decided_at"]
    changed += [*(["note"] if note else []), *(["starts_at", "ends_at"] if period else [])]
    RuleDecision.objects.bulk_create(
        decisions, update_conflicts=True, unique_fields=["rule_key"], update_fields=changed
    )
    for key, row in _known(keys).items():
        audit.note(row, user_id=user_id, before=values(before[key]) if key in before else None, after=values(row))
    return len(decisions)


@database.joining
def withdraw(*, rule_keys: Iterable[str], user_id: int) -> int:
    """Forget what was decided of these rules; returns how many decisions there were. Each leaves one entry."""
    rows = _known(rule_keys)
    for row in rows.values():
        audit.note(row, user_id=user_id, before=values(row), after=None)
    RuleDecision.objects.filter(pk__in=[row.pk for row in rows.values()]).delete()
    return len(rows)


def values(row: RuleDecision) -> dict[str, object]:
    """What a decision says."""
    return {
        "rule_key": row.rule_key,
        "decision": row.decision,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "note": row.note,
    }


def _known(rule_keys: Iterable[str]) -> dict[str, RuleDecision]:
    return {row.rule_key: row for row in RuleDecision.objects.filter(rule_key__in=set(rule_keys))}
