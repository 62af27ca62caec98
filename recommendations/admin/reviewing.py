"""The pairs that wait for a look of staff: why, what is at stake, and a button for each answer."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazystr
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin.base import DECIDE, Page, more_than
from recommendations.admin.deciding import DecidingAdmin
from recommendations.data.candidates import Pair
from recommendations.models import Decision, ReviewReason, Rule, RuleReview, RuleStatus
from recommendations.selectors.pair_claims import rules_of
from recommendations.services import claims
from recommendations.services.decide import decide
from recommendations.services.prices import price_text
from recommendations.services.review import leave

PER_PAGE = 50
APPROVE, REJECT, LEAVE = "approve", "reject", "leave"
DECISIONS = {APPROVE: Decision.APPROVED, REJECT: Decision.REJECTED}


class Waiting:
    """The label of the page, which says how many wait; asked for whenever it is read."""

    def __str__(self) -> str:
        waiting = len(RuleReview.objects.filter(waits=True).values_list("pk", flat=True))
        return gettext("Waiting for review (%(count)s)") % {"count": f"{waiting:,}"}


def review_page(model_admin: DecidingAdmin) -> Page:
    """The page beside the list of rules."""

    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            _answer(request)
            return HttpResponseRedirect(model_admin.page_url("review"))
        rows = list(RuleReview.objects.waiting())
        found = rules_of((row.low_id, row.high_id) for row in rows[:PER_PAGE])
        told = [(row, rules[0]) for row in rows[:PER_PAGE] if (rules := found.get((row.low_id, row.high_id)))]
        model_admin.dress([rule for _row, rule in told], request)
        context = {
            "reviews": [_told(model_admin, row, rule) for row, rule in told],
            "more": more_than(len(rows), PER_PAGE),
        }
        return model_admin.render(request, "review.html", title=_("Waiting for review"), context=context)

    return Page("review", "review/", DECIDE, view, label=lazystr(Waiting()))


def _answer(request: HttpRequest) -> None:
    """Do what the pressed button says."""
    user: Any = request.user
    pair, what = _pair(request.POST.get("pair", "")), request.POST.get("answer", "")
    if what == LEAVE and pair is not None and leave(pair, user_id=user.pk, now=timezone.now()):
        messages.success(request, gettext("Left as it is. It comes back only if it moves strongly."))
        return
    waits = pair is not None and RuleReview.objects.filter(low=pair[0], high=pair[1], waits=True).exists()
    keys = [rule.key for rules in rules_of([pair]).values() for rule in rules] if pair is not None and waits else []
    if what not in DECISIONS or not keys:
        messages.warning(request, gettext("It waits no more: somebody looked at it, or the rule is gone."))
        return
    decided = decide(rule_keys=keys, decision=DECISIONS[what], user_id=user.pk)
    words = ngettext("%(count)d rule is %(decision)s.", "%(count)d rules are %(decision)s.", decided)
    messages.success(request, words % {"count": decided, "decision": DECISIONS[what].label})


def _pair(text: str) -> Pair | None:
    low, _comma, high = text.partition(",")
    is_one = all(part.isdecimal() and part.isascii() and len(part) < 19 for part in (low, high))
    return (int(low), int(high)) if is_one else None


def _told(model_admin: Any, row: RuleReview, rule: Any) -> dict[str, Any]:
    return {
        "pair": str(row),
        "claim": model_admin.claim(rule),
        "products": model_admin.products(rule),
        "address": model_admin.address_of(rule),
        "reason": row.get_reason_display(),
        "why": [*_why(row, rule), _standing(rule)],
        "stake": _stake(row),
    }


def _why(row: RuleReview, rule: Rule) -> list[str]:
    if row.reason == ReviewReason.HELD:
        return claims.why_held(rule)
    if row.reason == ReviewReason.NEW or row.orders is None:
        since = date_format(timezone.localtime(row.since), "DATETIME_FORMAT")
        return [gettext("Mined at %(since)s: the versions before had no such rule.") % {"since": since}]
    first_orders = row.low_orders if rule.antecedent_id == row.low_id else row.high_orders
    moves = [
        gettext("It moved from %(before)s to %(after)s of the orders with the first product.")
        % {
            "before": _share(row.orders, first_orders or 0),
            "after": _share(rule.orders, rule.antecedent_orders),
        }
    ]
    if row.weighted_lift and rule.weighted_lift:
        words = gettext("Beside chance it went from %(before)s to %(after)s times, where large orders count for less.")
        moves.append(words % {"before": f"{row.weighted_lift:,.2f}", "after": f"{rule.weighted_lift:,.2f}"})
    return moves


def _share(both: int, first: int) -> str:
    counts = gettext("%(both)s of %(first)s") % {"both": f"{both:,}", "first": f"{first:,}"}
    return f"{both / first:.1%} ({counts})" if first else counts


def _standing(rule: Any) -> str:
    """Whether shoppers see it while it waits."""
    decision = rule.decision
    if decision is not None:
        return gettext("Decided before: %(decision)s.") % {"decision": decision.get_decision_display()}
    if rule.status == RuleStatus.HELD:
        return gettext("The shop does not show it while it waits.")
    return gettext("The shop shows it while it waits.")


def _stake(row: RuleReview) -> str:
    orders = gettext("%(orders)s orders a month") % {"orders": f"{row.stake_orders:,.1f}"}
    if row.stake is None:
        return orders
    words = gettext("about %(money)s a month, what both products cost in %(orders)s")
    return words % {"money": price_text(row.stake, row.currency), "orders": orders}
