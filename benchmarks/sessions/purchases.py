"""What is bought next, from orders alone and from orders with views: one learner, fed with and without them.

Its scores are shares of item-to-item weights, of what the shopper bought before and of what is popular. All scales are
chosen on the window before the test for both, and whether views are looked at too: only where they are surely better.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.sessions import judged
from benchmarks.sessions.data import LEAST_DWELL, MOST_A_DAY
from benchmarks.sessions.generated import Plant, generate
from recommendations.data.sequences import Events, Kind, Recent, Sequences, latest, sequences_of
from recommendations.mining.transitions import TransitionConfig, learn
from recommendations.ranking.session import Arrays, shares, transition_scores
from recommendations.ranking.session_choice import surely_better

Values = NDArray[np.float64]

A_LIFE = 10**9
"""Seconds that no silence lasts: one sequence a shopper."""

LENGTH, LONGEST = 10, 20
CUTS = (0.6, 0.8)
CONFIGS = [
    TransitionConfig(reach=reach, distance=distance, backward=backward, power=power)
    for reach, distance, backward, power in product((10, 20), (0.7, 0.9), (0.0, 0.5), (0.0, 0.3))
]
RECENCIES = (0.5, 0.7, 0.85, 0.95)
BLENDS = [(0.9 - own, own, 0.1) for own in (0.0, 0.1, 0.3, 0.6)]

Row = dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shopper did before an order, and the order's items as dense indexes."""

    before: tuple[Recent, ...]
    targets: tuple[NDArray[np.int64], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """What a learner is made of; `views`: whether it sees them."""

    views: bool
    config: TransitionConfig
    recency: float
    blend: tuple[float, float, float]


def measure(*, seeds: int) -> tuple[list[Row], dict[str, float]]:
    """Rows and ratios of NDCG@10 with views over without, where orders follow views and where they do not."""
    rows: list[Row] = []
    ratios: dict[str, float] = {}
    for name, follows in (("planted", True), ("control", False)):
        gains: dict[str, list[Values]] = {
            "orders plus views": [],
            "orders alone": [],
            "views in any case": [],
            "popular": [],
        }
        for seed in range(1, seeds + 1):
            for kind, one in _compared(generate(Plant(follows=follows), seed=seed)):
                gains[kind].append(one)
        merged = {kind: np.concatenate(parts) for kind, parts in gains.items()}
        for kind, values in merged.items():
            low, high = judged.interval(values)
            found = {"ndcg_10": float(values.mean()), "ndcg_10_low": low, "ndcg_10_high": high}
            rows.append({"name": f"next_purchase {name}, {kind}", **found, "questions": len(values)})
            print(f"  {rows[-1]['name']}: {found['ndcg_10']:.4f} of {len(values):,}", flush=True)
        compared = judged.ratio(merged["orders plus views"], merged["orders alone"])
        for end, value in zip(("", "_low", "_high"), compared, strict=True):
            ratios[f"next_purchase_{name}_views_vs_none{end}"] = value
    return rows, ratios


def _compared(events: Events) -> Iterator[tuple[str, Values]]:
    earlier, begin = np.quantile(events.at, CUTS)
    end = events.at.max() + 1
    alone, first = _chosen(events, earlier, begin, views=False)
    beside, second = _chosen(events, earlier, begin, views=True)
    better = (alone, beside)[surely_better(np.column_stack([first, second]), 0)]
    yield "orders plus views", _gains(events, begin, end, [better])[:, 0]
    yield "orders alone", _gains(events, begin, end, [alone])[:, 0]
    yield "views in any case", _gains(events, begin, end, [beside])[:, 0]
    popular = Way(views=False, config=CONFIGS[0], recency=1.0, blend=(0.0, 0.0, 1.0))
    yield "popular", _gains(events, begin, end, [popular])[:, 0]


def _chosen(events: Events, start: float, stop: float, *, views: bool) -> tuple[Way, Values]:
    """The best way on the orders from `start` to before `stop`, and its gains there."""
    ways = [Way(views, config, recency, blend) for config, recency, blend in product(CONFIGS, RECENCIES, BLENDS)]
    found = _gains(events, start, stop, ways)
    best = int(found.mean(axis=0).argmax())
    return ways[best], found[:, best]


def _gains(events: Events, start: float, stop: float, ways: list[Way]) -> Values:
    """float64[orders, ways], NDCG@10 of each order from `start` to before `stop`, learnt from before `start`."""
    used = events if ways[0].views else events.where(events.kinds == Kind.ORDER)
    train = _lives(used.where(used.at < start), None)
    asked = _asked(events, used, train, start, stop)
    bought = np.bincount(train.items[train.kinds == Kind.ORDER], minlength=len(train.item_ids))
    popular = (bought / bought.sum()).astype(np.float32)
    learnt: dict[TransitionConfig, Arrays] = {}
    for config in {way.config for way in ways}:
        found = learn(train, config, now=start, wanted=train.kinds == Kind.ORDER)
        learnt[config] = {
            "item_ids": train.item_ids,
            "transition_offsets": found.offsets,
            "transition_targets": found.targets,
            "transition_values": found.values,
        }
    gains = np.zeros((len(asked.targets), len(ways)))
    for number, (before, targets) in enumerate(zip(asked.before, asked.targets, strict=True)):
        rows = np.searchsorted(train.item_ids, before.item_ids)
        own = np.bincount(rows[before.kinds == Kind.ORDER], minlength=len(popular)).astype(np.float32)
        told: dict[tuple[TransitionConfig, float], NDArray[np.float32]] = {}
        for place, way in enumerate(ways):
            key = (way.config, way.recency)
            if key not in told:
                arrays = {**learnt[way.config], "session_recency": np.array([way.recency], dtype=np.float32)}
                told[key] = shares(transition_scores(arrays, rows, before.weights)) if len(rows) else popular
            scores = way.blend[0] * told[key] + way.blend[1] * shares(own) + way.blend[2] * popular
            gains[number, place] = _ndcg(scores, targets)
    return gains


def _ndcg(scores: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    best = np.argpartition(-scores, LENGTH)[:LENGTH]
    best = best[np.lexsort((best, -scores[best]))]
    discounts = 1 / np.log2(np.arange(LENGTH) + 2.0)
    return float(discounts[np.isin(best, targets)].sum() / discounts[: len(targets)].sum())


def _lives(events: Events, item_ids: NDArray[np.int64] | None) -> Sequences:
    return sequences_of(events, silence=A_LIFE, least_dwell=LEAST_DWELL, most_a_day=MOST_A_DAY, item_ids=item_ids)


def _asked(events: Events, used: Events, train: Sequences, start: float, stop: float) -> Asked:
    """Each order of the window with what its shopper did before; the same orders whatever of that is used.

    A shopper who did nothing before is asked too.
    """
    ordered = events.where(events.kinds == Kind.ORDER)
    known = np.unique(ordered.items[ordered.at < start])
    asked = ordered.where((ordered.at >= start) & (ordered.at < stop) & np.isin(ordered.items, known))
    asked = asked.where(np.lexsort((asked.items, asked.at, asked.shoppers)))
    begins = np.flatnonzero(np.diff(asked.shoppers, prepend=-1) | np.diff(asked.at, prepend=-1))
    told = used.where(np.isin(used.items, train.item_ids))
    told = told.where(np.lexsort((told.items, told.at, told.shoppers)))
    before, targets = [], []
    for first, last in zip(begins.tolist(), [*begins[1:].tolist(), len(asked)], strict=True):
        targets.append(np.searchsorted(train.item_ids, np.unique(asked.items[first:last])))
        span = np.searchsorted(told.shoppers, [asked.shoppers[first], asked.shoppers[first] + 1])
        stop_at = span[0] + np.searchsorted(told.at[span[0] : span[1]], asked.at[first])
        mine = told.where(np.arange(max(span[0], stop_at - 2 * LONGEST), stop_at))
        before.append(latest(mine, least_dwell=LEAST_DWELL, most=LONGEST))
    return Asked(tuple(before), tuple(targets))
