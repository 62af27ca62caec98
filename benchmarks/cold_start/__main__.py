"""Cold start: `python -m benchmarks.cold_start --orders FILE ...`.

Items: a tenth of them is hidden from training, all their sales removed, and recommended from their attributes alone to
the shoppers who bought any of them in the window after the cut; among the hidden items, and among the whole catalogue
(`_whole`: each item by its attributes alone). Shoppers: those who first came after the cut, before and after their
first purchases. Ratios are of NDCG@10 over all seeds, with 95 % intervals of a bootstrap over shoppers.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.cold_start import data, shoppers
from benchmarks.cold_start.rankers import Known, all_scores
from benchmarks.report import publish

HIDDEN = 0.1
CUT_OFF = 10
DRAWS = 1_000

Values = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data.add_arguments(parser)
    parser.add_argument("--seeds", type=int, default=3, help="different tenths hidden (default: 3)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    shop = data.read(options)
    print(f"{len(shop.traits):,} items, {len(shop.purchases):,} shoppers; missing: {dict(shop.traits.missing)}")
    found: dict[str, list[Values]] = {}
    asked: list[NDArray[np.int64]] = []
    for seed in range(options.seeds):
        begun = time.process_time()
        who, figures, chosen = _one(shop, seed)
        asked.append(who)
        for name, values in figures.items():
            found.setdefault(name, []).append(values)
        print(f"seed {seed}: {len(who):,} shoppers, {chosen}, {time.process_time() - begun:.0f} s of CPU", flush=True)
    whose = np.concatenate(asked)
    joined = {name: np.concatenate(values) for name, values in found.items()}
    names = ("ndcg_10", "recall_10", "ndcg_10_whole", "recall_10_whole")
    rows: list[dict[str, str | int | float]] = [
        {"name": name, **dict(zip(names, values.mean(axis=0).tolist(), strict=True)), "shoppers": len(np.unique(whose))}
        for name, values in joined.items()
    ]
    first, *others = joined
    ratios: dict[str, float] = {}
    for name in others:
        for column, view in ((0, "hidden"), (2, "whole")):
            key = f"{view}_vs_{name.replace(' ', '_')}"
            three = ratio(joined[first][:, column], joined[name][:, column], whose)
            ratios |= dict(zip((key, f"{key}_low", f"{key}_high"), three, strict=True))
    new_rows, new_ratios = shoppers.measure(shop, ratio)
    publish("cold_start", [*rows, *new_rows], ratios | new_ratios, options.json)


def _one(shop: data.Shop, seed: int) -> tuple[NDArray[np.int64], dict[str, Values], str]:
    """The shoppers asked about, and [t, 4] figures of each ranker."""
    rng = np.random.default_rng(seed)
    hidden = np.sort(rng.choice(len(shop.traits), round(HIDDEN * len(shop.traits)), replace=False))
    known = Known.of(shop.purchases, shop.traits, shop.cut, shop.days, hidden)
    window = shop.purchases.days >= shop.cut
    relevant = np.zeros((len(shop.purchases), len(shop.traits)), dtype=bool)
    relevant[shop.purchases.shoppers[window], shop.purchases.items[window]] = True
    relevant[:, known.warm] = False
    has_history = np.diff(known.bought.indptr) > 0
    who = np.flatnonzero(relevant.any(axis=1) & has_history)
    scores, chosen = all_scores(known, who, seed)
    figures = {
        name: np.column_stack([judged(found[:, hidden], relevant[who][:, hidden]), judged(found, relevant[who])])
        for name, found in scores.items()
    }
    return who, figures, chosen


def judged(scores: Values, relevant: NDArray[np.bool_]) -> Values:
    """[t, 2], NDCG@10 and recall@10 of each shopper, who has at least one relevant item."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :CUT_OFF]
    hits = np.take_along_axis(relevant, best, axis=1)
    discounts = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    bought = relevant.sum(axis=1)
    ideal = np.cumsum(discounts)[np.minimum(bought, hits.shape[1]) - 1]
    return np.column_stack([(hits * discounts).sum(axis=1) / ideal, hits.sum(axis=1) / bought])


def ratio(ours: Values, theirs: Values, whose: NDArray[np.int64]) -> tuple[float, float, float]:
    """Ours over theirs, and the 95 % interval over draws of shoppers, all of whose rows are drawn together."""
    place = np.unique(whose, return_inverse=True)[1]
    sums = np.column_stack([np.bincount(place, ours), np.bincount(place, theirs)])
    rng = np.random.default_rng(0)
    drawn = np.array([sums[rng.integers(0, len(sums), len(sums))].sum(axis=0) for _ in range(DRAWS)])
    low, high = np.quantile(drawn[:, 0] / np.maximum(drawn[:, 1], 1e-12), [0.025, 0.975])
    return float(ours.sum() / max(theirs.sum(), 1e-12)), float(low), float(high)


if __name__ == "__main__":
    main()
