"""Publish statistics of items: what rises, what sells these weeks, what is bought again. Light enough for minutes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.data.categories import ItemCategories
from recommendations.exceptions import NotEnoughData
from recommendations.mining.trends import repeat_shares, rise
from recommendations.models import Artefact, ArtefactKind, BasketTotals
from recommendations.selectors.item_sales import Sales, buyers, sales
from recommendations.selectors.traits import first_categories

Progress = Callable[[float, str], None]
Ids = NDArray[np.int64]

RECENT = timedelta(days=7)
EARLIER = timedelta(days=28)
"""The time before the recent one, which it is held against."""

SALES_WEIGHTS = (0.85, 0.38)
"""What an order of the recent and of the earlier time weighs: the mean over each of an age halved every 14 days."""

BUYERS_LAST = timedelta(days=1)
"""How long it stands who bought what again and of which category items are: both need all, and change slowly."""

MOST_NEWS = 0.1
"""Share of new orders up to which it stands so long."""

BOUGHT_FIGURES = ("buyers_as_of", "buyers_of_orders", "repeat_mean")

VERSIONS_KEPT = 3


def publish_statistics(*, progress: Progress, now: datetime, still_ours: Callable[[], None] = lambda: None) -> Artefact:
    """Publish the statistics of all items that were ever ordered, as of `now`.

    The sales are always counted anew, of the last 35 days alone; who bought what again is counted once a day, and in
    between taken from the live version: an item that is new since then has the shop's share until the next day. So are
    the items' categories, of which a new item has none until then.

    Raises
    ------
    NotEnoughData : nothing has been counted yet.
    """
    totals = BasketTotals.objects.live().first()
    if totals is None or not totals.orders:
        raise NotEnoughData("statistics of items need at least 1 counted order, there are 0")
    sold = sales(since=now - RECENT - EARLIER, then=now - RECENT, until=now)
    progress(0.3, f"{sold.recent_total:,} orders of the last 7 days, {sold.earlier_total:,} of the 28 before")
    known = _bought(totals.orders, now)
    progress(0.9, f"{len(known.item_ids):,} items were ever ordered")
    arrays = _arrays(known, sold, now)
    artefact = store.publish(
        ArtefactKind.ITEMS,
        arrays,
        metrics={
            "items": len(arrays["item_ids"]),
            "rising": int((arrays["trend"] > 1).sum()),
            "recent_orders": sold.recent_total,
            "earlier_orders": sold.earlier_total,
            **known.figures,
        },
        data_sequence=totals.sequence,
        data_orders=totals.orders,
        still_ours=still_ours,
    )
    store.forget(ArtefactKind.ITEMS, kept=VERSIONS_KEPT)
    return artefact


@dataclass(frozen=True, slots=True)
class _Bought:
    """Who bought what again, arrays as the artefact has them, `mean` share of all buyers, and when it was counted; and
    of which category items were then.
    """

    item_ids: Ids
    buyers: Ids
    repeat_share: NDArray[np.float64]
    first_ordered: Ids
    categories: ItemCategories
    figures: Mapping[str, Any]

    @property
    def mean(self) -> float:
        return float(self.figures["repeat_mean"])


def _bought(orders: int, now: datetime) -> _Bought:
    """From the live version while it stands, else counted anew."""
    live = store.live(ArtefactKind.ITEMS)
    figures = {} if live is None else {name: live.metrics.get(name) for name in BOUGHT_FIGURES}
    known = None if live is None else ItemCategories.from_arrays(live.arrays)
    if live is not None and known is not None and _stands(figures, orders, now):
        arrays: Any = live.arrays
        return _Bought(
            arrays["item_ids"], arrays["buyers"], arrays["repeat_share"], arrays["first_ordered"], known, figures
        )
    found = buyers(until=now)
    total = max(int(found.buyers.sum()), 1)
    figures = dict(zip(BOUGHT_FIGURES, (now.isoformat(), orders, int(found.again.sum()) / total), strict=True))
    return _Bought(
        found.item_ids,
        found.buyers,
        repeat_shares(found.buyers, found.again),
        found.first_day,
        ItemCategories.named(first_categories(found.item_ids)),
        figures,
    )


def _stands(figures: Mapping[str, Any], orders: int, now: datetime) -> bool:
    """Whether it is of the last day, and of about the orders of now: a back-fill makes another shop of it."""
    at, of_orders, mean = (figures[name] for name in BOUGHT_FIGURES)
    if at is None or of_orders is None or mean is None:
        return False
    age = now - datetime.fromisoformat(at)
    return timedelta() <= age < BUYERS_LAST and abs(orders - of_orders) <= MOST_NEWS * of_orders


def _arrays(known: _Bought, sold: Sales, now: datetime) -> dict[str, NDArray[Any]]:
    """Both joined by item: one that was not sold lately has no sales, one that is new the shop's mean share."""
    item_ids = np.union1d(known.item_ids, sold.item_ids)
    old, there = (np.searchsorted(item_ids, ids) for ids in (known.item_ids, sold.item_ids))

    def column(positions: Ids, values: NDArray[Any], otherwise: float, dtype: str) -> NDArray[Any]:
        whole = np.full(len(item_ids), otherwise, dtype=dtype)
        whole[positions] = values
        return whole

    risen = rise(
        sold.recent, sold.earlier, sold.buyers, recent_total=sold.recent_total, earlier_total=sold.earlier_total
    )
    weighed = SALES_WEIGHTS[0] * sold.recent + SALES_WEIGHTS[1] * sold.earlier
    first_ordered = column(there, sold.first_day, 0, "<i4")
    first_ordered[old] = known.first_ordered
    return {
        "as_of": np.array(int(now.timestamp()), dtype="<i8"),
        "window_orders": np.array([sold.recent_total, sold.earlier_total], dtype="<i8"),
        "item_ids": item_ids.astype("<i8"),
        "recent": column(there, sold.recent, 0, "<i4"),
        "earlier": column(there, sold.earlier, 0, "<i4"),
        "usual": column(there, sold.earlier / _weeks(first_ordered, now), 0, "<f4"),
        "trend": column(there, risen, 0, "<f4"),
        "sales": column(there, weighed, 0, "<f4"),
        "buyers": column(old, known.buyers, 0, "<i4"),
        "repeat_share": column(old, known.repeat_share, known.mean, "<f4"),
        "first_ordered": first_ordered,
        **known.categories.to_arrays(item_ids),
    }


def _weeks(first_ordered: NDArray[np.int32], now: datetime) -> float:
    """How many weeks of the earlier time the shop had orders in, one at least: a young shop has no four."""
    if not len(first_ordered):
        return 1.0
    first = datetime.fromtimestamp(86_400 * int(first_ordered.min()), tz=UTC)
    return float(np.clip((now - RECENT - first) / timedelta(weeks=1), 1.0, EARLIER / timedelta(weeks=1)))
