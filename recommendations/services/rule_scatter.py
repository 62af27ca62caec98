"""Rules as points: two of their measures, and lift."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommendations.models import Rule
from recommendations.selectors.rule_pictures import Asked, Standing, Strength, columns, standings

MEASURES = ("support", "confidence", "lift", "weighted_lift", "orders", "shoppers")

MOST_POINTS = 3_000
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class RuleScatter:
    """Rules as points, all arrays of the same length.

    Parameters
    ----------
    rule_ids : int64[r].
    x, y, lift : float64[r], above 0: axes are logarithms.
    is_cut : there are more than MOST_POINTS.
    """

    rule_ids: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    lift: NDArray[np.float64]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule in the table below the points."""

    rule: Rule
    standing: Standing


def rule_scatter(asked: Asked, *, x: str, y: str, strength: Strength | None, now: datetime) -> RuleScatter:
    """The strongest rules that have both measures, or a sample of them.

    Parameters
    ----------
    x, y : two of MEASURES.
    strength : by what rules are the strongest; None: a random sample, the same each time.
    """
    ordered = asked.scattered(now) if strength is None else asked.strongest(strength, now)
    positive = ordered.filter(**{f"{name}__gt": 0 for name in {x, y, "lift"}})
    found = columns(positive, "pk", x, y, "lift", most=MOST_POINTS + 1)
    rule_ids, across, up, lift = (column[:MOST_POINTS] for column in found)
    return RuleScatter(rule_ids.astype(np.int64), across, up, lift, is_cut=len(found[0]) > MOST_POINTS)


def listed(rule_ids: Sequence[int], *, now: datetime) -> list[Listed]:
    """The first MOST_LISTED of these rules, in their order; those that there are not are left out. Two queries."""
    found = Rule.objects.live().in_bulk(list(rule_ids[:MOST_LISTED]))
    rules = [found[pk] for pk in dict.fromkeys(rule_ids[:MOST_LISTED]) if pk in found]
    standing = standings(rules, now)
    return [Listed(rule, standing[rule.pk]) for rule in rules]
