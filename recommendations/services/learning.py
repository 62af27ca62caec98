"""Learn a recommender from histories: what the shop knows at each of several cuts, and a ranker over all of them.

Runs in the training process, and in benchmarks; knows neither Django nor the database.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.histories import Histories
from recommendations.evaluation.judging import Scorer, judge, lists_of
from recommendations.evaluation.views import View, before
from recommendations.evaluation.views import Window as Question
from recommendations.neural.co_purchases import co_purchase_weights
from recommendations.neural.curves import Curves
from recommendations.neural.ials import IalsConfig, fit_ials
from recommendations.neural.linear import linear_weights
from recommendations.neural.purchases import purchase_matrix
from recommendations.neural.ranker import Ranker, RankerConfig, Window, ranker_arrays, train_ranker
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.past import Past, past_of
from recommendations.ranking.ranker import Head, ranker_scores
from recommendations.ranking.sales import sales_at
from recommendations.ranking.served import market_arrays, market_from
from recommendations.ranking.slates import COLUMNS, Market
from recommendations.ranking.sources import FACTOR_ALPHA, FACTOR_RIDGE, Asked, ItemFactors, ItemWeights

Arrays = Mapping[str, NDArray[Any]]
Ids = NDArray[np.int64]
Progress = Callable[[float, str], None]

HEAD_OF = {
    View.NEXT_BASKET: Head.NEXT_BASKET,
    View.WINDOW: Head.WINDOW,
    View.NEW_ITEMS: Head.NEW_ITEMS,
    View.NEXT_BASKET_NEW: Head.NEW_ITEMS,
}


FACTORS = IalsConfig(factors=64, epochs=8, alpha=FACTOR_ALPHA, regularisation=FACTOR_RIDGE)


@dataclass(frozen=True, slots=True)
class LearningConfig:
    """How a recommender is learnt.

    Parameters
    ----------
    days : length of a window after a cut, and the distance of the cuts.
    windows : most windows that a ranker is trained on, the latest; each must begin after `least_days` of history.
    shoppers : most shoppers of a window, drawn at random.
    kept : most item-to-item weights kept of an item.
    """

    days: float = 28.0
    windows: int = 6
    least_days: float = 56.0
    shoppers: int = 1_500
    kept: int = 200
    ranker: RankerConfig = field(default_factory=RankerConfig)


@dataclass(frozen=True, slots=True)
class Cut:
    """One window as it lies on disk: its candidates, and what was really bought."""

    question: Question
    shoppers: Ids
    items: Ids
    window: Window

    def scorer(self, ranker: Arrays) -> Scorer:
        """Scores of the window's shoppers, by a ranker's arrays; what is no candidate is never listed."""
        n = len(self.question.train.item_ids)
        scores = ranker_scores(ranker, np.asarray(self.window.values))

        def scored(shoppers: Ids, view: View) -> NDArray[np.float32]:
            found = np.full((len(shoppers), n), -np.inf, dtype=np.float32)
            for row, place in enumerate(np.searchsorted(self.shoppers, shoppers)):
                span = slice(self.window.offsets[place], self.window.offsets[place + 1])
                found[row, self.items[span]] = scores[span, HEAD_OF[view]]
            return found

        return scored


@dataclass(frozen=True, slots=True)
class Learnt:
    """The arrays of a recommender, and the curves of its ranker."""

    arrays: Arrays
    curves: Curves


def learn_market(train: Histories, *, now: float, kinds: Kinds, config: LearningConfig) -> Market:
    """What a shop knows at `now` from the purchases before it."""

    def decayed(half_life: float) -> sparse.csr_matrix:
        return purchase_matrix(train, "decayed", today=now, half_life=half_life)

    matrices = {
        "neighbours_recent": co_purchase_weights(decayed(30.0), kept=config.kept),
        "neighbours": co_purchase_weights(decayed(60.0), kept=config.kept),
        "linear_recent": linear_weights(decayed(60.0), ridge=20.0, kept=config.kept),
        "linear": linear_weights(decayed(120.0), ridge=100.0, kept=config.kept),
        "linear_all": linear_weights(purchase_matrix(train, "log", today=now), ridge=300.0, kept=config.kept),
    }
    weights: dict[str, Asked] = {
        name: ItemWeights(found.indptr.astype(np.int64), found.indices.astype(np.int32), found.data)
        for name, found in matrices.items()
    }
    fitted = fit_ials(decayed(60.0), FACTORS, seed=0)
    vectors = fitted.factors.items.numpy()
    weights["factors"] = ItemFactors(vectors, vectors.T @ vectors)
    return Market(sales_at(train, now), weights, kinds)


def cut_windows(histories: Histories, *, until: float, kinds: Kinds, config: LearningConfig, seed: int, folder: Path) -> list[Cut]:
    """Windows that end at `until` and before, the latest first; their candidates are written to `folder`."""
    first = float(histories.days.min()) if len(histories.days) else until
    cuts = [until - number * config.days for number in range(1, config.windows + 2)]
    return [
        _cut(histories, cut, kinds, config, seed, folder / f"{number}.npy")
        for number, cut in enumerate(cuts)
        if cut - first >= config.least_days
    ]


def past_before(histories: Histories, shopper: int, now: float) -> Past:
    """The past of one shopper of histories, at `now`."""
    span = slice(histories.offsets[shopper], histories.offsets[shopper + 1])
    return past_of(histories.items[span], histories.days[span], histories.orders[span], now)


def market_scorer(market: Market, ranker: Arrays, train: Histories, now: float) -> Scorer:
    """Scores as they are served, by a market and a ranker's arrays."""
    n = len(train.item_ids)

    def scored(shoppers: Ids, view: View) -> NDArray[np.float32]:
        found = np.full((len(shoppers), n), -np.inf, dtype=np.float32)
        for row, shopper in enumerate(shoppers):
            slate = market.slate(past_before(train, int(shopper), now))
            found[row, slate.items] = ranker_scores(ranker, slate.values)[:, HEAD_OF[view]]
        return found

    return scored


