"""Mine rules from the live counts and publish them as a version."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from recommendations.conf import settings
from recommendations.data.baskets import Baskets
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
    RuleKind,
    RuleStatus,
    database,
)
from recommendations.models.sql import insert
from recommendations.selectors.live_rules import floors
from recommendations.selectors.orders import held_baskets
from recommendations.selectors.pairs import CountedPairs, pairs_with_item_orders
from recommendations.services.freezing import with_frozen
from recommendations.services.holding import Held, held_pairs
from recommendations.services.mine_long import LongClaims, long_rules
from recommendations.services.mine_substitutes import mine_substitutes
from recommendations.services.mine_views import mine_views
from recommendations.services.mined import Mined

VERSIONS_KEPT = 5
RULES_AT_ONCE = 2_000

Ids = NDArray[np.int64]
Progress = Callable[[float, str], None]


def mine(*, progress: Progress, now: datetime, still_ours: Callable[[], None] = lambda: None) -> Artefact:
    """Publish the rules that the live counts support.

    Both directions of each pair that passes the guard (`mining.guard`): enough orders and distinct known shoppers, a
    weighted lift, and significance among all possible pairs; beside them rules with several antecedents, see
    `mine_long`, and rules of the other kinds, see `mine_substitutes` and `mine_views`. At most `RULES_PER_ITEM` of one
    left side and kind, and as many held for staff to see first, see `holding`. The version keeps the cut-off, so that
    live counts can be held against it.

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
    progress(0.7, f"{len(long.rules):,} rules of several antecedents")
    others = _other_kinds(baskets, shoppers, placed_at, progress=progress, now=now)
    artefact = _publish(
        rules,
        long,
        others,
        held,
        totals,
        judged,
        pairs,
        progress=progress,
        now=now,
        still_ours=still_ours,
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


def _other_kinds(baskets: Baskets, shoppers: Ids, placed_at: Ids, *, progress: Progress, now: datetime) -> list[Mined]:
    """What stands in for another item, and what is viewed and then viewed or bought."""
    months = placed_at.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    substitutes = mine_substitutes(baskets, shoppers, months)
    progress(0.75, f"{len(substitutes.rules):,} rules of substitutes")
    views = mine_views(now=now)
    progress(0.8, f"{sum(len(one.rules) for one in views):,} rules of what is viewed")
    return [substitutes, *views]


def _publish(
    rules: Sequence[Rules],
    long: LongClaims,
    others: Sequence[Mined],
    held: Held,
    totals: BasketTotals,
    judged: Judged,
    pairs: CountedPairs,
    *,
    progress: Progress,
    now: datetime,
    still_ours: Callable[[], None],
) -> Artefact:
    """Write the rules in short transactions, then swap the pointer: readers see the old version or all of the new."""
    complements = sum(map(len, rules)) + len(long.rules)
    metrics = {
        "rules": complements + sum(len(one.rules) for one in others),
        "complement_rules": complements,
        "pairs_held": len(held.reasons),
        "pairs_considered": len(pairs.low),
        "min_orders": settings.MIN_RULE_ORDERS,
        "min_shoppers": settings.MIN_RULE_SHOPPERS,
        "min_weighted_lift": settings.MIN_WEIGHTED_LIFT,
        "false_rules": settings.FALSE_RULES,
        "cutoff_p": judged.cutoff.p,
        "items": pairs.items,
        "pairs_passed": int(judged.passed.sum()),
        "rules_per_item": settings.RULES_PER_ITEM,
        **long.metrics,
        **{name: value for one in others for name, value in one.figures().items()},
    }
    artefact = Artefact.objects.create(
        kind=ArtefactKind.RULES,
        status=ArtefactStatus.BUILDING,
        metrics=metrics,
        data_sequence=totals.sequence,
        data_orders=totals.orders,
    )
    rows = with_frozen(_rows(rules, long, others, held, artefact.pk), artefact_id=artefact.pk, now=now)
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
    "kind",
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
    "expected",
    "status",
    "hold_reasons",
]


def _rows(
    rules: Sequence[Rules], long: LongClaims, others: Sequence[Mined], held: Held, artefact_id: int
) -> list[tuple[object, ...]]:
    several = [tuple(one.tolist()) for one in np.split(long.rules.antecedents, long.rules.offsets[1:-1])]
    kind = RuleKind.COMPLEMENT
    rows = list(_rows_of(kind, several[: len(long.rules)], long.rules, long.shoppers, artefact_id, held))
    for some in rules:
        rows += _rows_of_pairs(Mined(kind, some), artefact_id, held)
    for one in others:
        rows += _rows_of_pairs(one, artefact_id)
    return rows


def _rows_of_pairs(mined: Mined, artefact_id: int, held: Held | None = None) -> Iterator[tuple[object, ...]]:
    rules = mined.rules
    alone = [(antecedent,) for antecedent in rules.antecedent.tolist()]
    expected = repeat(None) if mined.expected is None else mined.expected.tolist()
    guarded = zip(rules.p.tolist(), rules.weighted_lift.tolist(), expected, strict=False)
    return _rows_of(mined.kind, alone, rules, rules.shoppers, artefact_id, held, guarded)


def _rows_of(
    kind: RuleKind,
    antecedents: Sequence[tuple[int, ...]],
    rules: Rules | LongRules,
    shoppers: Ids,
    artefact_id: int,
    held: Held | None,
    guarded: Iterable[tuple[float | None, ...]] = repeat((None, None, None)),
) -> Iterator[tuple[object, ...]]:
    """Rows as FIELDS has them; `guarded` are the p value, the weighted lift and what chance gives of each rule."""
    measures = rules.measures
    counts = [rules.orders, rules.antecedent_orders, rules.consequent_orders]
    total = np.full(len(rules), rules.total_orders)
    counted = np.column_stack([rules.consequent, *counts, total, shoppers]).tolist()
    plain = np.column_stack([measures.support, measures.confidence, measures.lift, measures.leverage]).tolist()
    conviction = [value if np.isfinite(value) else None for value in measures.conviction.tolist()]
    for left, row, values, last, rest in zip(antecedents, counted, plain, conviction, guarded, strict=False):
        sides = [*left, *[None] * (3 - len(left))]
        reasons = held.of((*left, row[0])) if held else {}
        status = RuleStatus.HELD if reasons else RuleStatus.PUBLISHED
        key = kind.key(left, row[0])
        yield (artefact_id, kind.value, key, *sides, *row, *values, last, *rest, status.value, reasons)


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
