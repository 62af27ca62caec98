"""What shoppers viewed and did, as arrays, for training."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import QuerySet

from recommendations.data.sequences import Events, Kind
from recommendations.data.views import Views
from recommendations.models import BrowseLog, Consent, EventKind, Rating
from recommendations.selectors.histories import bought_lines

KINDS = {
    EventKind.VIEW: Kind.VIEW,
    EventKind.CLICK: Kind.CLICK,
    EventKind.FAVOURITE: Kind.FAVOURITE,
    EventKind.CART_ADD: Kind.CART_ADD,
    EventKind.CART_REMOVE: Kind.CART_REMOVE,
    EventKind.NOT_INTERESTED: Kind.NOT_INTERESTED,
}
"""A search is with no item."""

_EVENT = [("shopper", np.int64), ("item", np.int64), ("at", np.int64), ("kind", np.int8), ("amount", np.float64)]


def views(*, since: datetime, most: int) -> Views:
    """The newest views from `since` on of shoppers who may be recorded, at most about `most`.

    Where there are more, the window begins later: all views of its first second and of what follows are read.
    """
    read = _browsing(since=since, most=most, kinds=[EventKind.VIEW])
    return Views(read.shoppers, read.items, read.at, read.amounts)


def shopper_events(*, since: datetime, most: int) -> Events:
    """What shoppers who may be recorded did from `since` on: browsed (about the newest `most`), rated and ordered.

    Events whose time had to be corrected are left out. Three statements, streamed, and one that finds the window.
    """
    ratings = _recorded(Rating.objects.filter(rated_at__gte=since)).values_list(
        "shopper_id", "item_id", "rated_at", "stars"
    )
    lines = _recorded(
        bought_lines().filter(order__clamped=False, order__placed_at__gte=since, order__shopper__isnull=False),
        "order__shopper",
    ).values_list("order__shopper_id", "item_id", "order__placed_at")
    rated = ((shopper, item, at, Kind.RATING, stars) for shopper, item, at, stars in _streamed(ratings))
    bought = ((shopper, item, at, Kind.ORDER, None) for shopper, item, at in _streamed(lines))
    return _browsing(since=since, most=most, kinds=KINDS) + events_of(rated) + events_of(bought)


def _browsing(*, since: datetime, most: int, kinds: Iterable[EventKind]) -> Events:
    rows = _recorded(BrowseLog.objects.filter(kind__in=list(kinds), at__gte=since, clamped=False))
    beyond = rows.order_by("-at").values_list("at", flat=True)[most : most + 1].first()
    if beyond is not None:
        rows = rows.filter(at__gt=beyond)
    columns = rows.order_by("at", "id").values_list("shopper_id", "item_id", "at", "kind", "dwell_seconds")
    return events_of(
        (shopper, item, at, KINDS[EventKind(kind)], dwell) for shopper, item, at, kind, dwell in _streamed(columns)
    )


def _recorded(rows: QuerySet[Any], shopper: str = "shopper") -> QuerySet[Any]:
    """The rows of shoppers of whom something may be kept."""
    return rows.filter(**{f"{shopper}__consent__in": Consent.allowing()})


def _streamed(rows: QuerySet[Any, Any]) -> Iterable[Any]:
    return rows.iterator(chunk_size=10_000)


def events_of(rows: Iterable[tuple[int, int, datetime, Kind, float | None]]) -> Events:
    """Events of rows (shopper, item, at, kind, seconds or stars)."""
    read = np.fromiter(
        (
            (shopper, item, int(at.timestamp()), kind, np.nan if amount is None else amount)
            for shopper, item, at, kind, amount in rows
        ),
        dtype=_EVENT,
    )
    return Events(read["shopper"], read["item"], read["at"], read["kind"], read["amount"])
