"""Whether the shop shows a rule at this moment, and because of what: one answer in words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from recommendations.admin.deciding import in_words
from recommendations.models import (
    APPROVING,
    CategoryBan,
    Decision,
    LivePointer,
    ManualRule,
    Pin,
    PinKind,
    Placement,
    RuleKind,
    RuleStatus,
)
from recommendations.services import claims

SHOWN_KINDS = (RuleKind.COMPLEMENT, RuleKind.SUBSTITUTE, RuleKind.VIEWED_TOGETHER)
"""Kinds of rules that lists are made of."""


def verdict(rule: Any, *, now: datetime) -> SafeString:
    """ "Shown in the shop: yes" or "no", with each reason against it, or else what there is to say of it.

    Parameters
    ----------
    rule : with its `facts`, its `decision`, its counts of now in `loaded`, see `RuleAdmin.load`.
    """
    against = list(_against(rule, now))
    head = gettext("Shown in the shop: no, because") if against else gettext("Shown in the shop: yes.")
    lines = format_html_join("", "<li>{}</li>", ((words,) for words in (*against, *_beside(rule, now))))
    return format_html('<div class="basketry-verdict"><strong>{}</strong><ul>{}</ul></div>', head, lines)


def _against(rule: Any, now: datetime) -> Iterator[str]:
    """Why the shop does not show the rule."""
    if not LivePointer.objects.filter(artefact=rule.artefact_id).exists():
        yield gettext("it is of a version that does not serve;")
    if rule.kind not in SHOWN_KINDS:
        yield gettext("no list is made of rules of this kind;")
    if rule.antecedent_2_id is not None:
        yield gettext("lists are made of pairs: a rule of several products is there to be read;")
    decision = _decision_in_force(rule, now)
    if decision == Decision.REJECTED:
        yield gettext("staff rejected it, %(period)s;") % {"period": _period(rule.decision)}
    if rule.status == RuleStatus.HELD and decision not in APPROVING and _waits(rule):
        yield gettext("it waits for review: %(why)s;") % {"why": "; ".join(claims.why_held(rule))}
    if decision != Decision.FROZEN and rule.loaded is not None and not rule.loaded.orders:
        yield gettext("by the counts of now no order has both products;")
    yield from _of_products(rule)
    for ban in _bans(rule, now):
        words = gettext("staff keep the categories %(category)s and %(beside)s apart, %(period)s;")
        yield words % {"category": ban.category, "beside": ban.beside, "period": _period(ban)}
    hidden, placements = _placements(rule, PinKind.HIDE, now), set(Placement.objects.values_list("slug", flat=True))
    if placements and placements <= set(hidden):
        yield gettext("staff hide its product in every placement;")


def _of_products(rule: Any) -> Iterator[str]:
    """What the shop itself says of the product that the rule leads to."""
    facts = rule.facts.get(rule.consequent_id)
    if facts is None or not facts.visible:
        yield gettext("its product is not to be seen in the shop;")
    elif facts.sold_out and not _sells_out():
        yield gettext("its product is sold out;")


def _sells_out() -> bool:
    """Whether a placement shows what is not in stock."""
    return Placement.objects.filter(in_stock_only=False).exists()


def _beside(rule: Any, now: datetime) -> Iterator[str]:
    """What else decides whether and how a list has it."""
    decision = _decision_in_force(rule, now)
    if decision == Decision.FROZEN:
        yield gettext("Staff froze it, %(period)s: its counts stay as they were.") % {"period": _period(rule.decision)}
    elif decision in APPROVING:
        words = gettext("Staff decided: %(decision)s, %(period)s.")
        yield words % {"decision": rule.decision.get_decision_display(), "period": _period(rule.decision)}
    elif rule.decision is not None and decision is None:
        words = gettext("What staff decided, %(decision)s, does not hold now but %(period)s.")
        yield words % {"decision": rule.decision.get_decision_display(), "period": _period(rule.decision)}
    if decision != Decision.FROZEN and rule.loaded is not None and rule.loaded.holds is False and not rule.loaded.waits:
        yield gettext(
            "By the counts of now it no longer holds: lists may still have the product, "
            "but do not say that both are often bought together."
        )
    facts = rule.facts.get(rule.consequent_id)
    if facts is not None and facts.visible and facts.sold_out and _sells_out():
        yield gettext("Its product is sold out: only placements that show what is not in stock may have it.")
    for kind, words in (
        (PinKind.HIDE, gettext("Staff hide its product here: %(placements)s.")),
        (PinKind.PIN, gettext("Staff pinned its product here: %(placements)s.")),
    ):
        if placements := _placements(rule, kind, now):
            yield words % {"placements": ", ".join(placements)}
    by_hand = ManualRule.objects.filter(_in_force(now), antecedent=rule.antecedent_id, consequent=rule.consequent_id)
    if rule.antecedent_2_id is None and by_hand.exists():
        yield gettext("Staff chose the product beside the other by hand, whatever this rule says.")


def _decision_in_force(rule: Any, now: datetime) -> str | None:
    """What staff decided of the rule that holds at this moment; None where there is nothing."""
    decision = rule.decision
    if decision is None:
        return None
    begun = decision.starts_at is None or decision.starts_at <= now
    return decision.decision if begun and (decision.ends_at is None or now < decision.ends_at) else None


def _waits(rule: Any) -> bool:
    """Whether no decision of the other direction lets the pair into the shop: either is enough."""
    return rule.loaded is None or rule.loaded.waits


def _bans(rule: Any, now: datetime) -> list[CategoryBan]:
    """Bans between a category of the product that the rule leads to and one of the others."""
    of_product = set(rule.facts[rule.consequent_id].categories) if rule.consequent_id in rule.facts else set()
    others = {category for pk in claims.antecedents(rule) if pk in rule.facts for category in rule.facts[pk].categories}
    if not (of_product and others):
        return []
    one_way = Q(category__in=of_product, beside__in=others)
    return list(CategoryBan.objects.filter(_in_force(now), one_way | Q(category__in=others, beside__in=of_product)))


def _placements(rule: Any, kind: PinKind, now: datetime) -> list[str]:
    """Where staff pinned or hid the product that the rule leads to."""
    pins = Pin.objects.filter(_in_force(now), item=rule.consequent_id, kind=kind).order_by("placement__slug")
    return list(pins.values_list("placement__slug", flat=True))


def _in_force(now: datetime) -> Q:
    begun = Q(starts_at__isnull=True) | Q(starts_at__lte=now)
    return begun & (Q(ends_at__isnull=True) | Q(ends_at__gt=now))


def _period(row: Any) -> str:
    """From when to when it holds."""
    if row.starts_at is None and row.ends_at is None:
        return gettext("without an end")
    return in_words((row.starts_at, row.ends_at))
