"""Mine rules from the live counts and publish them as a version."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommendations.data.baskets import Baskets
from recommendations.desks import Chosen
from recommendations.exceptions import NotEnoughData
from recommendations.mining.guard import Judged, guard
from recommendations.mining.measures import WeightedPairs
from recommendations.mining.pairs import distinct_shoppers
from recommendations.mining.rules import Rules, rules_of_pairs
from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BasketTotals,
    Desk,
    LivePointer,
    Rule,
    RuleKind,
    database,
)
from recommendations.models.sql import insert
from recommendations.selectors.live_rules import floors
from recommendations.selectors.orders import held_baskets
from recommendations.selectors.pairs import CountedPairs, pairs_with_item_orders
from recommendations.services import parameters
from recommendations.services.freezing import with_frozen
from recommendations.services.holding import Held, held_pairs
from recommendations.services.mine_long import LongClaims, long_rules
from recommendations.services.mine_substitutes import mine_substitutes
from recommendations.services.mine_views import mine_views
from recommendations.services.mined import Mined
from recommendations.services.review import BASE, find_reviews
from recommendations.services.rule_rows import FIELDS, rows_of

VERSIONS_KEPT = 5
RULES_AT_ONCE = 2_000
OTHER_KINDS = (RuleKind.SUBSTITUTE, RuleKind.VIEWED_TOGETHER, RuleKind.VIEWED_THEN_BOUGHT)

Ids = NDArray[np.int64]
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What mining found.

    Parameters
    ----------
    pairs : rules of pairs of what is bought together, those that pass and those that staff must see first.
    others : rules of the other kinds.
    """

    pairs: tuple[Rules, Rules]
    long: LongClaims
    others: list[Mined]
    held: Held
    totals: BasketTotals
    counted: CountedPairs
    judged: Judged


def mine(
    *,
    progress: Progress,
    now: datetime,
    chosen: Chosen | None = None,
    still_ours: Callable[[], None] = lambda: None,
) -> Artefact:
    """Publish the rules that the live counts support, see `find`. The version keeps the cut-off and the parameters, so
    that live counts can be held against them.

    Parameters
    ----------
    chosen : the parameters of mining; those of now unless given.
    still_ours : called in the publishing transaction; what it raises stops the publication (a lease that was lost).

    Raises
    ------
    NotEnoughData : nothing has been counted yet.
    """
    ours = chosen or parameters.chosen(Desk.MINING)
    found = find(chosen=ours, progress=progress, now=now)
    artefact = _publish(found, ours, progress=progress, now=now, still_ours=still_ours)
    find_reviews(artefact, now=now)
    _forget_old_versions(artefact.metrics.get(BASE))
    return artefact


def find(*, chosen: Chosen, progress: Progress, now: datetime) -> Found:
    """The rules that the live counts support.

    Both directions of each pair that passes the guard (`mining.guard`): enough orders and distinct known shoppers, a
    weighted lift, and significance among all possible pairs; beside them rules with several antecedents, see
    `mine_long`, and rules of the other kinds, see `mine_substitutes` and `mine_views`. At most `RULES_PER_ITEM` of one
    left side and kind, and as many held for staff to see first, see `holding`.

    Raises
    ------
    NotEnoughData : nothing has been counted yet.
    """
    totals = BasketTotals.objects.live().first()
    if totals is None or not totals.orders:
        raise NotEnoughData("mining needs at least 1 counted order, there are 0")
    pairs = pairs_with_item_orders(generation=totals.generation, min_orders=chosen.MIN_RULE_ORDERS)
    progress(0.2, f"{len(pairs.low):,} pairs in at least {chosen.MIN_RULE_ORDERS} orders")
    baskets, shoppers, placed_at = held_baskets()
    keys = pairs.low << 32 | pairs.high
    people = distinct_shoppers(baskets, shoppers, keys)
    progress(0.5, "distinct shoppers counted")
    weighted = _weighted(pairs, totals)
    judged = guard(
        weighted, orders=pairs.orders, shoppers=people, items=pairs.items, floors=floors(chosen), q=chosen.FALSE_RULES
    )
    held = held_pairs(
        weighted, judged, keys=keys, orders=pairs.orders, baskets=baskets, shoppers=shoppers, placed_at=placed_at
    )
    progress(0.6, f"{len(held.reasons):,} pairs held for review")
    passed, waiting = (
        _rules(pairs, judged, people, kept, total_orders=totals.orders, most=chosen.RULES_PER_ITEM)
        for kept in (judged.passed & ~held.flags, held.flags)
    )
    long = long_rules(baskets, shoppers, chosen=chosen)
    progress(0.7, f"{len(long.rules):,} rules of several antecedents")
    others = _other_kinds(baskets, shoppers, placed_at, chosen=chosen, progress=progress, now=now)
    return Found((passed, waiting), long, others, held, totals, pairs, judged)


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
    pairs: CountedPairs,
    judged: Judged,
    people: NDArray[np.int64],
    kept: NDArray[np.bool_],
    *,
    total_orders: int,
    most: int,
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
        most_per_antecedent=most,
    )


