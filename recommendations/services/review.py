"""Which pairs of products staff may want to look at: found by each mining, kept until they are decided or left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Max, Min

from recommendations.catalogue import Context
from recommendations.data.candidates import Pair
from recommendations.data.facts import Facts
from recommendations.mining.moves import Counts, moved
from recommendations.models import (
    Artefact,
    ArtefactKind,
    ArtefactStatus,
    BasketTotals,
    Order,
    ReviewReason,
    RuleDecision,
    RuleReview,
    database,
)
from recommendations.selectors.pair_claims import PairClaim, pair_claims, rules_of
from recommendations.services import audit
from recommendations.services.titles import told_of

BASE = "review_base"
"""What a version's metrics call the version that it was compared with."""

BASE_KEPT = timedelta(days=7)
"""How long versions are compared with the same one: from one hour to the next nothing moves far."""

MOST_WAITING = 200
MOST_PRICED = 2_000
"""Pairs in most orders that the shop is asked for prices of; what sells less is not worth the look."""

PRICED_AT_ONCE = 250
MONTH = timedelta(days=30)

COUNTED = ("orders", "low_orders", "high_orders", "weighted_lift")
WRITTEN = ["reason", "waits", "since", *COUNTED, "stake_orders", "stake", "currency"]


@dataclass(frozen=True, slots=True)
class Found:
    """Why a pair waits, and the counts that it moved away from; None where there are none."""

    reason: ReviewReason
    before: Counts | None


def find_reviews(version: Artefact, *, now: datetime) -> int:
    """Keep what staff may want to look at in a version that was published; returns how many pairs wait.

    Those wait that are held, that the version compared with had not, or that moved beyond chance (`mining.moves`) away
    from what staff saw last, or else from the version compared with. What staff decided of or left waits again only
    where it moved. At most `MOST_WAITING` wait, those with most money.
    """
    base = _base(version, now)
    claims, earlier = pair_claims(version.pk), None if base is None else pair_claims(base.pk)
    known = {(row.low_id, row.high_id): row for row in RuleReview.objects.all()}
    decided, found = _decided(), {}
    for pair, claim in claims.items():
        why = _why(
            claim,
            known.get(pair),
            None if earlier is None else earlier.get(pair),
            is_decided=pair in decided,
            is_first=earlier is None,
        )
        if why is not None:
            found[pair] = why
    often = sorted(found, key=lambda pair: (-claims[pair].counts.orders, pair))[:MOST_PRICED]
    months, prices = _months(), _prices(often, now)
    rows = [
        _row(pair, found[pair], known.get(pair), claims[pair].counts.orders / months, prices.get(pair), now)
        for pair in often
    ]
    rows = sorted(rows, key=lambda row: (row.stake is None, -(row.stake or 0), -row.stake_orders))[:MOST_WAITING]
    _keep(rows)
    if base is not None:
        version.metrics[BASE] = base.pk
        version.save(update_fields=["metrics"])
    return len(rows)


def look(pairs: Iterable[Pair], *, user_id: int, now: datetime) -> list[RuleReview]:
    """These pairs wait no more, until they move away from their counts of the live version; those that did wait."""
    wanted = set(pairs)
    rows = [row for row in RuleReview.objects.filter(waits=True) if (row.low_id, row.high_id) in wanted]
    rules = rules_of((row.low_id, row.high_id) for row in rows)
    for row in rows:
        row.waits, row.seen_at, row.seen_by_id = False, now, user_id
        for rule in rules.get((row.low_id, row.high_id), [])[:1]:
            sides = (rule.antecedent_orders, rule.consequent_orders)
            low_orders, high_orders = sides if rule.antecedent_id == row.low_id else sides[::-1]
            _remember(row, Counts(rule.orders, low_orders, high_orders, rule.weighted_lift))
    if rows:
        RuleReview.objects.bulk_update(rows, ["waits", "seen_at", "seen_by", *COUNTED])
    return rows


@database.joining
def leave(pair: Pair, *, user_id: int, now: datetime) -> bool:
    """Leave a pair's rules as they are; returns whether they waited. It leaves one entry in the log."""
    rows = look([pair], user_id=user_id, now=now)
    audit.note_all(((row, {"waits": True}, {"waits": False}) for row in rows), user_id=user_id)
    return bool(rows)


def pairs_of(rule_keys: Iterable[str]) -> set[Pair]:
    """The pairs that rules of what is bought together join; without rules of other kinds and of several antecedents."""
    sides = (key.split("=>") for key in rule_keys)
    ids = [(int(left), int(right)) for left, right in sides if left.isdecimal() and right.isdecimal()]
    return {(min(pair), max(pair)) for pair in ids}


