"""The table of an evaluation: every recommender on every view, each figure with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.data.histories import Histories
from recommendations.evaluation import baselines, exposure, intervals
from recommendations.evaluation.judging import Lists, Scorer, judge, lists_of
from recommendations.evaluation.views import Relevant, View, Window

DRAWS = 400
EXPOSED = 10
"""Coverage, Gini, novelty and diversity are of the first so many items of the lists."""

RECENT_DAYS = 14.0

Figures = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured.

    Parameters
    ----------
    figures : of each view and recommender, metric -> {value, low, high}; list metrics have no interval. Beside the
        views of warm shoppers stand parts of the window: `repeats`, `new`, `cold_items` and `cold_shoppers`.
    ndcg : of each recommender and view, NDCG@10 of each shopper; the same shoppers for every recommender.
    shoppers : of each view and part, how many shoppers were asked about.
    """

    figures: Mapping[str, Mapping[str, Figures]]
    ndcg: Mapping[str, Mapping[str, NDArray[np.float64]]]
    shoppers: Mapping[str, int]

    def value(self, view: str, recommender: str, metric: str) -> float:
        """One figure; 0 where nobody could be asked."""
        return self.figures.get(view, {}).get(recommender, {}).get(metric, {}).get("value", 0.0)


def floors(window: Window, *, half_life_days: float) -> dict[str, Scorer]:
    """What every recommender must be shown beside."""
    train, cut = window.train, window.cut
    return {
        "most_popular": baselines.most_popular(train),
        "recent_popular": baselines.recent_popular(train, cut=cut, days=RECENT_DAYS),
        "personal_frequency": baselines.personal_frequency(train, cut=cut),
        "personal_frequency_decayed": baselines.personal_frequency(train, cut=cut, half_life_days=half_life_days),
    }


def table(
    window: Window,
    scorers: Mapping[str, Scorer],
    *,
    rng: np.random.Generator,
    most: int | None = None,
    views: Sequence[View] = tuple(View),
) -> Table:
    """Rank the whole catalogue for the window's shoppers, at most `most` of them drawn at random, by every scorer."""
    cosine = exposure.co_purchase_cosine(window.train)
    figures: dict[str, dict[str, Figures]] = {}
    ndcg: dict[str, dict[str, NDArray[np.float64]]] = {name: {} for name in scorers}
    asked = {view: _some(window.tests[view], most, rng) for view in views}
    cold = _some(window.newcomers[View.WINDOW], most, rng)
    counts: dict[str, int] = {}
    for name, scorer in scorers.items():
        for view, relevant in asked.items():
            if not len(relevant):
                continue
            lists = lists_of(scorer, window.train, relevant.shoppers, view)
            found = judge(lists, relevant)
            figures.setdefault(view, {})[name] = _intervals(found, rng) | _exposure(lists, window.train, cosine)
            ndcg[name][view.value], counts[view.value] = found["ndcg_10"], len(relevant)
            if view == View.WINDOW:
                for part, some in _parts(window, relevant).items():
                    figures.setdefault(part, {})[name] = _intervals(judge(lists, some), rng)
                    counts[part] = len(some)
        if len(cold):
            lists = lists_of(scorer, window.train, cold.shoppers, View.WINDOW)
            figures.setdefault("cold_shoppers", {})[name] = _intervals(judge(lists, cold), rng)
            counts["cold_shoppers"] = len(cold)
    return Table(figures, ndcg, counts)


def _some(relevant: Relevant, most: int | None, rng: np.random.Generator) -> Relevant:
    if most is None or len(relevant) <= most:
        return relevant
    return relevant.of_shoppers(rng.choice(relevant.shoppers, most, replace=False))


def _parts(window: Window, relevant: Relevant) -> dict[str, Relevant]:
    parts = {
        "repeats": window.repeats(relevant),
        "new": window.new(relevant),
        "cold_items": window.cold_items(relevant),
    }
    return {name: part for name, part in parts.items() if len(part)}


def _intervals(found: Mapping[str, NDArray[np.float64]], rng: np.random.Generator) -> Figures:
    figures = {}
    for metric, values in found.items():
        value, low, high = intervals.mean(values, rng=rng, draws=DRAWS)
        figures[metric] = {"value": round(value, 5), "low": round(low, 5), "high": round(high, 5)}
    return figures


def _exposure(lists: Lists, train: Histories, cosine: exposure.Cosine) -> Figures:
    items, catalogue = lists.items[:, :EXPOSED], len(train.item_ids)
    found = {
        f"coverage_{EXPOSED}": exposure.coverage(items, catalogue),
        f"gini_{EXPOSED}": exposure.gini(items, catalogue),
        f"novelty_{EXPOSED}": exposure.novelty(items, train),
        f"diversity_{EXPOSED}": exposure.intra_list_diversity(items, cosine),
    }
    return {metric: {"value": round(value, 5)} for metric, value in found.items()}
