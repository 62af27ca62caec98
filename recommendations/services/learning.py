"""Learn a recommender from histories: what the shop knew at each of several cuts, and a ranker over all of them.

Runs in the training process and in benchmarks; knows neither Django nor the database.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommendations.data.histories import Histories
from recommendations.evaluation.views import View, before
from recommendations.evaluation.views import Window as Question
from recommendations.neural.co_purchases import co_purchase_weights
from recommendations.neural.curves import Curves
from recommendations.neural.exposure import Strengths, choose_strengths, discount_of
from recommendations.neural.fitting import Log
from recommendations.neural.ials import IalsConfig, fit_ials
from recommendations.neural.linear import MOST_ITEMS, linear_weights
from recommendations.neural.low_rank import LowRankConfig, learn_low_rank, prune
from recommendations.neural.purchases import purchase_matrix
from recommendations.neural.ranker import (
    Ranker,
    RankerConfig,
    Window,
    mean_ndcg,
    ndcg_of,
    ranker_arrays,
    train_ranker,
)
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.past import Past, past_of
from recommendations.ranking.sales import sales_at
from recommendations.ranking.served import Recommender, market_arrays
from recommendations.ranking.slates import COLUMNS, Market
from recommendations.ranking.sources import (
    FACTOR_ALPHA,
    FACTOR_HALF_LIFE,
    FACTOR_RIDGE,
    KEPT,
    NEIGHBOUR_HALF_LIVES,
    Asked,
    ItemFactors,
    ItemWeights,
)

Arrays = Mapping[str, NDArray[Any]]
Ids = NDArray[np.int64]
Values = NDArray[np.float32]
Progress = Callable[[float, str], None]

LABELS = (View.NEXT_BASKET, View.WINDOW, View.NEW_ITEMS)
LEAST_SHOPPERS = 20
LOW_RANK = 256

LEAST_REPEATS = 0.01
HELD_OUT_WINDOWS = 3
HELD_OUT_ITEMS = 10
"""Where a smaller share of purchases is of what the shopper had bought before, windows that hide purchases of each
shopper take the place of the older ones in time: of films or books many are bought at a time, and few come back."""


@dataclass(frozen=True, slots=True)
class LearningConfig:
    """How a recommender is learnt.

    Parameters
    ----------
    days : most days of a window, and of the distance between the cuts; a young shop's windows are shorter.
    windows : most windows that a ranker is trained on, the latest.
    shoppers : most shoppers of a window, drawn at random.
    kept : most item-to-item weights kept of an item.
    factors : length of the item vectors.
    """

    days: float = 28.0
    windows: int = 6
    shoppers: int = 1_500
    kept: int = KEPT
    factors: int = 64
    ranker: RankerConfig = field(default_factory=RankerConfig)


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut in time: the window that a ranker learns from, and what was known at the cut.

    Parameters
    ----------
    at, until : days since the epoch; what was known lies before the one, what was bought after it before the other.
    item_ids : int64[n].
    market : kept of the newest cut alone, for the others it would only take memory.
    """

    at: float
    until: float
    item_ids: Ids
    market: Market | None
    window: Window

    def recommender(self, ranker: Ranker, discount: Values) -> Recommender:
        """What would have served at the cut with this ranker and `discount_of` an earlier cut.

        Raises
        ------
        ValueError : it is not the newest cut.
        """
        if self.market is None:
            raise ValueError("market is kept of the newest cut alone")
        return Recommender(self.item_ids, self.market, ranker_arrays(ranker), discount)


@dataclass(frozen=True, slots=True)
class Learnt:
    """A recommender's arrays, and how its ranker was trained."""

    arrays: Arrays
    curves: Curves


def learn(
    histories: Histories,
    *,
    now: float,
    kinds: Kinds | None = None,
    config: LearningConfig | None = None,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
    progress: Progress = lambda *_: None,
) -> Learnt:
    """A recommender at `now`, in days since the epoch, of purchases before it.

    Raises
    ------
    ValueError : there is not a single window with enough shoppers who came back.
    """
    config, known = config or LearningConfig(), kinds or Kinds.unknown(len(histories.item_ids))
    days = window_days(histories, until=now, config=config)
    with TemporaryDirectory() as folder:
        cuts = cut_windows(
            histories, newest=now - days, days=days, kinds=known, config=config, seed=seed, folder=Path(folder),
            progress=part(progress, 0.0, 0.5),
        )  # fmt: skip
        if not cuts:
            raise ValueError("histories must have a window with at least 20 shoppers who came back")
        telling = cuts[1:] if hardly_repeats(histories) else cuts
        curves, strengths = choose_course(
            telling, config.ranker, seed=seed, clock=clock, progress=part(progress, 0.5, 0.65)
        )
        ranker = fit_ranker(
            cuts, config.ranker, epochs=curves.best_epoch, seed=seed, clock=clock, progress=part(progress, 0.65, 0.95)
        )
        discount = discount_at(telling[0], ranker, strengths)
    market = learn_market(histories, now=now, kinds=known, config=config)
    return Learnt(arrays_of(histories.item_ids, market, ranker, discount), curves)


