"""What staff decide of rules: kept by the rule's key, so that it holds in every later version."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from recommendations.exceptions import InvalidInput
from recommendations.models import Decision, RuleDecision, database
from recommendations.models.rules import STRENGTHS, USUAL_STRENGTH
from recommendations.services import audit
from recommendations.services.freezing import freeze
from recommendations.services.review import look, pairs_of

Period = tuple[datetime | None, datetime | None]

RULE_KEY = (
    r"^([0-9]{1,18}(,[0-9]{1,18}){0,2}|(substitute|viewed_together|viewed_then_bought):[0-9]{1,18})=>[0-9]{1,18}$"
)
AT_ONCE = 500
LISTED = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """A decision to take of one rule.

    Parameters
    ----------
    period : from when and to when it holds, None on either side: without an end there.
    note, strength : None: as was decided before; at first empty, and twice.

    Raises
    ------
    InvalidInput : the key is none, the period ends before it begins, the strength is out of range.
    """

    rule_key: str
    decision: Decision
    note: str | None = None
    period: Period = (None, None)
    strength: float | None = None

    def __post_init__(self) -> None:
        if not re.match(RULE_KEY, self.rule_key):
            raise InvalidInput("rule_key", f"must be as in 3,8=>12 or substitute:3=>12, not {self.rule_key!r:.100}")
        starts_at, ends_at = self.period
        if starts_at is not None and ends_at is not None and ends_at <= starts_at:
            raise InvalidInput("ends_at", f"must be later than starts_at, not {ends_at.isoformat()}")
        if self.strength is not None and not STRENGTHS[0] <= self.strength <= STRENGTHS[1]:
            raise InvalidInput("strength", f"must be from {STRENGTHS[0]} to {STRENGTHS[1]:g}, not {self.strength:g}")


@database.joining
def decide(
    *,
    rule_keys: Iterable[str],
    decision: Decision,
    note: str = "",
    user_id: int,
    period: Period = (None, None),
    strength: float | None = None,
) -> int:
    """Decide these rules alike, whatever was decided before; an empty note and no strength leave what was said.

    Returns
    -------
    How many rules were decided. Each leaves one entry in the log.

    Raises
    ------
    InvalidInput : see `Wanted` and `decide_each`.
    """
    wanted = [Wanted(key, decision, note or None, period, strength) for key in sorted(set(rule_keys))]
    return decide_each(wanted, user_id=user_id)


@database.joining
def decide_each(wanted: Sequence[Wanted], *, user_id: int) -> int:
    """Take decisions of different rules, all or none; each key once. A frozen rule stays as it was first frozen.

    Their pairs wait for review no more.

    Raises
    ------
    InvalidInput : a rule to be frozen is not in the live version, waits for review, or its products are in no order.
    """
    before = known((one.rule_key for one in wanted), locked=True)
    rows = [_row(one, before.get(one.rule_key), user_id) for one in wanted]
    _freeze(rows)
    changed = ["decision", "strength", "note", "starts_at", "ends_at", "frozen", "decided_by", "decided_at"]
    RuleDecision.objects.bulk_create(
        rows, batch_size=AT_ONCE, update_conflicts=True, unique_fields=["rule_key"], update_fields=changed
    )
    after = known(before.keys() | {one.rule_key for one in wanted})
    audit.note_all(
        ((row, values(before[key]) if key in before else None, values(row)) for key, row in after.items()),
        user_id=user_id,
    )
    look(pairs_of(one.rule_key for one in wanted), user_id=user_id, now=timezone.now())
    return len(rows)


@database.joining
def withdraw(*, rule_keys: Iterable[str], user_id: int) -> int:
    """Forget what was decided of these rules; returns how many decisions there were. Each leaves one entry."""
    rows = list(known(rule_keys, locked=True).values())
    audit.note_all(((row, values(row), None) for row in rows), user_id=user_id)
    for at in range(0, len(rows), AT_ONCE):
        RuleDecision.objects.filter(pk__in=[row.pk for row in rows[at : at + AT_ONCE]]).delete()
    return len(rows)


def values(row: RuleDecision) -> dict[str, object]:
    """What a decision says."""
    return {
        "rule_key": row.rule_key,
        "decision": row.decision,
        "strength": row.strength,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "note": row.note,
    }


def known(rule_keys: Iterable[str], *, locked: bool = False) -> dict[str, RuleDecision]:
    """What was decided of these rules, by key; `locked`: nobody else decides of them before the transaction ends."""
    keys = sorted(set(rule_keys))
    decisions = RuleDecision.objects.select_for_update().order_by("rule_key") if locked else RuleDecision.objects.all()
    found: dict[str, RuleDecision] = {}
    for at in range(0, len(keys), AT_ONCE):
        rows = decisions.filter(rule_key__in=keys[at : at + AT_ONCE])
        found |= {row.rule_key: row for row in rows}
    return found


def _row(wanted: Wanted, before: RuleDecision | None, user_id: int) -> RuleDecision:
    """The decision as it is to be written."""
    row = RuleDecision(rule_key=wanted.rule_key, decision=wanted.decision, decided_by_id=user_id)
    told = before or RuleDecision(strength=USUAL_STRENGTH)
    row.note = told.note if wanted.note is None else wanted.note
    row.strength = told.strength if wanted.strength is None else wanted.strength
    row.starts_at, row.ends_at = wanted.period
    if wanted.decision == Decision.FROZEN and before is not None:
        row.frozen = before.frozen
    return row


def require_freezable(wanted: Sequence[Wanted]) -> None:
    """Refuse what `decide_each` would refuse, without writing anything."""
    before = known(one.rule_key for one in wanted)
    _freeze([_row(one, before.get(one.rule_key), 0) for one in wanted])


def _freeze(rows: Sequence[RuleDecision]) -> None:
    """Keep the counts of now on each that is frozen and was not before."""
    fresh = [row for row in rows if row.decision == Decision.FROZEN and row.frozen is None]
    frozen = freeze([row.rule_key for row in fresh], now=timezone.now()) if fresh else {}
    missing = [row.rule_key for row in fresh if row.rule_key not in frozen]
    if missing:
        words = gettext(
            "only a rule of the live version can be frozen that does not wait for review and whose products are in "
            "orders together; these are none: %(keys)s"
        )
        listed = ", ".join(missing[:LISTED]) + (" …" if len(missing) > LISTED else "")
        raise InvalidInput("decision", words % {"keys": listed})
    for row in fresh:
        row.frozen = dict(frozen[row.rule_key])
