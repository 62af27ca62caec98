"""What the counts of now say of published rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recommendations.models import Rule, RuleKind
from recommendations.selectors.live_rules import live_pairs, live_sets
from recommendations.services.claims import antecedents


@dataclass(frozen=True, slots=True)
class Now:
    """A rule's counts of now.

    `holds`: a pair still passes the guard at the version's cut-off; None for rules of several antecedents, which make
    no claim.
    """

    orders: int
    antecedent_orders: int
    holds: bool | None


def pairs_now(rules: Iterable[Rule]) -> Mapping[int, Now]:
    """By the rule's id, those of what is bought together with one antecedent: two statements for however many rules."""
    pairs = {rule: _pair(rule) for rule in rules if _is_pair_of_orders(rule)}
    found = live_pairs(pairs.values())
    return {
        rule.pk: Now(live.orders, live.low_orders if rule.antecedent_id == pair[0] else live.high_orders, live.claimed)
        for rule, pair in pairs.items()
        if (live := found.get(pair)) is not None
    }


def rule_now(rule: Rule) -> Now | None:
    """One rule's counts of now; those of several antecedents from the posting lists.

    None before there are counts, and for the kinds that are not told anew between two mines.
    """
    if rule.kind != RuleKind.COMPLEMENT or rule.antecedent_2_id is None:
        return pairs_now([rule]).get(rule.pk)
    left = antecedents(rule)
    whole, antecedent = live_sets([[*left, rule.consequent_id], left])
    return Now(whole.orders, antecedent.orders, None)


def _is_pair_of_orders(rule: Rule) -> bool:
    return rule.kind == RuleKind.COMPLEMENT and rule.antecedent_2_id is None


def _pair(rule: Rule) -> tuple[int, int]:
    return min(rule.antecedent_id, rule.consequent_id), max(rule.antecedent_id, rule.consequent_id)
