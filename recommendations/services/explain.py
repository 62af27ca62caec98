"""Put a reason into the shopper's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from recommendations.data.facts import Facts
from recommendations.ranking.reasons import Code, Evidence, Habit, Reason, Trend
from recommendations.services.prices import price_text

SAME_DAY = 0.5
"""Days on average between two purchases below which there is no rhythm to speak of."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason with its words, plain text in the active language."""

    code: str
    text: str
    evidence: Evidence


def explain(reason: Reason, facts: Facts, known: Mapping[str, Facts]) -> Explained:
    """The reason in words.

    Parameters
    ----------
    facts : of the suggested item.
    known : facts of the items that reasons may name, by item key.
    """
    because = known.get(reason.because)
    text = _text(reason, facts, because.title if because else "", is_itself=reason.because == facts.key)
    return Explained(reason.code.value, text, reason.evidence)


def _text(reason: Reason, facts: Facts, because: str, *, is_itself: bool) -> str:
    evidence = reason.evidence
    counts = {"n_ab": evidence.n_ab, "n_a": evidence.n_a, "n_b": evidence.n_b, "n": evidence.n}
    words = {**counts, "first": because, "second": facts.title}
    match reason.code:
        case Code.OFTEN_BOUGHT_TOGETHER:
            often = gettext("Often bought together: %(n_ab)d of the %(n_a)d orders with %(first)s also had %(second)s")
            return often % words
        case Code.BOUGHT_TOGETHER:
            together = ngettext(
                "The one order with %(first)s also had %(second)s",
                "%(n_ab)d of the %(n_a)d orders with %(first)s also had %(second)s",
                evidence.n_a or 0,
            )
            return together % words
        case Code.POPULAR_IN_CATEGORY:
            return gettext("A best seller of its kind: in %(n_b)d of %(n)d orders") % words
        case Code.POPULAR:
            return gettext("A best seller: in %(n_b)d of %(n)d orders") % words
        case Code.STAFF_PICK:
            return gettext("Picked by our team")
        case Code.NEW:
            return gettext("New in the shop")
        case Code.TRENDING:
            return _trend(reason.trend)
        case Code.OFFER:
            return _saving(facts)
        case Code.SPONSORED:
            return gettext("Sponsored")
        case _:
            return _ruled(reason, words) or _personal(reason, because, is_itself=is_itself)


def _ruled(reason: Reason, words: Mapping[str, Any]) -> str:
    """What rules, staff beside a product and the sales of weeks say; empty for other reasons."""
    match reason.code:
        case Code.VIEWED_TOGETHER:
            viewed = ngettext(
                "Viewed together by the one shopper who looked at %(first)s",
                "Viewed together by %(n_ab)d of the %(n_a)d shoppers who looked at %(first)s",
                words["n_a"] or 0,
            )
            return viewed % words
        case Code.SUBSTITUTE:
            instead = gettext("Bought instead of %(first)s: %(n_ab)d of the %(n_a)d orders with it also had %(second)s")
            return instead % words
        case Code.CHOSEN_BESIDE:
            return gettext("Chosen by our team to go with %(first)s") % words
        case Code.BEST_SELLER:
            return gettext("A best seller of these weeks: in %(n_b)d of %(n)d orders") % words
        case _:
            return ""


def _personal(reason: Reason, because: str, *, is_itself: bool) -> str:
    words = {"first": because}
    match reason.code:
        case Code.FOR_YOU if is_itself:
            return gettext("You bought it before")
        case Code.FOR_YOU if because:
            return gettext("Chosen for you because you bought %(first)s") % words
        case Code.FOR_YOU:
            return gettext("Chosen for you from what you bought before")
        case Code.BUY_AGAIN:
            return _habit(reason.habit)
        case Code.BECAUSE_VIEWED if because:
            return gettext("Because you viewed %(first)s") % words
        case Code.BECAUSE_VIEWED:
            return gettext("Chosen for you from what you viewed")
        case Code.RECENTLY_VIEWED:
            return gettext("You looked at it")
        case Code.SIMILAR if because:
            return gettext("Similar to %(first)s") % words
        case _:
            return gettext("Similar to what you asked for")


def _trend(trend: Trend | None) -> str:
    if trend is None:
        return gettext("It sells more than usual")
    words = {"recent": trend.recent, "usual": round(trend.usual)}
    if not words["usual"]:
        return gettext("%(recent)d orders this week, hardly any before") % words
    return gettext("%(recent)d orders this week, %(usual)d in a usual week") % words


def _saving(facts: Facts) -> str:
    """When the offer ends, in the active time zone, and what it saves of the price where there is one."""
    offer = facts.offer
    if offer is None:
        return gettext("On offer")
    ends = date_format(localtime(offer.ends_at), "SHORT_DATETIME_FORMAT")
    if facts.price is None or not facts.price > offer.price:
        return gettext("On offer until %(ends)s") % {"ends": ends}
    saved = facts.price - offer.price
    return gettext("%(percent)d %% less until %(ends)s: you save %(saved)s") % {
        "percent": int(100 * saved / facts.price),
        "ends": ends,
        "saved": price_text(saved, facts.currency),
    }


def _habit(habit: Habit | None) -> str:
    if habit is None or habit.every is None or habit.every < SAME_DAY:
        return gettext("You bought it before")
    days = max(round(habit.every), 1)
    often = ngettext(
        "You bought it %(times)d times, about every day",
        "You bought it %(times)d times, about every %(days)d days",
        days,
    )
    return often % {"times": habit.times, "days": days}
