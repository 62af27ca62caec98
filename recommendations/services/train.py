"""Train the network on the orders so far, judge it on the latest ones, publish it if it is good enough.

Imported by the training process alone: it brings torch along.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.conf import settings
from recommendations.data.histories import HALF_LIFE_DAYS, Histories
from recommendations.evaluation.judging import judge as judge_lists
from recommendations.evaluation.judging import lists_of
from recommendations.evaluation.table import Table, floors, table
from recommendations.evaluation.views import View, Window
from recommendations.exceptions import ArtefactRefused, NotEnoughData
from recommendations.models import Artefact, ArtefactKind, BasketTotals
from recommendations.neural.export import as_arrays
from recommendations.neural.network import Network
from recommendations.neural.training import TrainingConfig, use_threads
from recommendations.neural.training import train as fit
from recommendations.selectors.histories import all_histories
from recommendations.services import changes, gate, scoring, tuned

Progress = Callable[[float, str], None]
Arrays = Mapping[str, NDArray[np.generic]]

LEAST_RETURNING = 20
LEAST_ITEMS = 10
HELD_OUT = 0.1
JUDGED_WHILE_TRAINING = 300
JUDGED_AT_THE_END = 2_000
LIST_LENGTH = 10

THREADS = 1
"""Two wait for each other in a loop whenever the shop takes a core: several times slower, at four times the work."""


def train(
    *,
    progress: Progress,
    now: datetime,
    seed: int = 0,
    overrule_roll_back: bool = False,
    still_ours: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Artefact:
    """Publish a network trained on all orders by known shoppers; refused ones are kept as a record and never serve.

    The newest window, which `gate.plan` chooses, gives the published figures and the verdict, and chooses nothing; the
    latest `HELD_OUT` of the purchases before decide when training stops. Then the network is fitted once more on
    everything, for as many epochs as were best.

    Parameters
    ----------
    overrule_roll_back : publish what is as good as the version that staff went back to; else it must be better.

    Raises
    ------
    NotEnoughData : fewer than 20 shoppers with purchases on both sides of a cut, or fewer than 10 items.
    """
    use_threads(THREADS)
    totals = BasketTotals.objects.live().first()
    sequence, orders = (totals.sequence, totals.orders) if totals else (0, 0)
    learnt_from = changes.learnt_from()
    histories, live = all_histories(), store.live(ArtefactKind.NETWORK)
    plan = gate.plan(histories, live, held_out=HELD_OUT)
    window = gate.window_of(histories, plan)
    earlier = gate.window_of(window.train, gate.plan(window.train, None, held_out=HELD_OUT))
    require_enough(histories, window, earlier)
    progress(0.05, f"{len(histories.items):,} purchases of {len(histories):,} shoppers read")
    config = replace(default_config(), **tuned.parameters())
    judge = judge_on(earlier, seed=seed)
    trained = fit(earlier.train, config, seed=seed, clock=clock, judge=judge, progress=_part(progress, 0.05, 0.5))
    measured = _measure(window, as_arrays(trained.network, histories.item_ids), live, seed=seed)
    verdict = gate.decide(measured, plan, live, overrule_roll_back=overrule_roll_back)
    figures = {
        **_summary(measured),
        "table": measured.figures,
        "shoppers_of": measured.shoppers,
        "curves": {
            "train": [round(value, 5) for value in trained.losses],
            "validation": [round(value, 5) for value in trained.validations],
            "best_epoch": trained.epochs,
        },
        "gate": verdict.as_json(),
        "epochs": trained.epochs,
        "cut": (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=window.cut)).isoformat(),
        "items": len(histories.item_ids),
        "purchases": len(histories.items),
        "seed": seed,
        "trained_at": now.isoformat(),
        "trained_until": float(histories.days.max()),
        changes.LEARNT_FROM: learnt_from,
    }
    if (searched := tuned.outcome()) is not None:
        figures[tuned.TUNED] = searched
    progress(0.6, f"NDCG@{LIST_LENGTH} {figures['ndcg_10']:.4f}, most popular {figures['ndcg_10_most_popular']:.4f}")
    reason = verdict.reason
    if verdict.passed:
        final = replace(config, epochs=max(trained.epochs, 1))
        whole = fit(histories, final, seed=seed, clock=clock, progress=_part(progress, 0.6, 0.95))
        try:
            return store.publish(
                ArtefactKind.NETWORK,
                as_arrays(whole.network, histories.item_ids),
                metrics=figures,
                data_sequence=sequence,
                data_orders=orders,
                still_ours=still_ours,
            )
        except ArtefactRefused as refusal:
            reason = str(refusal)
    still_ours()
    return store.refuse(
        ArtefactKind.NETWORK, reason=reason, metrics=figures, data_sequence=sequence, data_orders=orders
    )


def default_config() -> TrainingConfig:
    """How to train, by the settings; half of the time is for the fit that is judged, half for the one that serves."""
    return TrainingConfig(
        factors=settings.TRAIN_FACTORS, epochs=settings.TRAIN_EPOCHS, seconds=settings.TRAIN_SECONDS * 0.5
    )


def require_enough(histories: Histories, *windows: Window) -> None:
    """Raise NotEnoughData unless every window has shoppers to ask about, and there are items to choose from."""
    returning = min(len(window.warm_shoppers) for window in windows)
    if returning < LEAST_RETURNING or len(histories.item_ids) < LEAST_ITEMS:
        raise NotEnoughData(
            f"not enough data: training needs at least {LEAST_RETURNING} shoppers who came back in the latest orders "
            f"and {LEAST_ITEMS} items; there are {returning} and {len(histories.item_ids)}"
        )


def judge_on(window: Window, *, seed: int) -> Callable[[Network], float]:
    """The mean NDCG@10 of a network on a window, of at most `JUDGED_WHILE_TRAINING` shoppers drawn by the seed."""
    asked = window.tests[View.WINDOW]
    if len(asked) > JUDGED_WHILE_TRAINING:
        drawn = np.random.default_rng(seed).choice(asked.shoppers, JUDGED_WHILE_TRAINING, replace=False)
        asked = asked.of_shoppers(drawn)

    def judge(network: Network) -> float:
        arrays = as_arrays(network, window.train.item_ids)
        scorer = scoring.learnt(arrays, window.train, cut=window.cut)
        lists = lists_of(scorer, window.train, asked.shoppers, View.WINDOW, length=LIST_LENGTH)
        return float(judge_lists(lists, asked, cut_offs=(LIST_LENGTH,))[f"ndcg_{LIST_LENGTH}"].mean())

    return judge


def _measure(window: Window, arrays: Arrays, live: store.Loaded | None, *, seed: int) -> Table:
    """Ours, what it learnt, the live version and the floors, on the window."""
    scorers = {
        "ours": scoring.served(arrays, window.train, cut=window.cut),
        "network": scoring.learnt(arrays, window.train, cut=window.cut),
        **floors(window, half_life_days=HALF_LIFE_DAYS),
    }
    if live is not None:
        scorers["live"] = scoring.served(live.arrays, window.train, cut=window.cut)
    return table(window, scorers, rng=np.random.default_rng(seed), most=JUDGED_AT_THE_END)


def _summary(measured: Table) -> dict[str, Any]:
    """The figures that are told in a line, all of the window."""
    told = {
        "ndcg_10": "ours",
        "ndcg_10_network": "network",
        "ndcg_10_repeat": "personal_frequency_decayed",
        "ndcg_10_most_popular": "most_popular",
    }
    summary: dict[str, Any] = {key: measured.value(View.WINDOW, name, "ndcg_10") for key, name in told.items()}
    return summary | {"shoppers": measured.shoppers.get(View.WINDOW, 0)}


def _part(progress: Progress, low: float, high: float) -> Progress:
    return lambda fraction, words: progress(low + (high - low) * fraction, words)
