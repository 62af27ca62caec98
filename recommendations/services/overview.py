"""What has been learnt so far, in a few figures and sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from recommendations.catalogue import Context, get_catalogue
from recommendations.models import (
    Artefact,
    ArtefactKind,
    BasketTotals,
    ItemCount,
    LivePointer,
    PairCount,
    Rule,
    RuleKind,
)


@dataclass(frozen=True, slots=True)
class Learnt:
    """Orders, items and pairs in the live counts, live rules, and the live network's metrics (None without one)."""

    orders: int
    items: int
    pairs: int
    rules: int
    network: Mapping[str, Any] | None


def learnt() -> Learnt:
    """The figures of the live counts, rules and network. Counts the pairs, which takes a moment in a large shop."""
    totals = BasketTotals.objects.live().first()
    pointers = dict(LivePointer.objects.values_list("kind", "artefact_id"))
    metrics = dict(Artefact.objects.filter(pk__in=pointers.values()).values_list("kind", "metrics"))
    return Learnt(
        orders=totals.orders if totals else 0,
        items=ItemCount.objects.filter(generation=totals.generation).count() if totals else 0,
        pairs=PairCount.objects.filter(generation=totals.generation).count() if totals else 0,
        rules=metrics.get(ArtefactKind.RULES, {}).get("rules", 0),
        network=metrics.get(ArtefactKind.NETWORK),
    )


def strongest_rules(*, most: int, now: datetime) -> list[str]:
    """The served rules of what is bought together of the largest leverage, in words with their counts, each once."""
    found = (
        Rule.objects.served(now)
        .filter(kind=RuleKind.COMPLEMENT, antecedent_2=None)
        .order_by("-leverage", "id")
        .values_list("antecedent__key", "consequent__key", "orders", "antecedent_orders", "lift")
    )
    rows, pairs = [], set()
    for row in found[: most * 4]:
        if frozenset(row[:2]) not in pairs:
            pairs.add(frozenset(row[:2]))
            rows.append(row)
    rows = rows[:most]
    facts = get_catalogue().facts(sorted({key for row in rows for key in row[:2]}), Context())

    def title(key: str) -> str:
        return facts[key].title if key in facts else key

    return [
        gettext("%(n_ab)s of the %(n_a)s orders with %(a)s also had %(b)s, %(lift).1f times what chance gives")
        % {"n_ab": both, "n_a": first, "a": title(one), "b": title(other), "lift": lift}
        for one, other, both, first, lift in rows
    ]
