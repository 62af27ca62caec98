"""The dashboard: what lists were shown and clicked, which orders came of it, and how the plugin keeps up."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from recommendations.admin import job_words
from recommendations.admin.base import RUN_JOBS, BasketryAdmin
from recommendations.admin.list_words import SOURCES
from recommendations.exceptions import InvalidInput
from recommendations.models import Item, JobKind, Placement, Strategy
from recommendations.services import command, figures
from recommendations.services.changed_days import zone
from recommendations.services.figures import Figures, ItemEarned, Period
from recommendations.services.health import examine
from recommendations.services.readiness import readiness
from recommendations.services.titles import context_of, find_items, titles

RANGES = {"today": 1, "7": 7, "28": 28}
USUAL_RANGE = "7"
MOST_FOUND = 20


class Asked(forms.Form):
    """What the page is asked for; days count only where the range is none of the usual."""

    range = forms.ChoiceField(choices=[(name, name) for name in (*RANGES, "custom")], required=False)
    since = forms.DateField(label=_("from"), required=False)
    until = forms.DateField(label=_("to"), required=False)
    placement = forms.SlugField(max_length=50, required=False)
    product = forms.CharField(max_length=200, required=False)
    item = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def period(self, now: datetime) -> Period:
        """The days asked for; where what was asked is none, the form says so and the usual range stands."""
        asked = self.cleaned_data
        if asked.get("since") and asked.get("until"):
            try:
                return Period(asked["since"], asked["until"])
            except InvalidInput as error:
                self.add_error(None, str(error))
        return Period.latest(RANGES.get(asked.get("range") or USUAL_RANGE, RANGES[USUAL_RANGE]), now=now)


def dashboard(admin: BasketryAdmin, request: HttpRequest) -> HttpResponse:
    """The page of all lists or of one placement's, or of one product."""
    now = timezone.now()
    asked = Asked(request.GET)
    asked.is_valid()
    period = asked.period(now)
    found = _found(asked, request)
    item_id = asked.cleaned_data.get("item") or (next(iter(found)) if len(found) == 1 else None)
    context = {
        "asked": asked,
        "period": period,
        "ranges": _ranges(asked, period, item_id, now),
        "made": _made(),
        "kept": {"placement": asked.cleaned_data.get("placement", ""), "item": item_id or ""},
        "recompute_url": admin.page_url("recompute"),
        "may_recompute": request.user.has_perm(RUN_JOBS),
    }
    if item_id is not None:
        return admin.render(request, "dashboard.html", **_of_item(item_id, period, context, request))
    context["found"] = found
    context.update(_of_lists(asked.cleaned_data.get("placement", ""), period, request))
    context.update(_state(now))
    return admin.render(request, "dashboard.html", title=gettext("Dashboard"), context=context)


