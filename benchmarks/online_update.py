"""What an update at each speed is worth: nothing, fresh histories, refreshed arrays, a full training.

    python -m benchmarks.online_update --orders FILE --json FILE

Trains `--days` before the cut and asks about the days after it.
"""

import json
import time
from argparse import ArgumentParser
from pathlib import Path

import numpy as np

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
DRAWS = 1_000
TIMED = 500


def main() -> None:
    """Read, train twice, refresh once, judge, write."""
    parser = ArgumentParser(description=__doc__)
    trials.add_arguments(parser)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE")
    parser.add_argument("--windows", type=int, default=6, help="windows that a ranker is trained on (default: 6)")
    parser.add_argument("--shoppers", type=int, default=1_500, help="shoppers of a window (default: 1500)")
    parser.add_argument("--asked", type=int, default=2_000, help="shoppers asked about (default: 2000)")
    options = parser.parse_args()
    trial = trials.read(options)
    config = LearningConfig(windows=options.windows, shoppers=options.shoppers, ranker=RankerConfig())
    Path(options.json).write_text(json.dumps(measure(trial, config, options.asked), indent=1))


def measure(trial: trials.Trial, config: LearningConfig, asked: int, *, seed: int = 0) -> dict[str, object]:
    """Figures of the four ways to serve at the cut, and what an update costs."""
    fresh, cut, since = trial.test.train, trial.test.cut, trial.tuning.cut
    stale = before(fresh, since)
    base = learn(_known(stale), now=since, config=config, seed=seed).arrays
    print("trained before", flush=True)
    begun = time.process_time()
    update = refreshed(base, _known(fresh), since=since, now=cut, drift_limit=np.inf)
    seconds = time.process_time() - begun
    if update is None:
        raise SystemExit("nothing was bought in the days before the cut")
    print("refreshed", round(seconds, 2), "s, drift", round(update.drift, 3), flush=True)
    events = int((fresh.days >= since).sum())
    begun = time.process_time()
    retrained = learn(_known(fresh), now=cut, config=config, seed=seed).arrays
    training = time.process_time() - begun
    print("trained at the cut", flush=True)
    scorers = {
        "stale": scorer_of(Recommender.of(base), stale, now=cut),
        "at_once": scorer_of(Recommender.of(base), fresh, now=cut),
        "minutes": scorer_of(Recommender.of(update.arrays), fresh, now=cut),
        "retrained": scorer_of(Recommender.of(retrained), fresh, now=cut),
    }
    rng = np.random.default_rng(seed)
    views: dict[str, object] = {}
    for view in VIEWS:
        relevant = trial.test.tests[view]
        if len(relevant) > asked:
            relevant = relevant.of_shoppers(rng.choice(relevant.shoppers, asked, replace=False))
        found = {
            name: judge(lists_of(scorer, fresh, relevant.shoppers, view), relevant, cut_offs=(10,))["ndcg_10"]
            for name, scorer in scorers.items()
        }
        views[view.value] = {
            "shoppers": len(relevant),
            **{name: round(float(values.mean()), 5) for name, values in found.items()},
            "recovered_at_once": recovered(found["stale"], found["at_once"], found["retrained"], rng),
            "recovered_minutes": recovered(found["stale"], found["minutes"], found["retrained"], rng),
        }
        print(view.value, views[view.value], flush=True)
    return {
        "trial": trial.summary(),
        "views": views,
        "events": events,
        "touched_items": update.touched_items,
        "new_items": update.new_items,
        "drift": round(update.drift, 4),
        "refresh_cpu_seconds": round(seconds, 3),
        "refresh_ms_an_event": round(1_000 * seconds / max(events, 1), 4),
        "training_cpu_seconds": round(training, 1),
        "fold_in_ms_an_event": round(_fold_in_ms(update.arrays["factors"], update.arrays["gram"]), 4),
    }


def recovered(
    stale: np.ndarray, ours: np.ndarray, retrained: np.ndarray, rng: np.random.Generator
) -> dict[str, float | None]:
    """Share of the gain of a training that ours has, with the middle 95 % of resampled shoppers; None for no gain."""
    rows = rng.integers(0, len(stale), (DRAWS, len(stale)))
    gains = (retrained - stale)[rows].mean(axis=1)
    shares = (ours - stale)[rows].mean(axis=1)[gains > 0] / gains[gains > 0]
    gain = float((retrained - stale).mean())
    if gain <= 0 or not len(shares):
        return {"value": None, "low": None, "high": None}
    low, high = np.quantile(shares, [0.025, 0.975])
    return {"value": round(float((ours - stale).mean()) / gain, 3), "low": round(low, 3), "high": round(high, 3)}


def _known(histories: Histories) -> Histories:
    """Without the shoppers and the items that nobody had heard of yet."""
    return Histories.of(histories.shoppers, histories.item_ids[histories.items], histories.days, histories.orders)


def _fold_in_ms(vectors: np.ndarray, gram: np.ndarray) -> float:
    """CPU milliseconds of one item more and a list of ten."""
    state = Folding.empty(gram, ridge=FACTOR_RIDGE).begin()
    begun = time.process_time()
    for event in range(TIMED):
        state = state.with_item(vectors[event % len(vectors)], FACTOR_ALPHA)
        np.argpartition(-(vectors @ state.vector), min(10, len(vectors) - 1))[:10]
    return 1_000 * (time.process_time() - begun) / TIMED


if __name__ == "__main__":
    main()
