"""What mining by other parameters would find, compared with the rules that are live; nothing is published."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from recommendations.desks import Chosen
from recommendations.models import Order, Rule, RuleKind, RuleStatus
from recommendations.services.mine import find
from recommendations.services.rule_rows import FIELDS, rows_of

SAMPLED_ORDERS = 1_000
"""The newest orders, of which the share that a rule's left side is in is told."""

KIND, KEY, STATUS = (FIELDS.index(name) for name in ("kind", "key", "status"))
SIDES = slice(FIELDS.index("antecedent"), FIELDS.index("antecedent_3") + 1)

Progress = Callable[[float, str], None]
Sides = Sequence[int | None]


def preview(*, chosen: Chosen, progress: Progress, now: datetime) -> Mapping[str, Any]:
    """What `mine` would publish by these parameters.

    Returns
    -------
    JSON. `rules` and `rules_now`, by kind in `kinds`: what shoppers would be shown, and are; `held` and `held_now` wait
    for staff. `come` and `go` of the rules that are shown. `orders_touched` and `orders_touched_now` of the
    `orders_sampled` newest orders hold the whole left side of a rule of what is bought together.

    Raises
    ------
    NotEnoughData : nothing has been counted yet.
    """
    found = find(chosen=chosen, progress=progress, now=now)
    progress(0.85, "comparing with the rules that are live")
    rows = rows_of(found.pairs, found.long, found.others, found.held, artefact_id=0)
    ours = [(row[KIND], row[KEY], row[STATUS], row[SIDES]) for row in rows]
    live = Rule.objects.live().values_list("kind", "key", "status", "antecedent", "antecedent_2", "antecedent_3")
    theirs = [(row[0], row[1], row[2], row[3:]) for row in live.iterator(chunk_size=10_000)]
    shown, shown_now = _shown(ours), _shown(theirs)
    orders = Order.objects.held_by_counts().order_by("-placed_at").values_list("counted_items", flat=True)
    baskets = [frozenset(items or ()) for items in orders[:SAMPLED_ORDERS]]
    kinds, kinds_now = Counter(row[0] for row in shown), Counter(row[0] for row in shown_now)
    keys, keys_now = {row[1] for row in shown}, {row[1] for row in shown_now}
    progress(1.0, f"{len(shown):,} rules")
    return {
        "data_orders": found.totals.orders,
        "rules": len(shown),
        "rules_now": len(shown_now),
        "held": len(ours) - len(shown),
        "held_now": len(theirs) - len(shown_now),
        "come": len(keys - keys_now),
        "go": len(keys_now - keys),
        "kinds": {kind.value: [kinds[kind.value], kinds_now[kind.value]] for kind in RuleKind},
        "orders_sampled": len(baskets),
        "orders_touched": touched(baskets, [row[3] for row in shown if row[0] == RuleKind.COMPLEMENT]),
        "orders_touched_now": touched(baskets, [row[3] for row in shown_now if row[0] == RuleKind.COMPLEMENT]),
    }


def touched(baskets: Iterable[frozenset[int]], antecedents: Iterable[Sides]) -> int:
    """How many baskets hold all items of at least one left side."""
    needed: dict[int, set[frozenset[int]]] = defaultdict(set)
    for sides in antecedents:
        items = frozenset(item for item in sides if item is not None)
        needed[min(items)].add(items)
    return sum(any(side <= basket for item in basket for side in needed.get(item, ())) for basket in baskets)


def digest_of(values: Mapping[str, Any]) -> str:
    """A short text for these parameters."""
    return hashlib.blake2b(json.dumps(values, sort_keys=True).encode(), digest_size=8).hexdigest()


def _shown(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in rows if row[2] == RuleStatus.PUBLISHED]