def window_days(histories: Histories, *, until: float, config: LearningConfig) -> float:
    """Length of the windows: `config.days`, or what lets a young shop have as many."""
    span = until - float(histories.days.min()) if len(histories.days) else 0.0
    return float(min(config.days, max(span / (config.windows + 2), 1.0)))


def cut_windows(
    histories: Histories,
    *,
    newest: float,
    days: float,
    kinds: Kinds,
    config: LearningConfig,
    seed: int,
    folder: Path,
    progress: Progress = lambda *_: None,
    last: float | None = None,
) -> list[Cut]:
    """The windows from `newest` back, the latest first; the rankers' columns are written to `folder`.

    The newest window takes all that follows where `last`, its end, is given. Windows with fewer than 20 shoppers who
    came back, and those with less history before them than two windows, are left out. Where hardly anything is bought
    twice, windows that hide purchases of before the newest cut (`Window.held_out`) follow it in place of earlier ones.
    """
    begun = float(histories.days.min()) if len(histories.days) else newest
    found: list[Cut] = []
    for number in range(config.windows + (last is not None)):
        cut = newest - number * days
        length = last - cut if last is not None and not number else days
        if cut - begun < 2 * days and found:
            break
        question = Question.of(histories, cut=cut, days=length)
        if len(question.warm_shoppers) >= LEAST_SHOPPERS:
            one = _cut(question, kinds, config, seed, folder / f"{number}.float32")
            found.append(one if not found else replace(one, market=None))
        progress((number + 1) / (config.windows + 1), f"window {number + 1}: {len(question.warm_shoppers)} shoppers")
        if found and hardly_repeats(histories):
            known = before(histories, newest)
            for draw in range(HELD_OUT_WINDOWS):
                rng = np.random.default_rng([seed, draw])
                hidden = Question.held_out(known, cut=newest, most=HELD_OUT_ITEMS, rng=rng)
                found.append(
                    replace(_cut(hidden, kinds, config, seed, folder / f"held_out_{draw}.float32"), market=None)
                )
            break
    return found


def hardly_repeats(histories: Histories) -> bool:
    """Whether hardly anything is bought twice by the same shopper."""
    pairs = histories.shoppers << 32 | histories.items.astype(np.int64)
    return len(pairs) - len(np.unique(pairs)) < LEAST_REPEATS * len(pairs)


def choose_course(
    cuts: Sequence[Cut],
    config: RankerConfig,
    *,
    seed: int,
    clock: Callable[[], float],
    progress: Progress = lambda *_: None,
    log: Log | None = None,
) -> tuple[Curves, Strengths]:
    """After how many epochs a ranker trained on the earlier windows is best on the latest of these, and how strongly
    the exposure of items is then held against them.

    One small network tells; with a single window there is nothing later: its curve is of the loss alone, and the
    strengths are 0.
    """
    small = replace(config, networks=1)
    if len(cuts) < 2:
        curves = train_ranker([cuts[0].window], small, seed=seed, clock=clock, progress=progress, log=log)[1]
        return curves, np.zeros(len(LABELS))
    latest, earlier = cuts[0].window, cuts[1:]

    def judge(ranker: Ranker) -> float:
        return mean_ndcg(ndcg_of(ranker, latest))

    windows = [cut.window for cut in earlier]
    ranker, curves = train_ranker(windows, small, seed=seed, clock=clock, progress=progress, judge=judge, log=log)
    return curves, choose_strengths(ranker, windows[0], latest, items=len(cuts[0].item_ids))


def discount_at(cut: Cut, ranker: Ranker, strengths: Strengths) -> Values:
    """float32[n, 3], what the exposure on the ranker's lists at a cut takes off the scores of each item."""
    return discount_of(ranker, cut.window, items=len(cut.item_ids), strengths=strengths)


