"""What sells: what rises this week, and what sold best in the last ones, by the live statistics of items."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.catalogue import get_catalogue
from recommendations.data.candidates import Source
from recommendations.models import ArtefactKind, Item
from recommendations.models.database import on_replica
from recommendations.ranking.item_statistics import ItemStatistics
from recommendations.ranking.reasons import Code, Reason, Trend, evidence_of_item
from recommendations.services.opinion import Opinion, Question
from recommendations.services.prepared import Prepared

Ids = NDArray[np.int64]

TREND_LASTS = timedelta(days=2)
"""How old statistics may be that speak of this week: they are made anew each day at least, and far more often."""

MOST_OF_CATEGORY = 1_000

_statistics = Prepared(ItemStatistics.of)


def statistics_of(loaded: store.Loaded) -> ItemStatistics:
    """The statistics of a loaded version, made ready once."""
    return _statistics.of(loaded)


def trending(question: Question) -> Opinion | None:
    """What rises most; None without statistics, with none of these days, or where nothing rises."""
    loaded = store.live(ArtefactKind.ITEMS)
    if loaded is None:
        return None
    known = statistics_of(loaded)
    if question.now.timestamp() - known.as_of > TREND_LASTS.total_seconds():
        return None
    at = known.within(known.by_trend, _members(question.category), question.most)
    reasons = [
        Reason(Code.TRENDING, evidence_of_item(recent, known.window_orders[0]), trend=Trend(recent, usual))
        for recent, usual in zip(known.recent[at].tolist(), known.usual[at].tolist(), strict=True)
    ]
    return _opinion(loaded, known, at, known.trend, Source.TRENDING, reasons)


def best_sellers(question: Question) -> Opinion | None:
    """What sold best in the last weeks, the latest most; None without statistics, or where nothing was sold."""
    loaded = store.live(ArtefactKind.ITEMS)
    if loaded is None:
        return None
    known = statistics_of(loaded)
    at = known.within(known.by_sales, _members(question.category), question.most)
    total = sum(known.window_orders)
    reasons = [
        Reason(Code.BEST_SELLER, evidence_of_item(orders, total))
        for orders in (known.recent[at] + known.earlier[at]).tolist()
    ]
    return _opinion(loaded, known, at, known.sales, Source.BEST_SELLER, reasons)


def _members(category: str | None) -> Ids | None:
    """Item ids of a category, None for the whole shop."""
    if category is None:
        return None
    keys = get_catalogue().members(category, MOST_OF_CATEGORY)
    rows = on_replica(Item.objects.all()).filter(key__in=keys).values_list("id", flat=True)
    return np.array(list(rows), dtype=np.int64)


def _opinion(
    loaded: store.Loaded,
    known: ItemStatistics,
    at: Ids,
    scores: NDArray[np.float32],
    source: Source,
    reasons: list[Reason],
) -> Opinion | None:
    if not len(at):
        return None
    item_ids = known.item_ids[at]
    return Opinion(
        versions={ArtefactKind.ITEMS: loaded.artefact_id, "items_as_of": known.as_of},
        source=source,
        item_ids=item_ids,
        scores=scores[at].astype(np.float64),
        reasons=dict(zip(item_ids.tolist(), reasons, strict=True)),
    )
