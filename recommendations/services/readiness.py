"""What data each strategy has and about how much it needs, so that nobody wonders why a list is a fallback."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext

from recommendations.models import (
    Arrival,
    ArtefactKind,
    BasketTotals,
    BrowseLog,
    EventKind,
    LivePointer,
    Order,
    Strategy,
)

ABOUT_ORDERS = 1_000
"""Orders from which on claims of what is bought together are earned; lists answer from the first order on."""

RETURNING = 20
"""Shoppers who ordered twice, without whom no network is trained."""

ABOUT_VIEWS = 1_000
"""Views from which on visits say what goes with what."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """A strategy's data: `have` of about `need` of what `unit` names; `have` is not counted beyond `need`."""

    strategy: Strategy
    is_ready: bool
    have: int
    need: int
    unit: str
    words: str


def readiness() -> list[Readiness]:
    """Every strategy in the order of its model; a constant number of queries, none of which counts a whole table."""
    live = set(LivePointer.objects.values_list("kind", flat=True))
    have = {unit: count() for unit, count in COUNTS.items()}
    found = []
    for strategy in Strategy:
        unit, need, artefact = NEEDS[strategy]
        is_ready = artefact in live if artefact else have[unit] >= need
        words = _words(unit) % {"have": f"{have[unit]:,}", "need": f"{need:,}"}
        found.append(Readiness(strategy, is_ready, have[unit], need, unit, f"{strategy.label}: {words}"))
    return found


def _orders() -> int:
    totals = BasketTotals.objects.live().first()
    return min(totals.orders, ABOUT_ORDERS) if totals else 0


def _returning() -> int:
    orders = Order.objects.filter(shopper__isnull=False).order_by("shopper").values("shopper")
    return len(orders.annotate(orders=Count("id")).filter(orders__gte=2)[:RETURNING])


def _views() -> int:
    return len(BrowseLog.objects.filter(kind=EventKind.VIEW).values("pk")[:ABOUT_VIEWS])


def _new_items() -> int:
    return len(Arrival.objects.values("pk")[:1])


COUNTS: Mapping[str, Callable[[], int]] = {
    "orders": _orders,
    "returning_shoppers": _returning,
    "views": _views,
    "new_items": _new_items,
}

_FROM_ORDERS = ("orders", ABOUT_ORDERS, None)
_FROM_SHOPPERS = ("returning_shoppers", RETURNING, ArtefactKind.NETWORK)
_FROM_VISITS = ("views", ABOUT_VIEWS, ArtefactKind.SESSION)

NEEDS: Mapping[Strategy, tuple[str, int, ArtefactKind | None]] = {
    Strategy.RELATED: _FROM_ORDERS,
    Strategy.CART: _FROM_ORDERS,
    Strategy.FOR_YOU: _FROM_SHOPPERS,
    Strategy.BUY_AGAIN: _FROM_SHOPPERS,
    Strategy.NEW_FOR_YOU: _FROM_SHOPPERS,
    Strategy.BECAUSE_VIEWED: _FROM_VISITS,
    Strategy.SIMILAR: _FROM_SHOPPERS,
    Strategy.VIEWED_TOGETHER: ("views", ABOUT_VIEWS, None),
    Strategy.SUBSTITUTES: _FROM_ORDERS,
    Strategy.TRENDING: _FROM_ORDERS,
    Strategy.BEST_SELLERS: _FROM_ORDERS,
    Strategy.OFFERS: _FROM_ORDERS,
    Strategy.RECENTLY_VIEWED: ("views", 1, None),
    Strategy.NEW_ARRIVALS: ("new_items", 1, None),
    Strategy.BLEND: _FROM_ORDERS,
}
"""What each strategy counts, how much of it is about enough, and the artefact that must be live."""


def _words(unit: str) -> str:
    match unit:
        case "orders":
            return gettext("%(have)s of about %(need)s orders")
        case "views":
            return gettext("%(have)s of about %(need)s views")
        case "new_items":
            return gettext("%(have)s of at least %(need)s new item")
        case _:
            return gettext("%(have)s of about %(need)s shoppers who ordered again")
