"""The network of products and rules around one product, or of the strongest rules of the shop."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Q

from recommendations.catalogue import Context
from recommendations.models import Rule, RuleKind
from recommendations.selectors.rule_pictures import Asked, Standing, Strength, having, standings
from recommendations.selectors.serving import orders_of
from recommendations.services.claims import antecedents
from recommendations.services.titles import Shown, shown

MOST_NODES = 200
MOST_RULES = 600


@dataclass(frozen=True, slots=True)
class Node:
    """A product, and the orders of now that it is in."""

    item_id: int
    shown: Shown
    orders: int

    @property
    def category(self) -> str:
        """The first that the shop names, empty where it names none."""
        facts = self.shown.facts
        return str(facts.categories[0]) if facts is not None and facts.categories else ""


@dataclass(frozen=True, slots=True)
class Link:
    """A rule: an edge from each of its antecedents to its consequent.

    `strength` is by what it is drawn, greater is stronger; None where the rule has no such measure.
    """

    rule: Rule
    strength: float | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class RuleGraph:
    """Products, those in most orders first, and the rules between them, the strongest first.

    `is_cut`: weaker rules, and the products of these alone, are left out.
    """

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    is_cut: bool


def rule_graph(
    asked: Asked, *, around: int | None = None, strength: Strength, most: int, now: datetime, context: Context
) -> RuleGraph:
    """Draw from the strongest rule downwards until there are `most` products.

    Parameters
    ----------
    around : the item of which all rules are, with those between its neighbours beside them; None: the whole shop.
    most : products, 2 to `MOST_NODES`.

    Raises
    ------
    ValueError : `most` is out of range.
    """
    if not 2 <= most <= MOST_NODES:
        raise ValueError(f"most must be from 2 to {MOST_NODES}, not {most}")
    ordered = asked.strongest(strength, now)
    item_ids: set[int] = set() if around is None else {around}
    of_centre = ordered if around is None else ordered.filter(_touching(around))
    found = list(of_centre[: MOST_RULES + 1])
    rules = _within(found[:MOST_RULES], item_ids, most)
    is_cut = len(rules) < len(found)
    if around is not None:
        rules += _between(item_ids, rules, asked, strength, now)
    shown_items, orders, standing = shown(item_ids, context), orders_of(list(item_ids)), standings(rules, now)
    nodes = [Node(pk, one, orders.get(pk, 0)) for pk, one in shown_items.items()]
    return RuleGraph(
        tuple(sorted(nodes, key=lambda node: (-node.orders, node.item_id))),
        tuple(Link(rule, strength_of(rule, strength), standing[rule.pk]) for rule in rules),
        is_cut,
    )


def strength_of(rule: Rule, strength: Strength) -> float | None:
    """A rule's value by which it is drawn: of a substitute, how many times less than by chance both are bought."""
    if rule.kind != RuleKind.SUBSTITUTE:
        return getattr(rule, strength)  # type: ignore[no-any-return]
    if rule.weighted_lift is None:
        return None
    return 1 / max(rule.weighted_lift, 1e-3)


def items_of(rules: Iterable[Rule]) -> set[int]:
    """Ids of all items on either side."""
    return {pk for rule in rules for pk in (*antecedents(rule), rule.consequent_id)}


def _within(rules: list[Rule], item_ids: set[int], most: int) -> list[Rule]:
    """The rules that fit, the first ones first; `item_ids` grows by theirs."""
    kept = []
    for rule in rules:
        both = item_ids | items_of([rule])
        if len(both) <= most:
            item_ids |= both
            kept.append(rule)
    return kept


def _touching(item: int) -> Q:
    return having(np.array([item]), "antecedent", "antecedent_2", "antecedent_3", "consequent")


def _between(item_ids: set[int], rules: list[Rule], asked: Asked, strength: Strength, now: datetime) -> list[Rule]:
    """The strongest pairs among these items that are not there yet."""
    ids = np.array(sorted(item_ids), dtype=np.int64)
    pairs = asked.strongest(strength, now).filter(having(ids, "antecedent"), having(ids, "consequent"))
    there = {rule.pk for rule in rules}
    found = [rule for rule in pairs.filter(antecedent_2__isnull=True)[:MOST_RULES] if rule.pk not in there]
    return found[: MOST_RULES - len(rules)]