def _base(version: Artefact, now: datetime) -> Artefact | None:
    """The version to compare with: that of the version before while it is young enough, else the version before."""
    published = Artefact.objects.filter(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED, pk__lt=version.pk)
    before = published.order_by("-pk").first()
    if before is None:
        return None
    kept = published.filter(pk=before.metrics.get(BASE), created_at__gt=now - BASE_KEPT).first()
    return kept or before


def _decided() -> set[Pair]:
    """Pairs that staff decided of, in either direction."""
    return pairs_of(RuleDecision.objects.values_list("rule_key", flat=True).iterator())


def _why(
    claim: PairClaim, row: RuleReview | None, earlier: PairClaim | None, *, is_decided: bool, is_first: bool
) -> Found | None:
    """Why the pair waits; None where it does not. `is_first`: there is no version to compare with."""
    told = None if row is None or row.orders is None else Counts(*(getattr(row, name) for name in COUNTED))
    before = told or (None if earlier is None else earlier.counts)
    if is_decided or (row is not None and row.seen_at is not None):
        return Found(ReviewReason.MOVED, before) if before is not None and moved(before, claim.counts) else None
    if claim.held:
        return Found(ReviewReason.HELD, None)
    is_new = earlier is None and not is_first
    if is_new or (row is not None and row.reason == ReviewReason.NEW):
        return Found(ReviewReason.NEW, None)
    return Found(ReviewReason.MOVED, before) if before is not None and moved(before, claim.counts) else None


def _row(
    pair: Pair,
    why: Found,
    known: RuleReview | None,
    orders_a_month: float,
    price: tuple[Decimal, str] | None,
    now: datetime,
) -> RuleReview:
    row = known or RuleReview(low_id=pair[0], high_id=pair[1])
    if known is None or not known.waits or known.reason != why.reason:
        row.since = now
    row.reason, row.waits, row.stake_orders = why.reason, True, orders_a_month
    _remember(row, why.before)
    row.stake, row.currency = None, ""
    if price is not None:
        row.stake, row.currency = (price[0] * Decimal(orders_a_month)).quantize(Decimal("0.01")), price[1]
    return row


def _remember(row: RuleReview, counts: Counts | None) -> None:
    for name in COUNTED:
        setattr(row, name, None if counts is None else getattr(counts, name))


@database.joining
def _keep(rows: Sequence[RuleReview]) -> None:
    """Write those that wait; others wait no more, and those that nobody ever looked at go."""
    known = [row for row in rows if row.pk is not None]
    others = RuleReview.objects.filter(waits=True).exclude(pk__in=[row.pk for row in known])
    others.filter(seen_at__isnull=True).delete()
    others.update(waits=False)
    RuleReview.objects.bulk_create(
        [row for row in rows if row.pk is None],
        update_conflicts=True,
        unique_fields=["low", "high"],
        update_fields=WRITTEN,
    )
    stored = RuleReview.objects.select_for_update().filter(pk__in=[row.pk for row in known])
    seen = dict(stored.values_list("pk", "seen_at"))
    # What staff looked at while the shop was asked for prices stays as they left it.
    RuleReview.objects.bulk_update([row for row in known if seen.get(row.pk, row) == row.seen_at], WRITTEN)


def _months() -> float:
    """How many months the counted orders lie within, at least one."""
    span = Order.objects.aggregate(first=Min("placed_at"), last=Max("placed_at"))
    totals = BasketTotals.objects.live().first()
    if span["first"] is None:
        return 1.0
    first = max(span["first"], totals.window_from) if totals and totals.window_from else span["first"]
    return float(max((span["last"] - first) / MONTH, 1.0))


def _prices(pairs: Sequence[Pair], now: datetime) -> Mapping[Pair, tuple[Decimal, str]]:
    """What both products of each pair cost now, in the currency of the first that has a price."""
    prices: dict[Pair, tuple[Decimal, str]] = {}
    for at in range(0, len(pairs), PRICED_AT_ONCE):
        some = pairs[at : at + PRICED_AT_ONCE]
        facts = told_of((pk for pair in some for pk in pair), Context())
        for pair in some:
            amounts = [_amount(facts[pk], now) for pk in pair if pk in facts]
            priced = [(amount, currency) for amount, currency in amounts if amount is not None]
            if priced:
                currency = priced[0][1]
                prices[pair] = sum((amount for amount, own in priced if own == currency), Decimal(0)), currency
    return prices


def _amount(facts: Facts, now: datetime) -> tuple[Decimal | None, str]:
    return facts.price_at(now), facts.currency