def learn_ranker(
    cuts: Sequence[Cut],
    config: RankerConfig,
    *,
    seed: int,
    clock: Callable[[], float],
    progress: Progress = lambda *_: None,
    judged: Cut | None = None,
) -> tuple[Ranker, Curves]:
    """A ranker over windows; with `judged`, a later window, training ends where it is best there."""

    def validation(ranker: Ranker) -> float:
        assert judged is not None  # noqa: S101
        return mean_ndcg(judged, ranker_arrays(ranker))

    return train_ranker(
        [lambda cut=cut: cut.window for cut in cuts],  # type: ignore[misc]
        config,
        seed=seed,
        clock=clock,
        progress=progress,
        judge=validation if judged is not None else None,
    )


def mean_ndcg(cut: Cut, ranker: Arrays) -> float:
    """Mean NDCG@10 over the three views, the whole catalogue ranked."""
    scorer, total = cut.scorer(ranker), 0.0
    views = (View.NEXT_BASKET, View.WINDOW, View.NEW_ITEMS)
    for view in views:
        relevant = cut.question.tests[view].of_shoppers(cut.shoppers)
        lists = lists_of(scorer, cut.question.train, relevant.shoppers, view, length=10)
        total += float(judge(lists, relevant, cut_offs=(10,))["ndcg_10"].mean()) if len(relevant) else 0.0
    return total / len(views)


def _cut(histories: Histories, cut: float, kinds: Kinds, config: LearningConfig, seed: int, path: Path) -> Cut:
    question = Question.of(histories, cut=cut, days=config.days)
    market = learn_market(question.train, now=cut, kinds=kinds, config=config)
    shoppers = question.warm_shoppers
    if len(shoppers) > config.shoppers:
        shoppers = np.sort(np.random.default_rng(seed).choice(shoppers, config.shoppers, replace=False))
    slates = [market.slate(past_before(question.train, int(shopper), cut)) for shopper in shoppers]
    lengths = np.array([len(slate.items) for slate in slates], dtype=np.int64)
    np.save(path, np.concatenate([np.zeros((0, COLUMNS), dtype=np.float32), *(slate.values for slate in slates)]))
    items = np.concatenate([np.zeros(0, dtype=np.int64), *(slate.items for slate in slates)])
    pairs = np.repeat(shoppers, lengths) << 32 | items
    labels = [
        np.isin(pairs, question.tests[view].owners << 32 | question.tests[view].items.astype(np.int64))
        for view in (View.NEXT_BASKET, View.WINDOW, View.NEW_ITEMS)
    ]
    window = Window(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.load(path, mmap_mode="r"),
        np.concatenate([np.zeros(0, dtype=np.bool_), *(slate.bought for slate in slates)]),
        np.column_stack(labels),
    )
    return Cut(question, shoppers, items, window)
