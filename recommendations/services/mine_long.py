"""Rules with two or three antecedents, mined from the baskets that the counts hold."""

from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from recommendations.conf import settings
from recommendations.data.baskets import Baskets
from recommendations.desks import Chosen
from recommendations.exceptions import MiningBudget, MissingPackage
from recommendations.mining.budget import Budget
from recommendations.mining.engines import ENGINES
from recommendations.mining.itemsets import Itemsets
from recommendations.mining.postings import shoppers_of_sets
from recommendations.mining.rules import LongRules, rules_of_itemsets

Ids = NDArray[np.int64]

BUDGET = Budget(seconds=120, bytes=32 * 1024**2)
"""What the itemsets of one mine may take: some 250,000 of them. Rules of more would need memory that a shop's worker
does not have, and nobody would read them."""

NOTHING = Itemsets(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))

EXAMINED = 4
"""Rules whose shoppers are counted, this many times those that a version may have: some fail."""


@dataclass(frozen=True, slots=True)
class LongClaims:
    """Rules of several antecedents with their distinct known shoppers, and what the version says of their mining."""

    rules: LongRules
    shoppers: Ids
    metrics: dict[str, int | float | str] = field(default_factory=dict)


def long_rules(baskets: Baskets, shoppers: Ids, *, chosen: Chosen) -> LongClaims:
    """The strongest rules with two antecedents or three, by the thresholds chosen.

    Each says more than the rules with one antecedent less (`LONG_RULE_IMPROVEMENT`), so none is listed for words that
    add nothing. They carry the plain measures and no p value: nobody has shown what a guard over all possible sets
    should be. A support too low for the budget is raised to one that fits, which the metrics tell; so they do why there
    are no such rules, where nothing fits or the engine is not installed: the other rules are published all the same.

    Parameters
    ----------
    shoppers : int64[baskets], 0 for guests.
    """
    most = chosen.RULE_ANTECEDENTS
    wanted = max(chosen.MIN_RULE_ORDERS, ceil(chosen.LONG_RULE_SUPPORT * len(baskets)))
    sets, least, refused = NOTHING, wanted, ""
    if most > 1:
        try:
            sets, least = _within_budget(baskets, wanted, most + 1)
        except (MiningBudget, MissingPackage) as error:
            refused = str(error)
    found = rules_of_itemsets(
        sets,
        total_orders=len(baskets),
        at_least={"confidence": chosen.LONG_RULE_CONFIDENCE},
        least_antecedents=2,
        most_antecedents=max(most, 2),
        most_per_antecedent=chosen.RULES_PER_ITEM,
        improvement=settings.LONG_RULE_IMPROVEMENT,
    )
    strongest = np.argsort(-found.measures.leverage, kind="stable")[: EXAMINED * settings.LONG_RULES]
    found = found.where(np.sort(strongest))
    people = shoppers_of_sets(baskets, shoppers, *found.wholes())
    enough = np.flatnonzero(people >= chosen.MIN_RULE_SHOPPERS)
    kept = np.sort(enough[np.argsort(-found.measures.leverage[enough], kind="stable")[: settings.LONG_RULES]])
    metrics: dict[str, int | float | str] = {
        "long_rules": len(kept),
        "itemsets": len(sets),
        "itemset_orders": least,
        "mining_engine": settings.MINING_ENGINE,
    }
    if refused:
        metrics["itemsets_refused"] = refused
    return LongClaims(found.where(kept), people[kept], metrics)


def _within_budget(baskets: Baskets, wanted: int, longest: int) -> tuple[Itemsets, int]:
    """Itemsets of at least `wanted` baskets, or of as few as the budget allows; and that number.

    Raises
    ------
    MiningBudget : no number that was tried fits.
    MissingPackage : the engine's package is not installed.
    """
    engine = ENGINES[settings.MINING_ENGINE]
    try:
        return engine(baskets, min_count=wanted, max_length=longest, budget=BUDGET), wanted
    except MiningBudget as spent:
        if spent.min_count is None:
            raise
        found = engine(baskets, min_count=spent.min_count, max_length=longest, budget=BUDGET)
        return found, spent.min_count
