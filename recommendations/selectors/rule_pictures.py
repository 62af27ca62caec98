"""Rules of the live version for pictures: those that staff ask about, the strongest first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Mod
from numpy.typing import NDArray

from recommendations.models import Decision, Rule, RuleDecision, RuleKind, RuleStatus, database

Ids = NDArray[np.int64]
Numbers = NDArray[np.float64]

SCATTERED = 2_654_435_761
"""Knuth's multiplier, 2^32 divided by the golden ratio: ids times this, modulo 2^32, have no order left."""


class Strength(StrEnum):
    """By what one rule is stronger than another."""

    WEIGHTED_LIFT = "weighted_lift"
    CONFIDENCE = "confidence"
    ORDERS = "orders"


class Standing(StrEnum):
    """How a rule stands with staff: what they decided of it, that it waits for them, or neither."""

    UNDECIDED = "undecided"
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    FROZEN = "frozen"
    BOOSTED = "boosted"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rules of one kind a picture shows.

    Parameters
    ----------
    least_orders, least_confidence : at least so many orders (or visitors) with both, such a share, 0 to 1.
    least_lift : at least so many times what chance gives; of substitutes so many times less than that.
    standing : None: any.
    first, second : ids of the items that may be an antecedent, and the consequent; None: any.
    """

    kind: RuleKind = RuleKind.COMPLEMENT
    least_orders: int = 0
    least_confidence: float = 0.0
    least_lift: float = 0.0
    standing: Standing | None = None
    first: Ids | None = None
    second: Ids | None = None

    def rules(self, now: datetime) -> QuerySet[Rule]:
        """Those of the live version, in no order."""
        rules = Rule.objects.live().filter(kind=self.kind)
        if self.least_orders:
            rules = rules.filter(orders__gte=self.least_orders)
        if self.least_confidence:
            rules = rules.filter(confidence__gte=self.least_confidence)
        if self.least_lift:
            rules = rules.filter(self._lifted())
        if self.standing is not None:
            rules = rules.filter(_stands(self.standing, now))
        if self.first is not None:
            rules = rules.filter(having(self.first, "antecedent", "antecedent_2", "antecedent_3"))
        if self.second is not None:
            rules = rules.filter(having(self.second, "consequent"))
        return rules

    def strongest(self, strength: Strength, now: datetime) -> QuerySet[Rule]:
        """The same, the strongest first: of substitutes those that chance would bring together most often."""
        if self.kind == RuleKind.SUBSTITUTE:
            return self.rules(now).order_by(F("weighted_lift").asc(nulls_last=True), "pk")
        return self.rules(now).order_by(F(strength).desc(nulls_last=True), "pk")

    def scattered(self, now: datetime) -> QuerySet[Rule]:
        """The same in an order that has nothing to do with what they are, each time alike."""
        return self.rules(now).order_by(Mod(F("pk") * SCATTERED, 2**32), "pk")

    def _lifted(self) -> Q:
        if self.kind == RuleKind.SUBSTITUTE:
            return Q(weighted_lift__lte=1 / self.least_lift)
        return Q(weighted_lift__gte=self.least_lift)


def having(item_ids: Ids, *fields: str) -> Q:
    """Condition that a rule has one of the items in one of the fields; one parameter, however many items."""
    within = _given(item_ids)
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__in": within})
    return found


def standings(rules: Sequence[Rule], now: datetime) -> dict[int, Standing]:
    """How each rule stands at this moment, by its id; one query."""
    decided = RuleDecision.objects.in_force(now).filter(rule_key__in=[rule.key for rule in rules])
    by_key = dict(decided.values_list("rule_key", "decision"))
    return {rule.pk: _standing(rule, by_key.get(rule.key)) for rule in rules}


def columns(rules: QuerySet[Rule], *names: str, most: int) -> list[Numbers]:
    """float64[r] of each of the named columns, nan where empty, of the first `most` rules; one query."""
    rows = list(rules.values_list(*names)[:most])
    table = np.array(rows, dtype=np.float64).reshape(-1, len(names))
    return list(table.T)


def _stands(standing: Standing, now: datetime) -> Q:
    """The condition to `_standing`'s answer."""
    in_force = RuleDecision.objects.in_force(now)
    decided = Q(key__in=in_force.values("rule_key"))
    approving = Q(key__in=RuleDecision.objects.approving(now))
    match standing:
        case Standing.UNDECIDED:
            return Q(status=RuleStatus.PUBLISHED) & ~decided
        case Standing.WAITING:
            rejected = Q(key__in=RuleDecision.objects.rejecting(now).values("rule_key"))
            return Q(status=RuleStatus.HELD) & ~approving & ~rejected
        case Standing.FROZEN:
            frozen = in_force.filter(decision=Decision.FROZEN).values("rule_key")
            return Q(status=RuleStatus.PUBLISHED, key__in=frozen)
        case _:
            return Q(key__in=in_force.filter(decision=standing.value).values("rule_key"))


def _standing(rule: Rule, decision: str | None) -> Standing:
    """What waits for staff is frozen as it is: only a yes lets it into the shop, only a no settles it."""
    if rule.status == RuleStatus.HELD and decision in (None, Decision.FROZEN):
        return Standing.WAITING
    return Standing.UNDECIDED if decision is None else Standing(decision)


def _given(item_ids: Ids) -> Any:
    if database.connection().vendor == "postgresql":
        return RawSQL("SELECT unnest(CAST(%s AS bigint[]))", [f"{{{','.join(map(str, item_ids.tolist()))}}}"])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(item_ids.tolist())])
