"""The figures of each method by view, and how many times better ours is."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.quality.trials import Trial
from benchmarks.quality.tuning import Outcome
from recommendations.evaluation import exposure, intervals
from recommendations.evaluation.views import View

METRICS = ("ndcg_10", "recall_10", "precision_10", "f1_10", "hit_rate_10", "mrr_10", "ndcg_5", "ndcg_20", "recall_20")
SHOWN = 10

Row = dict[str, str | int | float]


def rows(trial: Trial, outcomes: Mapping[str, Outcome], absent: Mapping[str, Sequence[str]]) -> list[Row]:
    """One row a view and method, ours first; a peer that failed or lacks a package is a row that says why."""
    cosine = exposure.co_purchase_cosine(trial.test.train)
    found = [
        _row(trial, view, name, outcome, cosine)
        for view in trial.views
        for name, outcome in outcomes.items()
        if not outcome.problem
    ]
    failed = [{"name": name, "settings": outcome.problem} for name, outcome in outcomes.items() if outcome.problem]
    return [*found, *failed, *[{"name": name, "settings": f"needs {', '.join(what)}"} for name, what in absent.items()]]


def ratios(trial: Trial, outcomes: Mapping[str, Outcome], *, ours: str, mix: str) -> dict[str, float]:
    """Of NDCG@10 by view: over the peer with the highest mean, over the mix, and over every other method."""
    found: dict[str, float] = {}
    if outcomes[ours].problem:
        return found
    for view in trial.views:
        values = {name: one.whole[view]["ndcg_10"] for name, one in outcomes.items() if not one.problem}
        peers = [name for name in values if name not in (ours, mix)]
        best = [("best_peer", max(peers, key=lambda name: values[name].mean()))] if peers else []
        for label, name in [*best, *[(name, name) for name in values if name != ours]]:
            key = f"{view}_vs_{label.lower().replace(', ', '_').replace(' ', '_').replace('-', '_')}"
            interval = intervals.ratio(values[ours], values[name], rng=np.random.default_rng(0))
            found |= {key: interval.value, f"{key}_low": interval.low, f"{key}_high": interval.high}
    return found


def tuned(outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, object]]:
    """The settings of each method by view."""
    return {
        name: {view.value: dict(setting) for view, setting in outcome.chosen.items()}
        for name, outcome in outcomes.items()
    }


def _row(trial: Trial, view: View, name: str, outcome: Outcome, cosine: exposure.Cosine) -> Row:
    values, items = outcome.whole[view], outcome.lists[view].items[:, :SHOWN]
    catalogue = len(trial.test.train.item_ids)
    low, high = intervals.mean(values["ndcg_10"], rng=np.random.default_rng(0))[1:]
    parts = {
        f"{metric}_{part}": float(one[metric].mean())
        for part, one in outcome.parts[view].items()
        for metric in ("ndcg_10", "recall_10")
        if len(one[metric])
    }
    return {
        "name": f"{view} {name}",
        **{metric: float(values[metric].mean()) for metric in METRICS},
        "ndcg_10_low": low,
        "ndcg_10_high": high,
        "coverage_10": exposure.coverage(items, catalogue),
        "gini_10": exposure.gini(items, catalogue),
        "novelty_10": exposure.novelty(items, trial.test.train),
        "ild_10": exposure.intra_list_diversity(items, cosine),
        **{
            f"{metric}_{part}": parts.get(f"{metric}_{part}", "")
            for part in ("repeats", "new", "newcomers")
            for metric in ("ndcg_10", "recall_10")
        },
        "shoppers": len(values["ndcg_10"]),
        "tried": outcome.tried,
        "tune_s": outcome.tune_s,
        "train_s": outcome.train_s,
        "ask_ms": outcome.ask_ms,
        "peak_mb": outcome.peak_mb,
        "settings": json.dumps(outcome.chosen[view]),
    }
