"""Decisions are kept by rule key, the latest one counts."""

import pytest

from recommendations.models import Decision, RuleDecision
from recommendations.services.decide import decide, withdraw


@pytest.mark.sql
def test_the_latest_decision_counts_and_an_empty_note_leaves_the_earlier_one(admin_user):
    assert decide(rule_keys=["1=>2", "1=>3"], decision=Decision.APPROVED, note="spring", user_id=admin_user.pk) == 2
    first = RuleDecision.objects.get(rule_key="1=>2").decided_at
    assert decide(rule_keys=["1=>2", "1=>2"], decision=Decision.REJECTED, note="", user_id=admin_user.pk) == 1

    decided = {row.rule_key: (row.decision, row.note, row.decided_by) for row in RuleDecision.objects.all()}
    assert decided == {"1=>2": ("rejected", "spring", admin_user), "1=>3": ("approved", "spring", admin_user)}
    assert RuleDecision.objects.get(rule_key="1=>2").decided_at > first


def test_withdrawing_forgets_only_what_was_named(admin_user):
    decide(rule_keys=["1=>2", "1=>3"], decision=Decision.APPROVED, note="", user_id=admin_user.pk)

    assert withdraw(rule_keys=["1=>2", "7=>8"], user_id=admin_user.pk) == 1
    assert RuleDecision.objects.get().rule_key == "1=>3"
