"""Mine rules from the live counts and publish them as a version."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommendations.conf import settings
from recommendations.exceptions import NotEnoughData
from recommendations.mining.guard import Floors, Judged, guard
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.pairs import distinct_shoppers
from recommendations.mining.rules import Rules, rules_of_pairs
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, BasketTotals, LivePointer, Rule, database
from recommendations.models.sql import insert
from recommendations.selectors.orders import held_baskets
from recommendations.selectors.pairs import CountedPairs, pairs_with_item_orders

VERSIONS_KEPT = 5
RULES_AT_ONCE = 2_000

Progress = Callable[[float, str], None]


def mine(*, progress: Progress, now: datetime, still_ours: Callable[[], None] = lambda: None) -> Artefact:
    """Publish the rules that the live counts support.

    Both directions of each pair that passes the guard (`mining.guard`): enough orders and distinct known shoppers, a
    weighted lift, and significance among all possible pairs. At most `RULES_PER_ITEM` of one antecedent. The version
    keeps the cut-off, so that live counts can be held against it.

    Parameters
    ----------
    still_ours : called in the publishing transaction; what it raises stops the publication (a lease that was lost).

    Raises
    ------
    NotEnoughData : nothing has been counted yet.
    """
    totals = BasketTotals.objects.live().first()
    if totals is None or not totals.orders:
        raise NotEnoughData("mining needs at least 1 counted order, there are 0")
    pairs = pairs_with_item_orders(generation=totals.generation, min_orders=settings.MIN_RULE_ORDERS)
    progress(0.2, f"{len(pairs.low):,} pairs in at least {settings.MIN_RULE_ORDERS} orders")
    baskets, shoppers = held_baskets()
    people = distinct_shoppers(baskets, shoppers, pairs.low << 32 | pairs.high)
    progress(0.6, "distinct shoppers counted")
    judged = _judged(pairs, totals, people)
    rules = rules_of_pairs(
        low=pairs.low[judged.passed],
        high=pairs.high[judged.passed],
        orders=pairs.orders[judged.passed],
        low_orders=pairs.low_orders[judged.passed],
        high_orders=pairs.high_orders[judged.passed],
        shoppers=people[judged.passed],
        p=judged.p[judged.passed],
        weighted_lift=judged.weighted_lift[judged.passed],
        total_orders=totals.orders,
        most_per_antecedent=settings.RULES_PER_ITEM,
    )
    artefact = _publish(
        rules, totals, judged, considered=len(pairs.low), progress=progress, now=now, still_ours=still_ours
    )
    _forget_old_versions()
    return artefact


def _judged(pairs: CountedPairs, totals: BasketTotals, people: NDArray[np.int64]) -> Judged:
    """Which pairs may be called often bought together, by the settings' thresholds."""
    weighted = WeightedPairs(
        share=pairs.share,
        share_square=pairs.share_square,
        low_orders=pairs.low_orders,
        high_orders=pairs.high_orders,
        size=totals.sum_size,
        size_multi=totals.sum_size_multi,
    )
    floors = Floors(
        orders=settings.MIN_RULE_ORDERS,
        shoppers=settings.MIN_RULE_SHOPPERS,
        weighted_lift=settings.MIN_WEIGHTED_LIFT,
    )
    return guard(
        weighted, orders=pairs.orders, shoppers=people, items=pairs.items, floors=floors, q=settings.FALSE_RULES
    )


def _publish(
    rules: Rules,
    totals: BasketTotals,
    judged: Judged,
    *,
    considered: int,
    progress: Progress,
    now: datetime,
    still_ours: Callable[[], None],
) -> Artefact:
    """Write the rules in short transactions, then swap the pointer: readers see the old version or all of the new."""
    metrics = {
        "rules": len(rules),
        "pairs_considered": considered,
        "min_orders": settings.MIN_RULE_ORDERS,
        "min_shoppers": settings.MIN_RULE_SHOPPERS,
        "min_weighted_lift": settings.MIN_WEIGHTED_LIFT,
        "false_rules": settings.FALSE_RULES,
        "cutoff_p": judged.cutoff.p,
        "items": judged.cutoff.items,
        "pairs_passed": int(judged.passed.sum()),
        "rules_per_item": settings.RULES_PER_ITEM,
    }
    artefact = Artefact.objects.create(
        kind=ArtefactKind.RULES,
        status=ArtefactStatus.BUILDING,
        metrics=metrics,
        data_sequence=totals.sequence,
        data_orders=totals.orders,
    )
    rows = _rows(rules, artefact.pk)
    for start in range(0, len(rows), RULES_AT_ONCE):
        insert(Rule, FIELDS, rows[start : start + RULES_AT_ONCE])
        progress(0.6 + 0.4 * start / len(rows), f"{start:,} of {len(rows):,} rules written")
    progress(1.0, f"{len(rows):,} rules")
    with database.atomic():
        still_ours()
        artefact.status = ArtefactStatus.PUBLISHED
        artefact.save(update_fields=["status"])
        LivePointer.objects.update_or_create(kind=ArtefactKind.RULES, defaults={"artefact": artefact, "moved_at": now})
    return artefact


FIELDS = [
    "artefact",
    "key",
    "antecedent",
    "consequent",
    "orders",
    "antecedent_orders",
    "consequent_orders",
    "total_orders",
    "shoppers",
    "support",
    "confidence",
    "lift",
    "leverage",
    "conviction",
    "p",
    "weighted_lift",
]


def _rows(rules: Rules, artefact_id: int) -> list[tuple[object, ...]]:
    measures = rules.measures
    counts = np.column_stack(
        [
            rules.antecedent,
            rules.consequent,
            rules.orders,
            rules.antecedent_orders,
            rules.consequent_orders,
            np.full(len(rules), rules.total_orders),
            rules.shoppers,
        ]
    ).tolist()
    values = np.column_stack(
        [
            measures.support,
            measures.confidence,
            measures.lift,
            measures.leverage,
            measures.conviction,
            rules.p,
            rules.weighted_lift,
        ]
    ).tolist()
    return [
        (artefact_id, f"{row[0]}=>{row[1]}", *row, *value[:4], value[4] if np.isfinite(value[4]) else None, *value[5:])
        for row, value in zip(counts, values, strict=True)
    ]


def _forget_old_versions() -> None:
    """Rules of versions that nobody rolls back to any more go, and so do halves of one that died."""
    live = LivePointer.objects.filter(kind=ArtefactKind.RULES).values_list("artefact_id", flat=True).first()
    kept = list(
        Artefact.objects.filter(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
        .order_by("-id")
        .values_list("id", flat=True)[:VERSIONS_KEPT]
    )
    old = Artefact.objects.filter(kind=ArtefactKind.RULES).exclude(pk__in=[*kept, live])
    Rule.objects.filter(artefact__in=old).delete()
    old.delete()
