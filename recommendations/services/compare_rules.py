"""Say what became of the rules from one version to another."""

from collections.abc import Sequence
from dataclasses import dataclass

from recommendations.models import Rule
from recommendations.selectors.compared_rules import (
    CAME,
    CONFIDENCE,
    WEIGHTED_LIFT,
    WENT,
    Change,
    Counts,
    compared_rules,
)

NAMED = 20

Pair = tuple[Rule, Rule]


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of the rules; a pair is the rule of the first version and of the second.

    Parameters
    ----------
    counts : exact, of each kind of rule.
    came, went : the most ordered ones that the second version alone, or the first one alone, has.
    confidence, weighted_lift : of those in both, the ones whose measure moved furthest.
    """

    counts: tuple[Counts, ...]
    came: tuple[Rule, ...]
    went: tuple[Rule, ...]
    confidence: tuple[Pair, ...]
    weighted_lift: tuple[Pair, ...]

    @property
    def items(self) -> set[int]:
        """Ids of all items that the named rules are about."""
        rules = [*self.came, *self.went, *(rule for pair in (*self.confidence, *self.weighted_lift) for rule in pair)]
        sides = ((one.antecedent_id, one.antecedent_2_id, one.antecedent_3_id, one.consequent_id) for one in rules)
        return {pk for side in sides for pk in side if pk is not None}


def compare_rules(before: int, after: int, *, most: int = NAMED) -> Compared:
    """From the version of one id to that of another, `most` rules named of each sort; two queries, exact."""
    counts, changes = compared_rules(before, after, most=most)
    rules = Rule.objects.in_bulk({pk for one in changes for pk in (one.before_id, one.after_id) if pk is not None})

    def alone(part: str) -> tuple[Rule, ...]:
        ids = [one.before_id or one.after_id for one in changes if one.part == part]
        return tuple(sorted((rules[pk] for pk in ids if pk is not None), key=lambda rule: (-rule.orders, rule.pk)))

    def moved(measure: str) -> tuple[Pair, ...]:
        pairs = _pairs([one for one in changes if one.part == measure], rules)
        return tuple(sorted(pairs, key=lambda pair: (-_distance(pair, measure), pair[1].pk)))

    return Compared(tuple(counts), alone(CAME), alone(WENT), moved(CONFIDENCE), moved(WEIGHTED_LIFT))


def _pairs(changes: Sequence[Change], rules: dict[int, Rule]) -> list[Pair]:
    ids = [(one.before_id, one.after_id) for one in changes]
    return [(rules[before], rules[after]) for before, after in ids if before is not None and after is not None]


def _distance(pair: Pair, measure: str) -> float:
    before, after = (getattr(rule, measure) for rule in pair)
    return float(abs(after - before))
