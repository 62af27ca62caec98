"""What an update at each of the three speeds is worth, at once, by a refresh and by a training, and what it costs.

    python -m benchmarks.online_update --orders FILE --json FILE

Trains `--days` before the cut and asks about the days after it. In between, nothing is known (stale), the shopper's own
new orders are read when the list is made (at once), the arrays are refreshed besides, or all is trained anew. Shares
are of what the training gains. An event is a purchase of the days before the cut.
"""

import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.quality import trials
from recommendations.data.histories import Histories
from recommendations.evaluation.judging import judge, lists_of
from recommendations.evaluation.views import View, before
from recommendations.neural.ranker import RankerConfig
from recommendations.ranking.folding_in import Folding
from recommendations.ranking.served import Recommender
from recommendations.ranking.sources import FACTOR_ALPHA, FACTOR_RIDGE
from recommendations.services.learning import LearningConfig, learn
from recommendations.services.refreshing import refreshed
from recommendations.services.scoring import scorer_of

VIEWS = (View.NEXT_BASKET, View.WINDOW, View.NEW_ITEMS)
UPDATES = ("refresh", "at_once")
DRAWS = 1_000
TIMED = 500


def main() -> None:
    """Read, train twice, refresh once, judge, print, write."""
    parser = ArgumentParser(description=__doc__)
    trials.add_arguments(parser)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--windows", type=int, default=6, help="windows that a ranker is trained on (default: 6)")
    parser.add_argument("--shoppers", type=int, default=1_500, help="shoppers of a window (default: 1500)")
    parser.add_argument("--asked", type=int, default=2_000, help="shoppers asked about (default: 2000)")
    options = parser.parse_args()
    trial = trials.read(options)
    print(trial.summary(), flush=True)
    config = LearningConfig(windows=options.windows, shoppers=options.shoppers, ranker=RankerConfig())
    rows, ratios, top = measure(trial, config, options.asked)
    report.publish("online_update", rows, ratios, options.json, top=top)


def measure(
    trial: trials.Trial, config: LearningConfig, asked: int, *, seed: int = 0
) -> tuple[list[report.Figures], dict[str, float], report.Figures]:
    """A row for each speed, the shares of a training's gain, and what was updated."""
    fresh, cut, since = trial.test.train, trial.test.cut, trial.tuning.cut
    stale = before(fresh, since)
    base = learn(_known(stale), now=since, config=config, seed=seed).arrays
    print("trained before", flush=True)
    begun = time.process_time()
    update = refreshed(base, _known(fresh), since=since, now=cut, drift_limit=np.inf)
    refreshing = time.process_time() - begun
    if update is None:
        raise SystemExit("nothing was bought in the days before the cut")
    print("refreshed", flush=True)
    begun = time.process_time()
    retrained = learn(_known(fresh), now=cut, config=config, seed=seed).arrays
    training = time.process_time() - begun
    print("trained at the cut", flush=True)
    events = int((fresh.days >= since).sum())
    scorers = {
        "refresh": scorer_of(Recommender.of(update.arrays), fresh, now=cut),
        "at_once": scorer_of(Recommender.of(base), fresh, now=cut),
        "retrain": scorer_of(Recommender.of(retrained), fresh, now=cut),
        "stale": scorer_of(Recommender.of(base), stale, now=cut),
    }
    costs = {
        "refresh": {"cpu_s": refreshing, "cpu_ms_an_event": 1_000 * refreshing / max(events, 1)},
        "at_once": {"cpu_ms_an_event": fold_in_ms(base["factors"], base["gram"])},
        "retrain": {"cpu_s": training, "cpu_ms_an_event": 1_000 * training / max(events, 1)},
    }
    rng = np.random.default_rng(seed)
    figures: dict[str, dict[str, float]] = {name: {} for name in scorers}
    ratios: dict[str, float] = {}
    for view in VIEWS:
        relevant = trial.test.tests[view]
        if len(relevant) > asked:
            relevant = relevant.of_shoppers(rng.choice(relevant.shoppers, asked, replace=False))
        found = {
            name: judge(lists_of(scorer, fresh, relevant.shoppers, view), relevant, cut_offs=(10,))["ndcg_10"]
            for name, scorer in scorers.items()
        }
        for name, values in found.items():
            figures[name][f"{view.value}_ndcg_10"] = float(values.mean())
        for name in UPDATES:
            shares = share_of_gain(found["stale"], found[name], found["retrain"], rng)
            figures[name] |= {f"{view.value}_{what}": value for what, value in shares.items()}
            prefix = "" if name == "refresh" else f"{name}_"
            ratios |= {f"{prefix}{view.value}_{what}": value for what, value in shares.items()}
    rows = [{"name": name, **figures[name], **costs.get(name, {})} for name in scorers]
    top: dict[str, str | int | float] = {
        "trial": trial.summary(),
        "events": events,
        "touched_items": update.touched_items,
        "new_items": update.new_items,
        "drift": round(update.drift, 4),
        "refresh_cpu_ms_a_touched_item": 1_000 * refreshing / update.touched_items,
        "list_cpu_ms": list_ms(Recommender.of(base), fresh, now=cut, rng=rng),
    }
    for name, value in top.items():
        print(name, value)
    return rows, ratios, top


def share_of_gain(
    stale: np.ndarray, ours: np.ndarray, retrained: np.ndarray, rng: np.random.Generator
) -> Mapping[str, float]:
    """Share of the gain of a training that ours has, with the middle 95 % of resampled shoppers; empty for no gain."""
    rows = rng.integers(0, len(stale), (DRAWS, len(stale)))
    gains = (retrained - stale)[rows].mean(axis=1)
    shares = (ours - stale)[rows].mean(axis=1)[gains > 0] / gains[gains > 0]
    gain = float((retrained - stale).mean())
    if gain <= 0 or not len(shares):
        return {}
    low, high = np.quantile(shares, [0.025, 0.975]).tolist()
    return {
        "share_of_retrain": float((ours - stale).mean()) / gain,
        "share_of_retrain_low": low,
        "share_of_retrain_high": high,
    }


def fold_in_ms(vectors: np.ndarray, gram: np.ndarray) -> float:
    """CPU milliseconds of one event: an item more in a shopper's vector, and the best ten of all items after it."""
    state = Folding.empty(gram, ridge=FACTOR_RIDGE).begin()
    begun = time.process_time()
    for event in range(TIMED):
        state = state.with_item(vectors[event % len(vectors)], FACTOR_ALPHA)
        np.argpartition(-(vectors @ state.vector.astype(np.float32)), min(10, len(vectors) - 1))[:10]
    return 1_000 * (time.process_time() - begun) / TIMED


def list_ms(recommender: Recommender, histories: Histories, *, now: float, rng: np.random.Generator) -> float:
    """CPU milliseconds of a whole list as it is served after an event: all sources, all columns, the ranker."""
    shoppers = rng.integers(0, len(histories), TIMED).tolist()
    begun = time.process_time()
    for shopper in shoppers:
        span = slice(histories.offsets[shopper], histories.offsets[shopper + 1])
        bought = histories.item_ids[histories.items[span]]
        recommender.suggest(bought, histories.days[span], histories.orders[span], now=now)
    return 1_000 * (time.process_time() - begun) / TIMED


def _known(histories: Histories) -> Histories:
    """Without the shoppers and the items that nobody had heard of yet."""
    return Histories.of(histories.shoppers, histories.item_ids[histories.items], histories.days, histories.orders)


if __name__ == "__main__":
    main()
