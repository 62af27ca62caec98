"""What is kept of one shopper, a page of it at a time, newest first: shown, events, orders, ratings."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from recommendations.admin.list_words import SOURCES
from recommendations.models import BrowseLog, EventKind, Impression, Order, OrderLine, Placement, Rating, Shopper

PER_PAGE = 50
MOST_LINES = 1_000
"""Order lines of a page of orders; the page of an order has all of its own."""


@dataclass(slots=True)
class Product:
    """An item that rows name; title and picture are the shop's, once it was asked for all of them."""

    id: int
    title: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A page of one kind of rows.

    Parameters
    ----------
    rows : what the template shows of each.
    products : all that the rows name.
    older : the row from which the next page goes on; None: there is none.
    """

    rows: Sequence[Mapping[str, Any]]
    products: Sequence[Product]
    older: int | None


def shown(shopper: Shopper, before: int | None) -> Part:
    """Lists that were on the shopper's screen, with what was clicked and bought of them."""
    found, older = _page(Impression.objects.filter(shopper=shopper), "shown_at", before)
    titles = dict(Placement.objects.filter(slug__in={one.placement for one in found}).values_list("slug", "title"))
    open_lists = [one.recommendation for one in found if one.outcome is None]
    clicks = set(
        BrowseLog.objects.filter(recommendation__in=open_lists, kind=EventKind.CLICK).values_list(
            "recommendation", "item_id"
        )
    )
    rows = [
        {
            "list": one,
            "placement": titles.get(one.placement) or one.placement,
            "items": [_suggested(one, entry, clicks) for entry in one.items if len(entry) == 4],
        }
        for one in found
    ]
    return Part(rows, [one["product"] for row in rows for one in row["items"]], older)


def events(shopper: Shopper, before: int | None) -> Part:
    """What the shopper looked at, searched for and put into the cart."""
    found, older = _page(BrowseLog.objects.filter(shopper=shopper), "at", before)
    rows = [{"event": one, "product": Product(one.item_id) if one.item_id else None} for one in found]
    return Part(rows, [row["product"] for row in rows if row["product"]], older)


def orders(shopper: Shopper, before: int | None) -> Part:
    """Orders with their lines, and whether and why not they are counted."""
    found, older = _page(Order.objects.filter(shopper=shopper), "placed_at", before)
    lines: dict[int, list[Mapping[str, Any]]] = {}
    for line in OrderLine.objects.filter(order__in=found).order_by("-order_id", "number")[:MOST_LINES]:
        told = {"quantity": line.quantity, "product": Product(line.item_id)}
        lines.setdefault(line.order_id, []).append(told)
    rows = [{"order": order, "lines": lines.get(order.pk, [])} for order in found]
    return Part(rows, [line["product"] for row in rows for line in row["lines"]], older)


def ratings(shopper: Shopper, before: int | None) -> Part:
    """The stars that the shopper gave."""
    found, older = _page(Rating.objects.filter(shopper=shopper), "rated_at", before)
    rows = [{"rating": one, "product": Product(one.item_id)} for one in found]
    return Part(rows, [row["product"] for row in rows], older)


PARTS: Mapping[str, tuple[Any, Callable[[Shopper, int | None], Part]]] = {
    "shown": (_("Was shown"), shown),
    "events": (_("Looked at"), events),
    "orders": (_("Ordered"), orders),
    "ratings": (_("Rated"), ratings),
}
"""Each part by its name in the address: what it is called, and what reads it."""


def _page(rows: QuerySet[Any], time: str, before: int | None) -> tuple[list[Any], int | None]:
    """The newest rows, or those older than the row `before`; of an unknown one, none."""
    if before is not None:
        last = rows.filter(pk=before).values_list(time, flat=True).first()
        if last is None:
            return [], None
        rows = rows.filter(Q(**{f"{time}__lt": last}) | Q(pk__lt=before), **{f"{time}__lte": last})
    found = list(rows.order_by(f"-{time}", "-pk")[: PER_PAGE + 1])
    more = len(found) > PER_PAGE
    found = found[:PER_PAGE]
    return found, found[-1].pk if more else None


def _suggested(one: Impression, entry: Sequence[Any], clicks: Collection[Any]) -> dict[str, Any]:
    item, rank, source, propensity = entry
    clicked, bought = one.outcome or ((), ())
    outcome = _("bought") if rank in bought else _("clicked") if rank in clicked else ""
    if one.outcome is None and (one.recommendation, item) in clicks:
        outcome = _("clicked")
    return {
        "product": Product(item),
        "rank": rank,
        "why": SOURCES.get(source, source),
        "drawn": f"{propensity:.0%}" if propensity < 1 else "",
        "outcome": outcome,
    }


def devices_of(shopper: Shopper) -> Iterable[Shopper]:
    """Visitors that turned out to be this account, the latest first."""
    return Shopper.objects.filter(merged_into=shopper).order_by("-merged_at", "-pk")[:PER_PAGE]
