"""What versions of rules say of pairs, whichever of the two directions they have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recommendations.data.candidates import Pair
from recommendations.mining.moves import Counts
from recommendations.models import Rule, RuleKind, RuleStatus

READ_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class PairClaim:
    """A pair's counts in one version, and whether that version held it for staff."""

    counts: Counts
    held: bool


def pair_claims(artefact_id: int) -> dict[Pair, PairClaim]:
    """Each pair that a version calls bought together; one statement, 200,000 rules in about a second."""
    rows = (
        Rule.objects.filter(artefact=artefact_id, kind=RuleKind.COMPLEMENT, antecedent_2__isnull=True)
        .values_list(
            "antecedent_id",
            "consequent_id",
            "orders",
            "antecedent_orders",
            "consequent_orders",
            "weighted_lift",
            "status",
        )
        .iterator(chunk_size=READ_AT_ONCE)
    )
    claims: dict[Pair, PairClaim] = {}
    for first, second, orders, first_orders, second_orders, lift, status in rows:
        pair = (first, second) if first < second else (second, first)
        if pair in claims:
            continue
        low_orders, high_orders = (first_orders, second_orders) if first < second else (second_orders, first_orders)
        claims[pair] = PairClaim(Counts(orders, low_orders, high_orders, lift), status == RuleStatus.HELD)
    return claims


def rules_of(pairs: Iterable[Pair]) -> Mapping[Pair, list[Rule]]:
    """The rules of the live version that join each pair alone, in either direction, the surest first."""
    keys = {RuleKind.COMPLEMENT.key([one], other): pair for pair in pairs for one, other in (pair, pair[::-1])}
    found: dict[Pair, list[Rule]] = {}
    for rule in Rule.objects.live().filter(key__in=list(keys)).order_by("-confidence", "id"):
        found.setdefault(keys[rule.key], []).append(rule)
    return found
