"""Rules of one product as a list shows them: of the live version, none that waits for staff or that they rejected."""

from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from recommendations.models import Rule, RuleDecision, RuleKind
from recommendations.models.database import on_replica

MOST_RULES = 200
"""Rules of a product that are read; a mine keeps `RULES_PER_ITEM` of each left side, and any number of a right side."""


def rules_from(item_key: str, kind: RuleKind, *, now: datetime) -> list[Rule]:
    """Rules of this kind whose only antecedent is the item; one query."""
    return list(_shown(kind, now).filter(antecedent__key=item_key)[:MOST_RULES])


def rules_with(item_key: str, kind: RuleKind, *, now: datetime) -> list[Rule]:
    """Rules of this kind with the item on either side, each told with the item as antecedent; one query.

    A pair with both its directions is told twice, and alike.
    """
    either = Q(antecedent__key=item_key) | Q(consequent__key=item_key)
    rows = _shown(kind, now).filter(either).select_related("antecedent")
    return [rule if rule.antecedent.key == item_key else _turned(rule) for rule in rows[:MOST_RULES]]


def _shown(kind: RuleKind, now: datetime) -> QuerySet[Rule]:
    """A pair is out where staff rejected either of its directions."""
    turned = Concat(
        Value(f"{kind.value}:"),
        Cast(OuterRef("consequent_id"), CharField()),
        Value("=>"),
        Cast(OuterRef("antecedent_id"), CharField()),
        output_field=CharField(),
    )
    rejected = RuleDecision.objects.rejecting(now).filter(Q(rule_key=OuterRef("key")) | Q(rule_key=turned))
    rules = Rule.objects.served(now).filter(~Exists(rejected), kind=kind, antecedent_2__isnull=True)
    return on_replica(rules.order_by("-orders", "id"))


def _turned(rule: Rule) -> Rule:
    """The same claim read from its other side; what is said of both sides alike stays."""
    rule.antecedent_id, rule.consequent_id = rule.consequent_id, rule.antecedent_id
    rule.antecedent_orders, rule.consequent_orders = rule.consequent_orders, rule.antecedent_orders
    rule.confidence = rule.orders / rule.antecedent_orders if rule.antecedent_orders else 0.0
    return rule
