"""Mine rules from the live counts and publish them as a version."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from recommendations.conf import settings
from recommendations.exceptions import NotEnoughData
from recommendations.mining.guard import Judged, guard
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.pairs import distinct_shoppers
from recommendations.mining.rules import LongRules, Rules, rules_of_pairs
from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BasketTotals,
    LivePointer,
    Rule,
    RuleStatus,
    database,
)
from recommendations.models.sql import insert
from recommendations.selectors.live_rules import floors
from recommendations.selectors.orders import held_baskets
from recommendations.selectors.pairs import CountedPairs, pairs_with_item_orders
from recommendations.services.holding import Held, held_pairs
from recommendations.services.mine_long import LongClaims, long_rules

VERSIONS_KEPT = 5
RULES_AT_ONCE = 2_000

Progress = Callable[[float, str], None]


def mine(*, progress: Progress, now: datetime, still_ours: Callable[[], None] = lambda: None) -> Artefact:
    """Publish the rules that the live counts support.

    Both directions of each pair that passes the guard (`mining.guard`): enough orders and distinct known shoppers, a
    weighted lift, and significance among all possible pairs; beside them rules with several antecedents, see
    `mine_long`. At most `RULES_PER_ITEM` of one left side, and as many held for staff to see first, see `holding`. The
    version keeps the cut-off, so that live counts can be held against it.

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
    baskets, shoppers, placed_at = held_baskets()
    keys = pairs.low << 32 | pairs.high
    people = distinct_shoppers(baskets, shoppers, keys)
    progress(0.5, "distinct shoppers counted")
    weighted = _weighted(pairs, totals)
    judged = guard(
        weighted, orders=pairs.orders, shoppers=people, items=pairs.items, floors=floors(), q=settings.FALSE_RULES
    )
    held = held_pairs(
        weighted, judged, keys=keys, orders=pairs.orders, baskets=baskets, shoppers=shoppers, placed_at=placed_at
    )
    progress(0.6, f"{len(held.reasons):,} pairs held for review")
    rules = [
        _rules(pairs, judged, people, kept, total_orders=totals.orders)
        for kept in (judged.passed & ~held.flags, held.flags)
    ]
    long = long_rules(baskets, shoppers)
    progress(0.8, f"{len(long.rules):,} rules of several antecedents")
    artefact = _publish(
        rules, long, held, totals, judged, considered=len(pairs.low), progress=progress, now=now, still_ours=still_ours
    )
    _forget_old_versions()
    return artefact


def _weighted(pairs: CountedPairs, totals: BasketTotals) -> WeightedPairs:
    return WeightedPairs(
        share=pairs.share,
        share_square=pairs.share_square,
        low_orders=pairs.low_orders,
        high_orders=pairs.high_orders,
        size=totals.sum_size,
        size_multi=totals.sum_size_multi,
    )


def _rules(
    pairs: CountedPairs, judged: Judged, people: NDArray[np.int64], kept: NDArray[np.bool_], *, total_orders: int
) -> Rules:
    """Both directions of the pairs for which `kept` bool[pairs] is true."""
    return rules_of_pairs(
        low=pairs.low[kept],
        high=pairs.high[kept],
        orders=pairs.orders[kept],
        low_orders=pairs.low_orders[kept],
        high_orders=pairs.high_orders[kept],
        shoppers=people[kept],
        p=judged.p[kept],
        weighted_lift=judged.weighted_lift[kept],
        total_orders=total_orders,
        most_per_antecedent=settings.RULES_PER_ITEM,
    )


def _publish(
    rules: Sequence[Rules],
    long: LongClaims,
    held: Held,
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
        "rules": sum(map(len, rules)) + len(long.rules),
        "pairs_held": len(held.reasons),
        "pairs_considered": considered,
        "min_orders": settings.MIN_RULE_ORDERS,
        "min_shoppers": settings.MIN_RULE_SHOPPERS,
        "min_weighted_lift": settings.MIN_WEIGHTED_LIFT,
        "false_rules": settings.FALSE_RULES,
        "cutoff_p": judged.cutoff.p,
        "items": judged.cutoff.items,
        "pairs_passed": int(judged.passed.sum()),
        "rules_per_item": settings.RULES_PER_ITEM,
        **long.metrics,
    }
    artefact = Artefact.objects.create(
        kind=ArtefactKind.RULES,
        status=ArtefactStatus.BUILDING,
        metrics=metrics,
        data_sequence=totals.sequence,
        data_orders=totals.orders,
    )
    rows = _rows(rules, long, held, artefact.pk)
    for start in range(0, len(rows), RULES_AT_ONCE):
        insert(Rule, FIELDS, rows[start : start + RULES_AT_ONCE])
        progress(0.8 + 0.2 * start / len(rows), f"{start:,} of {len(rows):,} rules written")
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
    "antecedent_2",
    "antecedent_3",
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
    "status",
    "hold_reasons",
]


def _rows(rules: Sequence[Rules], long: LongClaims, held: Held, artefact_id: int) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for some in rules:
        pairs = [(antecedent,) for antecedent in some.antecedent.tolist()]
        measures = some.p.tolist(), some.weighted_lift.tolist()
        rows += _kind_of_rows(pairs, some, some.shoppers, held, artefact_id, *measures)
    several = [tuple(one.tolist()) for one in np.split(long.rules.antecedents, long.rules.offsets[1:-1])]
    rows += _kind_of_rows(several[: len(long.rules)], long.rules, long.shoppers, held, artefact_id)
    return rows


def _kind_of_rows(
    antecedents: Sequence[tuple[int, ...]],
    rules: Rules | LongRules,
    shoppers: NDArray[np.int64],
    held: Held,
    artefact_id: int,
    p: Iterable[float | None] = repeat(None),
    weighted_lift: Iterable[float | None] = repeat(None),
) -> Iterator[tuple[object, ...]]:
    measures = rules.measures
    counts = [rules.orders, rules.antecedent_orders, rules.consequent_orders]
    total = np.full(len(rules), rules.total_orders)
    counted = np.column_stack([rules.consequent, *counts, total, shoppers]).tolist()
    plain = np.column_stack([measures.support, measures.confidence, measures.lift, measures.leverage]).tolist()
    conviction = [value if np.isfinite(value) else None for value in measures.conviction.tolist()]
    for left, row, values, *rest in zip(antecedents, counted, plain, conviction, p, weighted_lift, strict=False):
        key = f"{','.join(map(str, left))}=>{row[0]}"
        reasons = held.of((*left, row[0]))
        status = RuleStatus.HELD if reasons else RuleStatus.PUBLISHED
        yield (artefact_id, key, *left, *[None] * (3 - len(left)), *row, *values, *rest, status.value, reasons)


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
