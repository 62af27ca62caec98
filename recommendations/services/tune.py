"""Search for better training parameters on request; later trainings use them only where they are better beyond chance.

Imported by the training process alone: it brings torch along.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recommendations.evaluation.gate import paired
from recommendations.evaluation.search import Range, Space, Trial, search
from recommendations.models import Desk
from recommendations.neural.ranker import Ranker, mean_ndcg, ndcg_of
from recommendations.selectors.histories import all_histories
from recommendations.services import gate, learning, parameters, tuned
from recommendations.services.describe import describe
from recommendations.services.learning import LABELS, Progress, part
from recommendations.services.train import HELD_OUT, THREADS, config_of, prepared, require_enough

SPACE: Space = {
    "hidden": Range(16, 128, log=True),
    "second": Range(8, 64, log=True),
    "dropout": Range(0.0, 0.5),
    "evenness": Range(0.0, 1.0),
    "learning_rate": Range(0.0005, 0.01, log=True),
    "weight_decay": Range(1e-4, 1.0, log=True),
}
"""Fields of `RankerConfig`, and what they may be."""


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
    torch.set_num_threads(min(torch.get_num_threads(), THREADS))
    histories = all_histories()
    window = gate.window_of(histories, gate.plan(histories, None, held_out=HELD_OUT))
    require_enough(histories, window)
    config, rng = config_of(parameters.chosen(Desk.TRAINING)), np.random.default_rng(seed)
    with TemporaryDirectory() as folder:
        told_of = part(progress, 0.0, 0.3)
        kinds, _ = describe(histories.item_ids)
        cuts = prepared(histories, window, kinds, config, seed, Path(folder), told_of)[1:]
        judged, earlier = cuts[0].window, cuts[1:] or cuts
        drawn = rng.permutation(len(judged))
        choosing, confirming = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
        usual = replace(config.ranker, networks=1)

        def fitted(parameters: Mapping[str, Any]) -> Ranker:
            chosen = replace(usual, **parameters)
            return learning.fit_ranker(earlier, chosen, epochs=chosen.epochs, seed=seed, clock=clock)

        def told(trial: Trial, number: int) -> None:
            value = "no number" if trial.value is None else f"{trial.value:.4f}"
            progress(0.3 + 0.6 * number / trials, f"trial {number} of {trials}: {value}")

        found = search(
            lambda parameters: mean_ndcg(ndcg_of(fitted(parameters), judged)[choosing]),
            SPACE,
            first={name: getattr(usual, name) for name in SPACE},
            trials=trials,
            seconds=60 * minutes,
            seed=seed,
            clock=clock,
            told=told,
        )
        ours, theirs = (
            _confirmed(ndcg_of(fitted(trial.parameters), judged)[confirming]) for trial in (found.best, found.first)
        )
    gain = paired(ours, theirs)[LABELS[1].value]
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


def _confirmed(ndcg: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """NDCG@10 of the window of each shopper who was asked about it."""
    of_window = ndcg[:, 1]
    return {LABELS[1].value: of_window[~np.isnan(of_window)]}
