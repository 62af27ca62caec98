"""Rules of what is viewed: together with what, and what is bought after it."""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from recommendations.conf import settings
from recommendations.desks import Chosen
from recommendations.mining.followed import buyers_of_items, followed, followed_guard
from recommendations.mining.guard import Judged, guard
from recommendations.mining.rules import Rules, rules_of_pairs
from recommendations.mining.sessions import Sessions, sessions_of, viewed_together
from recommendations.models import RuleKind
from recommendations.selectors.browsing import views
from recommendations.selectors.live_rules import floors
from recommendations.selectors.orders import purchases
from recommendations.services.mined import Mined

Ids = NDArray[np.int64]

MOST_VIEWS = 5_000_000
"""Views that are read, the newest ones: 700 MB at work."""


def mine_views(*, now: datetime, chosen: Chosen) -> list[Mined]:
    """Rules of what is viewed together and of what is bought after a view, from the newest `VIEW_DAYS`.

    The guards count shopper-days; the rules say how many distinct visitors did it, of those who viewed the antecedent.
    """
    since = now - timedelta(days=chosen.VIEW_DAYS)
    read = views(since=since, most=MOST_VIEWS)
    sessions = sessions_of(
        read,
        silence=60 * settings.SESSION_MINUTES,
        least_dwell=settings.MIN_DWELL_SECONDS,
        most_a_day=settings.MAX_VIEWS_A_DAY,
        cap=settings.BASKET_CAP,
    )
    figures: dict[str, int | float | str] = {"views": len(read), "sessions": len(sessions)}
    return [
        _together(sessions, figures, chosen=chosen),
        _then_bought(sessions, figures, since=since, chosen=chosen),
    ]


def _together(sessions: Sessions, figures: dict[str, int | float | str], *, chosen: Chosen) -> Mined:
    pairs = viewed_together(sessions, least_days=chosen.MIN_RULE_ORDERS)
    judged = guard(
        pairs.weighted,
        orders=pairs.sums.orders,
        shoppers=pairs.shoppers,
        items=pairs.items,
        floors=floors(chosen),
        q=chosen.FALSE_RULES,
    )
    items, visitors = sessions.shoppers_of_items()
    at = judged.passed
    rules = rules_of_pairs(
        low=pairs.sums.low[at],
        high=pairs.sums.high[at],
        orders=pairs.shoppers[at],
        low_orders=_of_items(pairs.sums.low[at], items, visitors),
        high_orders=_of_items(pairs.sums.high[at], items, visitors),
        shoppers=pairs.shoppers[at],
        p=judged.p[at],
        weighted_lift=judged.weighted_lift[at],
        total_orders=_visitors(sessions),
        most_per_antecedent=chosen.RULES_PER_ITEM,
    )
    return Mined(RuleKind.VIEWED_TOGETHER, rules, {**figures, **_metrics(judged)})


def _then_bought(
    sessions: Sessions, figures: dict[str, int | float | str], *, since: datetime, chosen: Chosen
) -> Mined:
    bought = purchases(since=since)
    pairs = followed(sessions, bought, within=3_600 * settings.BOUGHT_WITHIN_HOURS)
    judged = followed_guard(pairs, floors=floors(chosen), q=chosen.FALSE_RULES)
    at = np.flatnonzero(judged.passed)
    found = Rules(
        antecedent=pairs.viewed[at],
        consequent=pairs.bought[at],
        orders=pairs.shoppers[at],
        antecedent_orders=_of_items(pairs.viewed[at], *sessions.shoppers_of_items()),
        consequent_orders=_of_items(pairs.bought[at], *buyers_of_items(sessions, bought)),
        shoppers=pairs.shoppers[at],
        p=judged.p[at],
        weighted_lift=judged.weighted_lift[at],
        total_orders=_visitors(sessions),
    )
    more = found.where(np.flatnonzero(found.measures.leverage > 0))
    return Mined(RuleKind.VIEWED_THEN_BOUGHT, more.strongest(chosen.RULES_PER_ITEM), {**figures, **_metrics(judged)})


def _metrics(judged: Judged) -> dict[str, int | float | str]:
    return {
        "pairs_considered": len(judged.p),
        "pairs_passed": int(judged.passed.sum()),
        "cutoff_p": judged.cutoff.p,
    }


def _visitors(sessions: Sessions) -> int:
    return len(np.unique(sessions.shoppers))


def _of_items(wanted: Ids, items: Ids, counts: Ids) -> Ids:
    return counts[np.searchsorted(items, wanted)]