def fit_ranker(
    cuts: Sequence[Cut],
    config: RankerConfig,
    *,
    epochs: int,
    seed: int,
    clock: Callable[[], float],
    progress: Progress = lambda *_: None,
) -> Ranker:
    """A ranker over all the windows, stopped after `epochs` of the course that `config` plans."""
    windows = [cut.window for cut in cuts]
    return train_ranker(windows, config, stop_after=epochs, seed=seed, clock=clock, progress=progress)[0]


def learn_market(train: Histories, *, now: float, kinds: Kinds, config: LearningConfig) -> Market:
    """What a shop knows at `now` from the purchases before it."""

    def decayed(half_life: float) -> sparse.csr_matrix:
        return purchase_matrix(train, "decayed", today=now, half_life=half_life)

    weights: dict[str, Asked] = {
        **{
            name: _rows(co_purchase_weights(decayed(half_life), kept=config.kept))
            for name, half_life in NEIGHBOUR_HALF_LIVES.items()
        },
        "linear_recent": _linear(decayed(60.0), ridge=20.0, kept=config.kept),
        "linear": _linear(decayed(120.0), ridge=100.0, kept=config.kept),
        "linear_all": _linear(purchase_matrix(train, "log", today=now), ridge=300.0, kept=config.kept),
    }
    factors = IalsConfig(factors=config.factors, epochs=8, alpha=FACTOR_ALPHA, regularisation=FACTOR_RIDGE)
    vectors = fit_ials(decayed(FACTOR_HALF_LIFE), factors, seed=0).factors.items.numpy()
    weights["factors"] = ItemFactors(vectors, vectors.T @ vectors)
    return Market(sales_at(train, now), weights, kinds)


def arrays_of(item_ids: Ids, market: Market, ranker: Ranker, discount: Values) -> dict[str, NDArray[Any]]:
    """All arrays of a recommender, as an artefact keeps them."""
    return {
        "item_ids": item_ids.astype("<i8"),
        **market_arrays(market),
        **ranker_arrays(ranker),
        "discount": discount.astype("<f4"),
    }


def past_before(histories: Histories, shopper: int, now: float) -> Past:
    """The past of one shopper of histories, at `now`."""
    span = slice(histories.offsets[shopper], histories.offsets[shopper + 1])
    return past_of(histories.items[span], histories.days[span], histories.orders[span], now)


def part(progress: Progress, low: float, high: float) -> Progress:
    """Progress of a step that goes from `low` to `high` of the whole."""
    return lambda fraction, words: progress(low + (high - low) * fraction, words)


def _linear(purchases: sparse.csr_matrix, *, ridge: float, kept: int) -> ItemWeights:
    """The closed form, or its low-rank form where there are too many items for it."""
    if purchases.shape[1] <= MOST_ITEMS:
        return _rows(linear_weights(purchases, ridge=ridge, kept=kept))
    pruned = prune(learn_low_rank(purchases, LowRankConfig(rank=LOW_RANK, ridge=ridge), seed=0), kept=kept)
    return ItemWeights(pruned.offsets, pruned.targets, pruned.values)


def _rows(found: sparse.csr_array) -> ItemWeights:
    return ItemWeights(found.indptr.astype(np.int64), found.indices.astype(np.int32), found.data)


def _cut(question: Question, kinds: Kinds, config: LearningConfig, seed: int, path: Path) -> Cut:
    train, cut = question.train, question.cut
    market = learn_market(train, now=cut, kinds=kinds, config=config)
    shoppers = question.warm_shoppers
    if len(shoppers) > config.shoppers:
        shoppers = np.sort(np.random.default_rng(seed).choice(shoppers, config.shoppers, replace=False))
    items, bought = [], []
    with path.open("wb") as file:
        for shopper in shoppers.tolist():
            slate = market.slate(past_before(train, shopper, cut))
            slate.values.tofile(file)
            items.append(slate.items)
            bought.append(slate.bought)
    lengths = np.array([len(some) for some in items], dtype=np.int64)
    pairs = np.repeat(shoppers, lengths) << 32 | np.concatenate(items)
    tests = [question.tests[view] for view in LABELS]
    bought_since = [np.isin(pairs, test.owners << 32 | test.items.astype(np.int64)) for test in tests]
    relevant = [
        np.bincount(np.searchsorted(shoppers, test.of_shoppers(shoppers).owners), minlength=len(shoppers))
        for test in tests
    ]
    window = Window(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.memmap(path, np.float32, mode="r", shape=(int(lengths.sum()), COLUMNS)),
        np.concatenate(bought),
        np.column_stack(bought_since),
        np.column_stack(relevant),
        pairs & 0xFFFFFFFF,
    )
    return Cut(cut, cut + question.days, train.item_ids, market, window)
