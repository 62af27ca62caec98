"""What the counts of now say of published rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings as django_settings

from recommendations.data.cleaning import beginning
from recommendations.models import Artefact, ArtefactKind, ArtefactStatus, CampaignPeriod, Rule, RuleKind
from recommendations.selectors.live_rules import live_pairs, live_sets
from recommendations.services.claims import antecedents

MOST_CAMPAIGNS = 10
MOST_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class Now:
    """A rule's counts of now.

    `holds`: a pair is claimed at the version's cut-off; None for rules of several antecedents, which make no claim.
    `waits`: it is not, for staff must see it first.
    """

    orders: int
    antecedent_orders: int
    holds: bool | None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Apart:
    """A rule's counts of now within a campaign's days, and on all other days."""

    campaign: CampaignPeriod
    orders: int
    antecedent_orders: int
    other_orders: int
    other_antecedent_orders: int


def pairs_now(rules: Iterable[Rule], *, now: datetime) -> Mapping[int, Now]:
    """By the rule's id, those of what is bought together with one antecedent: one statement for however many rules."""
    pairs = {rule: _pair(rule) for rule in rules if _is_pair_of_orders(rule)}
    found = live_pairs(pairs.values(), now=now)
    return {
        rule.pk: Now(
            live.orders,
            live.low_orders if rule.antecedent_id == pair[0] else live.high_orders,
            live.claimed,
            live.waits,
        )
        for rule, pair in pairs.items()
        if (live := found.get(pair)) is not None
    }


def rule_now(rule: Rule, *, now: datetime) -> Now | None:
    """One rule's counts of now; those of several antecedents from the posting lists.

    None before there are counts, and for the kinds that are not told anew between two mines.
    """
    if rule.kind != RuleKind.COMPLEMENT or rule.antecedent_2_id is None:
        return pairs_now([rule], now=now).get(rule.pk)
    left = antecedents(rule)
    whole, antecedent = live_sets([[*left, rule.consequent_id], left])
    return Now(whole.orders, antecedent.orders, None)


def _is_pair_of_orders(rule: Rule) -> bool:
    return rule.kind == RuleKind.COMPLEMENT and rule.antecedent_2_id is None


def rule_apart(rule: Rule) -> list[Apart]:
    """A rule within each of the latest campaigns that are shown apart, latest first: one statement for all of them."""
    campaigns = list(CampaignPeriod.objects.apart()[:MOST_CAMPAIGNS])
    if not campaigns or rule.kind != RuleKind.COMPLEMENT:
        return []
    zone = django_settings.TIME_ZONE
    days = [(beginning(one.starts_on, zone), beginning(one.ends_on + timedelta(days=1), zone)) for one in campaigns]
    left = antecedents(rule)
    whole = [*left, rule.consequent_id]
    periods = [None, *days]
    found = live_sets([whole] * len(periods) + [left] * len(periods), periods=periods * 2)
    (all_orders, *orders), (all_antecedents, *of_antecedents) = found[: len(periods)], found[len(periods) :]
    return [
        Apart(
            campaign=campaign,
            orders=both.orders,
            antecedent_orders=antecedent.orders,
            other_orders=all_orders.orders - both.orders,
            other_antecedent_orders=all_antecedents.orders - antecedent.orders,
        )
        for campaign, both, antecedent in zip(campaigns, orders, of_antecedents, strict=True)
    ]


def rule_versions(rule: Rule) -> list[Rule]:
    """The same claim in the latest published versions that still have it, newest first: two statements."""
    published = Artefact.objects.filter(kind=ArtefactKind.RULES, status=ArtefactStatus.PUBLISHED).order_by("-id")
    latest = list(published.values_list("id", flat=True)[:MOST_VERSIONS])
    rows = Rule.objects.filter(artefact__in=latest, key=rule.key).select_related("artefact")
    return list(rows.order_by("-artefact"))


def _pair(rule: Rule) -> tuple[int, int]:
    return min(rule.antecedent_id, rule.consequent_id), max(rule.antecedent_id, rule.consequent_id)
