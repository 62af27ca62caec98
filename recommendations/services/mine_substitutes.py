"""Rules of substitutes: items of one category that are bought in place of each other."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommendations.catalogue import Context, get_catalogue
from recommendations.conf import settings
from recommendations.data.baskets import Baskets
from recommendations.desks import Chosen
from recommendations.mining.rules import Rules, both_ways, strongest
from recommendations.mining.significance import spread_of_weight
from recommendations.mining.substitutes import Rivals, rivals, rivals_guard
from recommendations.models import Item, RuleKind, database
from recommendations.services.mined import Mined

logger = logging.getLogger(__name__)

Ids = NDArray[np.int64]

MOST_ITEMS = 10_000
"""Best sellers of which the shop is asked the category."""

MOST_OF_CATEGORY = 500
"""Best sellers of one category that are paired: at most 2.5 million pairs in all."""

ASKED_AT_ONCE = 500


def mine_substitutes(baskets: Baskets, shoppers: Ids, months: Ids, *, chosen: Chosen) -> Mined:
    """Pairs of one category that are in one basket far less often than chance gives, both directions of each.

    An item's category is the first that the shop names. A shop that names none, or whose catalogue does not answer,
    has no substitutes, and the metrics say why.

    Parameters
    ----------
    shoppers, months : int64[baskets], 0 for guests.
    """
    item_ids = _best_sellers(baskets)
    try:
        with database.savepoints():
            categories = _categories(item_ids)
    except Exception as error:
        logger.exception("the catalogue gave no categories, so there are no substitutes")
        return _mined(
            baskets,
            shoppers,
            months,
            item_ids[:0],
            item_ids[:0],
            chosen=chosen,
            refused=f"{type(error).__name__}: {error}",
        )
    return _mined(baskets, shoppers, months, item_ids, categories, chosen=chosen)


def _best_sellers(baskets: Baskets) -> Ids:
    """Items that may have a rival, ascending: the MOST_ITEMS in most orders, of those in enough to expect any."""
    item_ids, orders = np.unique(baskets.items, return_counts=True)
    enough = orders >= settings.MIN_SUBSTITUTE_EXPECTED
    item_ids, orders = item_ids[enough], orders[enough]
    return np.sort(item_ids[np.lexsort((item_ids, -orders))[:MOST_ITEMS]])


def _categories(item_ids: Ids) -> Ids:
    """int64[items], a number for each item's first category, -1 for none."""
    keys = dict(Item.objects.filter(pk__in=item_ids.tolist()).values_list("pk", "key"))
    numbers: dict[str, int] = {}
    found = []
    for start in range(0, len(item_ids), ASKED_AT_ONCE):
        asked = [keys.get(item_id, "") for item_id in item_ids[start : start + ASKED_AT_ONCE].tolist()]
        facts = get_catalogue().facts([key for key in asked if key], Context())
        for key in asked:
            named: Sequence[str] = facts[key].categories if key in facts else ()
            found.append(numbers.setdefault(named[0], len(numbers)) if named else -1)
    return np.array(found, dtype=np.int64)


def _mined(
    baskets: Baskets,
    shoppers: Ids,
    months: Ids,
    item_ids: Ids,
    categories: Ids,
    *,
    chosen: Chosen,
    refused: str = "",
) -> Mined:
    found = rivals(
        baskets,
        shoppers,
        months,
        item_ids=item_ids,
        categories=categories,
        least_expected=settings.MIN_SUBSTITUTE_EXPECTED,
        most_of_category=MOST_OF_CATEGORY,
    )
    judged = rivals_guard(
        found,
        spread=spread_of_weight(baskets.sizes),
        most_lift=settings.MAX_SUBSTITUTE_LIFT,
        least_buyers=chosen.MIN_RULE_SHOPPERS,
        q=chosen.FALSE_RULES,
    )
    passed = np.flatnonzero(judged.passed)
    rules = both_ways(_rules(found, passed, judged.p, judged.weighted_lift, int((baskets.sizes > 0).sum())))
    kept = strongest(rules.antecedent, rules.consequent, np.tile(found.missing[passed], 2), chosen.RULES_PER_ITEM)
    metrics: dict[str, int | float | str] = {
        "pairs_considered": len(found),
        "pairs_passed": len(passed),
        "cutoff_p": judged.cutoff.p,
        "min_expected": settings.MIN_SUBSTITUTE_EXPECTED,
        "max_weighted_lift": settings.MAX_SUBSTITUTE_LIFT,
    }
    if refused:
        metrics["refused"] = f"the catalogue gave no categories: {refused}"[:300]
    return Mined(RuleKind.SUBSTITUTE, rules.where(kept), metrics, np.tile(found.expected[passed], 2)[kept])


def _rules(pairs: Rivals, at: Ids, p: NDArray[np.float64], lift: NDArray[np.float64], total_orders: int) -> Rules:
    return Rules(
        antecedent=pairs.low[at],
        consequent=pairs.high[at],
        orders=pairs.orders[at],
        antecedent_orders=pairs.low_orders[at],
        consequent_orders=pairs.high_orders[at],
        shoppers=pairs.shared[at],
        p=p[at],
        weighted_lift=lift[at],
        total_orders=total_orders,
    )
