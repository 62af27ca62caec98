"""Search for better training parameters on request; later trainings use them only where they are better beyond chance.

Imported by the training process alone: it brings torch along.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from recommendations.evaluation.gate import paired
from recommendations.evaluation.judging import judge, lists_of
from recommendations.evaluation.search import Range, Space, Trial, search
from recommendations.evaluation.views import Relevant, View, Window
from recommendations.neural.export import as_arrays
from recommendations.neural.network import Network
from recommendations.neural.training import train as fit
from recommendations.neural.training import use_threads
from recommendations.selectors.histories import all_histories
from recommendations.services import gate, scoring, tuned
from recommendations.services.train import HELD_OUT, THREADS, Progress, default_config, require_enough

SPACE: Space = {
    "factors": Range(8, 128, log=True),
    "negatives": Range(4, 64, log=True),
    "learning_rate": Range(0.001, 0.05, log=True),
    "weight_decay": Range(1e-7, 1e-2, log=True),
    "dropout": Range(0.0, 0.6),
    "history_length": Range(20, 200, log=True),
}
"""Fields of `TrainingConfig`, and what they may be."""

MOST_JUDGED = 1_000


def tune(
    *,
    trials: int,
    minutes: float,
    progress: Progress,
    now: datetime,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> Mapping[str, Any]:
    """Try parameters on a window before the one that published figures are measured on, and keep the outcome.

    Half of the window's shoppers choose among the trials, the other half say whether the best is better than the
    parameters as they are: the best of many trials looks better than it is to those who chose it.

    Returns
    -------
    The outcome as stored (JSON): parameters, is_better, gain (a bound of NDCG@10), trials, at.

    Raises
    ------
    MissingPackage : Optuna is not installed.
    NotEnoughData : no network was trained yet, or too few shoppers came back.
    """
    tuned.require_network()
    use_threads(THREADS)
    histories = all_histories()
    window = gate.window_of(histories, gate.plan(histories, None, held_out=HELD_OUT))
    earlier = gate.window_of(window.train, gate.plan(window.train, None, held_out=HELD_OUT))
    require_enough(histories, window, earlier)
    choosing, confirming = _halves(earlier.tests[View.WINDOW], np.random.default_rng(seed))
    usual = default_config()

    def fitted(parameters: Mapping[str, Any]) -> tuple[Network, float]:
        trained = fit(
            earlier.train,
            replace(usual, **parameters),
            seed=seed,
            clock=clock,
            judge=lambda network: float(_ndcg(network, earlier, choosing).mean()),
            progress=lambda _share, _words: None,
        )
        return trained.network, max(trained.validations)

    def told(trial: Trial, number: int) -> None:
        value = "no number" if trial.value is None else f"{trial.value:.4f}"
        progress(0.9 * number / trials, f"trial {number} of {trials}: {value}")

    found = search(
        lambda parameters: fitted(parameters)[1],
        SPACE,
        first={name: getattr(usual, name) for name in SPACE},
        trials=trials,
        seconds=60 * minutes,
        seed=seed,
        clock=clock,
        told=told,
    )
    ours, theirs = (
        {View.WINDOW.value: _ndcg(fitted(trial.parameters)[0], earlier, confirming)}
        for trial in (found.best, found.first)
    )
    gain = paired(ours, theirs)[View.WINDOW.value]
    outcome = {
        "parameters": dict(found.best.parameters),
        "is_better": gain.is_better,
        "gain": gain.as_json(),
        "trials": [{"parameters": dict(trial.parameters), "value": trial.value} for trial in found.trials],
        "at": now.isoformat(),
    }
    tuned.keep(outcome)
    progress(1.0, "better beyond chance" if gain.is_better else "no better beyond chance: nothing changes")
    return outcome


def _halves(relevant: Relevant, rng: np.random.Generator) -> tuple[Relevant, Relevant]:
    drawn = rng.permutation(relevant.shoppers)[:MOST_JUDGED]
    half = len(drawn) // 2
    return relevant.of_shoppers(drawn[:half]), relevant.of_shoppers(drawn[half:])


def _ndcg(network: Network, window: Window, asked: Relevant) -> np.ndarray[Any, np.dtype[np.float64]]:
    """NDCG@10 of each asked shopper."""
    scorer = scoring.learnt(as_arrays(network, window.train.item_ids), window.train, cut=window.cut)
    lists = lists_of(scorer, window.train, asked.shoppers, View.WINDOW, length=10)
    return judge(lists, asked, cut_offs=(10,))["ndcg_10"]
