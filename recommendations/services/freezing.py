"""Rules as staff froze them: their columns and counts of that moment, which every later mining carries on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from recommendations.data.candidates import Pair
from recommendations.models import FIGURES, Decision, Item, Rule, RuleDecision, RuleKind, RuleStatus
from recommendations.selectors.pairs import PairNow, pairs_now

KEPT = (
    "kind",
    "key",
    "antecedent_id",
    "antecedent_2_id",
    "antecedent_3_id",
    "consequent_id",
    *FIGURES,
    "expected",
)
"""Columns of a rule that are kept, in the order in which a mining writes them."""

SIDES = slice(KEPT.index("antecedent_id"), KEPT.index("consequent_id") + 1)

Frozen = Mapping[str, Any]


def freeze(rule_keys: Iterable[str], *, now: datetime) -> dict[str, Frozen]:
    """Rules of the live version as they are now, by key; without those that it has not or that wait for staff.

    What is bought together with one product has the counts of now and the stored `weight` of the pair; without a pair
    in the counts there is nothing to freeze. Everything else has those of the version.
    """
    keys = list(rule_keys)
    rules = [rule for at in range(0, len(keys), 500) for rule in _of_live_version(keys[at : at + 500], now)]
    pairs = {rule: _pair(rule) for rule in rules if _is_pair(rule)}
    found = pairs_now(sorted(set(pairs.values())))
    frozen: dict[str, Frozen] = {}
    for rule in rules:
        if rule not in pairs:
            frozen[rule.key] = {name: getattr(rule, name) for name in KEPT}
        elif pairs[rule] in found:
            frozen[rule.key] = _counted(rule, found[pairs[rule]])
    return frozen


def frozen_rows(artefact_id: int, *, now: datetime) -> dict[str, tuple[Any, ...]]:
    """By key, the rules that staff keep frozen, as `services.mine` writes its rows; of items that are still there."""
    kept = RuleDecision.objects.in_force(now).filter(decision=Decision.FROZEN, frozen__isnull=False)
    told: Iterable[Any] = kept.order_by("rule_key").values_list("frozen", flat=True)
    rows = {row["key"]: tuple(row[name] for name in KEPT) for row in told}
    wanted = {key: {item for item in row[SIDES] if item is not None} for key, row in rows.items()}
    there = set(Item.objects.filter(pk__in=set().union(*wanted.values())).values_list("pk", flat=True))
    return {
        key: (artefact_id, *row, RuleStatus.PUBLISHED.value, {}) for key, row in rows.items() if wanted[key] <= there
    }


def with_frozen(rows: Sequence[tuple[Any, ...]], *, artefact_id: int, now: datetime) -> list[tuple[Any, ...]]:
    """The rows of a mining, with the frozen rules in place of what it says of them, or beside where it says nothing."""
    frozen = frozen_rows(artefact_id, now=now)
    at = 1 + KEPT.index("key")
    return [*(row for row in rows if row[at] not in frozen), *frozen.values()]


def _of_live_version(keys: Sequence[str], now: datetime) -> list[Rule]:
    live = Rule.objects.live().filter(key__in=keys)
    return list(live.exclude(pk__in=Rule.objects.waiting(now).filter(key__in=keys).values("pk")))


def _counted(rule: Rule, pair: PairNow) -> Frozen:
    """The rule with the pair's counts of now."""
    first, second = pair.low_orders, pair.high_orders
    if rule.antecedent_id > rule.consequent_id:
        first, second = second, first
    n_ab, n = pair.orders, pair.total_orders
    confidence, expected = n_ab / first, second / n
    counted = {
        "orders": n_ab,
        "antecedent_orders": first,
        "consequent_orders": second,
        "total_orders": n,
        "support": n_ab / n,
        "confidence": confidence,
        "lift": confidence / expected,
        "leverage": n_ab / n - first / n * expected,
        "conviction": (1 - expected) / (1 - confidence) if confidence < 1 else None,
        "weight": pair.weight,
    }
    return {name: getattr(rule, name) for name in KEPT} | counted


def _is_pair(rule: Rule) -> bool:
    return rule.kind == RuleKind.COMPLEMENT and rule.antecedent_2_id is None


def _pair(rule: Rule) -> Pair:
    return min(rule.antecedent_id, rule.consequent_id), max(rule.antecedent_id, rule.consequent_id)