def _other_kinds(
    baskets: Baskets, shoppers: Ids, placed_at: Ids, *, chosen: Chosen, progress: Progress, now: datetime
) -> list[Mined]:
    """What stands in for another item, and what is viewed and then viewed or bought; those that are wanted."""
    found: list[Mined] = []
    if chosen.MINE_SUBSTITUTES:
        months = placed_at.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        found.append(mine_substitutes(baskets, shoppers, months, chosen=chosen))
        progress(0.75, f"{len(found[0].rules):,} rules of substitutes")
    if chosen.MINE_VIEWS:
        views = mine_views(now=now, chosen=chosen)
        progress(0.8, f"{sum(len(one.rules) for one in views):,} rules of what is viewed")
        found += views
    return found


def _publish(
    found: Found, chosen: Chosen, *, progress: Progress, now: datetime, still_ours: Callable[[], None]
) -> Artefact:
    """Write the rules in short transactions, then swap the pointer: readers see the old version or all of the new."""
    complements = sum(map(len, found.pairs)) + len(found.long.rules)
    metrics = {
        "rules": complements + sum(len(one.rules) for one in found.others),
        "complement_rules": complements,
        **{f"{kind.value}_rules": 0 for kind in OTHER_KINDS},
        "pairs_held": len(found.held.reasons),
        "pairs_considered": len(found.counted.low),
        "min_orders": chosen.MIN_RULE_ORDERS,
        "min_shoppers": chosen.MIN_RULE_SHOPPERS,
        "min_weighted_lift": chosen.MIN_WEIGHTED_LIFT,
        "false_rules": chosen.FALSE_RULES,
        "cutoff_p": found.judged.cutoff.p,
        "items": found.counted.items,
        "pairs_passed": int(found.judged.passed.sum()),
        "rules_per_item": chosen.RULES_PER_ITEM,
        "parameters": chosen.values,
        "parameters_version": chosen.version,
        **found.long.metrics,
        **{name: value for one in found.others for name, value in one.figures().items()},
    }
    artefact = Artefact.objects.create(
        kind=ArtefactKind.RULES,
        status=ArtefactStatus.BUILDING,
        metrics=metrics,
        data_sequence=found.totals.sequence,
        data_orders=found.totals.orders,
    )
    rows = with_frozen(
        rows_of(found.pairs, found.long, found.others, found.held, artefact.pk), artefact_id=artefact.pk, now=now
    )
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


def _forget_old_versions(base: int | None) -> None:
    """Rules of versions that nobody rolls back to any more go, and so do halves of one that died.

    `base` is the version that later ones are compared with; it stays.
    """
    live = LivePointer.objects.filter(kind=ArtefactKind.RULES).values_list("artefact_id", flat=True).first()
    kept = list(
        Artefact.objects.filter(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED)
        .order_by("-id")
        .values_list("id", flat=True)[:VERSIONS_KEPT]
    )
    old = Artefact.objects.filter(kind=ArtefactKind.RULES).exclude(pk__in=[*kept, live, base])
    Rule.objects.filter(artefact__in=old).delete()
    old.delete()