def recompute(admin: BasketryAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for the figures of now and go back."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    run, brought_about = command.run_now(JobKind.OUTCOMES, user=request.user)
    messages.info(request, job_words.asked(run, brought_about=brought_about))
    return HttpResponseRedirect(admin.page_url("dashboard"))


def _made() -> str:
    made = figures.computed_at()
    return "" if made is None else date_format(timezone.localtime(made, zone()), "Y-m-d H:i")


def _found(asked: Asked, request: HttpRequest) -> Mapping[int, str]:
    words = asked.cleaned_data.get("product", "").strip().replace("\x00", "")
    return titles(find_items(words)[:MOST_FOUND], context_of(request)) if words else {}


def _ranges(asked: Asked, period: Period, item_id: int | None, now: datetime) -> list[dict[str, Any]]:
    labels = {"today": _("Today"), "7": _("7 days"), "28": _("28 days")}
    kept = {"placement": asked.cleaned_data.get("placement"), "item": item_id}
    return [
        {
            "label": labels[name],
            "query": {"range": name, **{key: value for key, value in kept.items() if value}},
            "is_chosen": period == Period.latest(days, now=now),
        }
        for name, days in RANGES.items()
    ]


def _of_lists(placement: str, period: Period, request: HttpRequest) -> dict[str, Any]:
    earned = figures.earned(period, placement=placement)
    earners, chosen = figures.earners(period), figures.chosen(period)
    named = titles({one.item_id for one in (*earners, *chosen)}, context_of(request))
    strategies = {name: Strategy(name).label if name in Strategy.values else name for name in earned.strategies}
    spots = dict(Placement.objects.values_list("slug", "title"))
    return {
        "sentence": _sentence(earned.total),
        "sentence_before": _sentence_before(earned.before, period),
        "rows_by_day": [(_day(day), *_cells(one)) for day, one in reversed(list(earned.days.items()))],
        "rows_by_placement": [
            {"slug": name, "title": gettext(spots.get(name) or name), "cells": _cells(one)}
            for name, one in earned.placements.items()
        ],
        "rows_by_strategy": [(strategies[name], *_cells(one)) for name, one in earned.strategies.items()],
        "earners": [_item_row(one, named) for one in earners],
        "chosen": [_item_row(one, named) for one in chosen],
        "coverage": _coverage(figures.coverage(period)),
        "fallbacks": _fallbacks(earned.total),
        "charts": _charts(earned.days, earned.days_before, lists=True),
    }


def _of_item(item_id: int, period: Period, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    if not Item.objects.filter(pk=item_id).exists():
        raise Http404("there is no such item")
    named = titles([item_id], context_of(request))
    days, spots = figures.of_item(item_id, period)
    days_before, _spots = figures.of_item(item_id, period.before)
    total = figures.added(one.figures for one in spots)
    own = {
        "item_id": item_id,
        "sentence": _sentence_of_item(total),
        "sentence_before": _sentence_of_item_before(figures.added(days_before.values()), period),
        "spots": [_item_row(one, named) for one in spots],
        "item_days": [(_day(day), *_item_cells(one)) for day, one in reversed(list(days.items()))],
        "charts": _charts(days, list(days_before.values()), lists=False),
    }
    return {"title": gettext("What %(product)s earned") % {"product": named[item_id]}, "context": {**context, **own}}


def _sentence(found: Figures) -> str:
    words = gettext("Of %(lists)s lists shown, %(clicked)s were clicked (%(share)s).")
    said = words % {"lists": f"{found.lists:,}", "clicked": f"{found.clicked:,}", "share": _share(found.click_through)}
    return f"{said} {_orders(found)}"


def _sentence_of_item(found: Figures) -> str:
    words = gettext("Times shown: %(shown)s, clicked: %(clicks)s, put into the cart: %(cart_adds)s.")
    counts = {name: f"{getattr(found, name):,}" for name in ("shown", "clicks", "cart_adds")}
    return f"{words % counts} {_orders(found)}"


def _orders(found: Figures) -> str:
    if not found.orders:
        return gettext("No order came of it.")
    words = ngettext(
        "%(orders)s order came of it: %(money)s.", "%(orders)s orders came of it: %(money)s.", found.orders
    )
    return words % {"orders": f"{found.orders:,}", "money": _money(found.revenue)}


def _sentence_before(found: Figures, period: Period) -> str:
    return f"{_before(period)} {_sentence(found)}"


def _sentence_of_item_before(found: Figures, period: Period) -> str:
    return f"{_before(period)} {_sentence_of_item(found)}"


def _before(period: Period) -> str:
    return ngettext("The day before:", "The %(days)s days before:", period.days) % {"days": period.days}


def _cells(found: Figures) -> Sequence[str]:
    counts = (found.lists, found.shown, found.clicks)
    later = (found.cart_adds, found.orders)
    return (
        *(f"{count:,}" for count in counts),
        _share(found.click_through),
        *(f"{count:,}" for count in later),
        _money(found.revenue),
        _share(found.fallback_share),
    )


def _item_cells(found: Figures) -> Sequence[str]:
    counts = (found.shown, found.clicks)
    later = (found.cart_adds, found.orders)
    return (
        *(f"{count:,}" for count in counts),
        _share(found.click_through),
        *(f"{count:,}" for count in later),
        _money(found.revenue),
    )


def _item_row(one: ItemEarned, named: Mapping[int, str]) -> dict[str, Any]:
    return {
        "item_id": one.item_id,
        "title": named.get(one.item_id, str(one.item_id)),
        "placement": one.placement,
        "source": SOURCES.get(one.source, one.source),
        "cells": _item_cells(one.figures),
    }


def _coverage(found: figures.Coverage) -> str:
    words = gettext("Of the %(sold)s products that the shop sells, %(shown)s were shown (%(share)s).")
    share = _share(found.shown / found.sold if found.sold else None)
    return words % {"sold": f"{found.sold:,}", "shown": f"{found.shown:,}", "share": share}


def _fallbacks(found: Figures) -> str:
    words = gettext("%(fallbacks)s of the %(lists)s lists were fallbacks, such as best sellers (%(share)s).")
    shares = {"fallbacks": f"{found.fallbacks:,}", "lists": f"{found.lists:,}", "share": _share(found.fallback_share)}
    return words % shares


WARNINGS: Mapping[str, Any] = {
    "orders_quarantined": _("Some orders could not be counted: look at the orders that are quarantined."),
    "jobs_quarantined": _("A job failed too often and was given up: look at the jobs."),
    "rules_stale": _("The rules are old: mining does not keep up with the orders."),
    "network_stale": _("The network is old: training does not keep up with the orders."),
    "catalogue_fails": _("The shop's catalogue gives no answer."),
    "network_refused": _("The file of the network that should serve is not whole: an earlier one answers."),
    "network_gate_lost": _("The last networks were not good enough to serve: look at the versions."),
}
"""What somebody should look at, by the codes of `Health.warnings`; that orders wait is said apart."""


def _state(now: datetime) -> dict[str, Any]:
    """How the background keeps up, and what each strategy still needs."""
    health = examine(now=now)
    rules, network = _age(health.rules_age_s, now), _age(health.network_age_s, now)
    lag = f"{health.pending_lag_s:,.0f}"
    told = [
        gettext("The oldest order that is not counted yet waits for %(seconds)s s.") % {"seconds": lag}
        if health.pending_orders
        else gettext("Every order is counted."),
        gettext("The rules are %(age)s old.") % {"age": rules} if rules else gettext("There are no rules yet."),
        gettext("The network is %(age)s old.") % {"age": network} if network else gettext("There is no network yet."),
    ]
    return {
        "told": told,
        "worker_waits": "orders_wait" in health.warnings(),
        "warnings": [WARNINGS[code] for code in health.warnings() if code in WARNINGS],
        "readiness": readiness(),
    }


def _age(seconds: float | None, now: datetime) -> str:
    return "" if seconds is None else timesince(datetime.fromtimestamp(now.timestamp() - seconds, tz=zone()), now)


def _charts(days: Mapping[date, Figures], before: Sequence[Figures], *, lists: bool) -> dict[str, Any]:
    """What the script draws; every word comes from here."""
    shown = "lists" if lists else "shown"
    label = gettext("lists shown") if lists else gettext("times shown")
    earlier = gettext("the days before")
    currencies = sorted({currency for one in (*days.values(), *before) for currency in one.revenue})
    return {
        "days": [date_format(day, "MONTH_DAY_FORMAT") for day in days],
        "charts": {
            "shown": [
                _series(label, [getattr(one, shown) for one in days.values()]),
                _series(f"{label}, {earlier}", [getattr(one, shown) for one in before], dashed=True),
                _series(
                    gettext("click-through in percent"),
                    [_percent(one.click_through) for one in days.values()],
                    right=True,
                ),
            ],
            "revenue": [
                series
                for currency in currencies
                for series in (
                    _series(currency, _amounts(days.values(), currency)),
                    _series(f"{currency}, {earlier}", _amounts(before, currency), dashed=True),
                )
            ],
        },
    }


def _series(name: str, values: Sequence[float | None], *, dashed: bool = False, right: bool = False) -> dict[str, Any]:
    return {"name": name, "values": list(values), "dashed": dashed, "right": right}


def _amounts(found: Iterable[Figures], currency: str) -> list[float]:
    return [float(one.revenue.get(currency, Decimal(0))) for one in found]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"  # noqa: RUF001 (a dash for nothing)


def _money(revenue: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in revenue.items()) or "–"  # noqa: RUF001


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
