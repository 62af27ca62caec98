"""What staff decide of rules: kept by the rule's key, so that it holds in every later version."""

from collections.abc import Iterable

from recommendations.models import Decision, RuleDecision


def decide(*, rule_keys: Iterable[str], decision: Decision, note: str, user_id: int) -> int:
    """Decide these rules alike, whatever was decided before; an empty note leaves an earlier one.

    Returns
    -------
    How many rules were decided.
    """
    decisions = [
        RuleDecision(rule_key=key, decision=decision, note=note, decided_by_id=user_id)
        for key in sorted(set(rule_keys))
    ]
    changed = ["decision", "decided_by", "decided_at", *(["note"] if note else [])]
    RuleDecision.objects.bulk_create(
        decisions, update_conflicts=True, unique_fields=["rule_key"], update_fields=changed
    )
    return len(decisions)


def withdraw(*, rule_keys: Iterable[str]) -> int:
    """Forget what was decided of these rules; returns how many decisions there were."""
    return RuleDecision.objects.filter(rule_key__in=set(rule_keys)).delete()[0]
