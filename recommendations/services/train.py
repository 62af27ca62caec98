"""Train the network on the orders so far, judge it on the latest ones, publish it if it is good enough.

Imported by the training process alone: it brings torch along.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from recommendations import store
from recommendations.data.histories import HALF_LIFE_DAYS, Histories
from recommendations.desks import Chosen
from recommendations.evaluation.table import Table, floors, table
from recommendations.evaluation.views import View, Window
from recommendations.exceptions import ArtefactRefused, NotEnoughData
from recommendations.models import Artefact, ArtefactKind, BasketTotals, Desk
from recommendations.neural.board import tensorboard_log
from recommendations.neural.ranker import RankerConfig
from recommendations.ranking.kinds import Kinds
from recommendations.ranking.served import Recommender
from recommendations.selectors.histories import all_histories
from recommendations.services import changes, gate, learning, parameters, tuned
from recommendations.services.describe import ENCODERS, describe, encoders
from recommendations.services.learning import Cut, LearningConfig, Progress, part
from recommendations.services.scoring import scorer_of

LEAST_RETURNING = learning.LEAST_SHOPPERS
LEAST_ITEMS = 10
HELD_OUT = 0.1
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
    tensorboard: Path | None = None,
    chosen: Chosen | None = None,
    still_ours: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Artefact:
    """Publish a recommender trained on all orders by known shoppers; refused ones are kept as a record, never serve.

    The newest window, which `gate.plan` chooses, gives the published figures and the verdict, and chooses nothing; the
    windows before it train the ranker that is judged, and the latest of these decides when training stops. Then the
    ranker is fitted once more with the newest window, and all else on everything.

    Parameters
    ----------
    overrule_roll_back : publish what is as good as the version that staff went back to; else it must be better.
    tensorboard : a folder for TensorBoard's log of the curves; None: none is written.
    chosen : the parameters of training; those of now unless given.

    Raises
    ------
    NotEnoughData : fewer than 20 shoppers with purchases on both sides of a cut, or fewer than 10 items.
    MissingPackage : `tensorboard` is asked for and not installed.
    """
    torch.set_num_threads(min(torch.get_num_threads(), THREADS))
    totals = BasketTotals.objects.live().first()
    sequence, orders = (totals.sequence, totals.orders) if totals else (0, 0)
    ours = chosen or parameters.chosen(Desk.TRAINING)
    learnt_from = changes.learnt_from(ours)
    histories, live = all_histories(), store.trained(ArtefactKind.NETWORK)
    plan = gate.plan(histories, live, held_out=HELD_OUT)
    window = gate.window_of(histories, plan)
    require_enough(histories, window)
    progress(0.05, f"{len(histories.items):,} purchases of {len(histories):,} shoppers read")
    config = config_of(ours)
    config = replace(config, ranker=replace(config.ranker, **_searched(ours)))
    kinds, texts = describe(histories.item_ids)
    with TemporaryDirectory() as folder:
        cuts = prepared(histories, window, kinds, config, seed, Path(folder), part(progress, 0.05, 0.45))
        earlier = cuts[1:]
        with tensorboard_log(tensorboard) if tensorboard else nullcontext() as log:
            curves, strengths = learning.choose_course(
                earlier, config.ranker, seed=seed, clock=clock, progress=part(progress, 0.45, 0.55), log=log
            )
        fit = partial(learning.fit_ranker, config=config.ranker, epochs=curves.best_epoch, seed=seed, clock=clock)
        ranker = fit(earlier, progress=part(progress, 0.55, 0.7))
        judged = cuts[0].recommender(ranker, learning.discount_at(earlier[0], ranker, strengths))
        measured = _measure(window, judged, live, seed=seed)
        verdict = gate.decide(measured, plan, live, overrule_roll_back=overrule_roll_back)
        figures = {
            **_summary(measured),
            "table": measured.figures,
            "shoppers_of": measured.shoppers,
            "curves": {
                "train": [round(value, 5) for value in curves.train],
                "validation": [round(value, 5) for value in curves.validation],
                "best_epoch": curves.best_epoch,
            },
            "gate": verdict.as_json(),
            "epochs": curves.best_epoch,
            "discounts": strengths.tolist(),
            "windows": len(cuts),
            "cut": (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=window.cut)).isoformat(),
            "items": len(histories.item_ids),
            "purchases": len(histories.items),
            "seed": seed,
            "parameters": ours.values,
            "trained_at": now.isoformat(),
            "trained_until": float(histories.days.max()),
            ENCODERS: encoders(),
            changes.LEARNT_FROM: learnt_from,
        }
        if (searched := tuned.outcome()) is not None:
            figures[tuned.TUNED] = searched
        progress(
            0.75, f"NDCG@{LIST_LENGTH} {figures['ndcg_10']:.4f}, most popular {figures['ndcg_10_most_popular']:.4f}"
        )
        whole = fit(cuts, progress=part(progress, 0.75, 0.9)) if verdict.passed else None
        discount = learning.discount_at(cuts[0], whole, strengths) if whole is not None else None
    reason = verdict.reason
    if whole is not None and discount is not None:
        market = learning.learn_market(histories, now=float(histories.days.max()), kinds=kinds, config=config)
        try:
            return store.publish(
                ArtefactKind.NETWORK,
                {
                    **learning.arrays_of(histories.item_ids, market, whole, discount),
                    **(texts.arrays() if texts else {}),
                },
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


def config_of(chosen: Chosen) -> LearningConfig:
    """How to learn, by the parameters of training."""
    ranker = RankerConfig(
        epochs=chosen.TRAIN_EPOCHS,
        seconds=chosen.TRAIN_SECONDS,
        patience=chosen.TRAIN_PATIENCE,
        weight_decay=chosen.TRAIN_WEIGHT_DECAY,
    )
    return LearningConfig(factors=chosen.TRAIN_FACTORS, ranker=ranker)


def _searched(chosen: Chosen) -> dict[str, Any]:
    """What the search for better parameters found, but for what staff chose themselves."""
    found = dict(tuned.parameters())
    if "TRAIN_WEIGHT_DECAY" in chosen.chosen:
        found.pop("weight_decay", None)
    return found


def prepared(
    histories: Histories,
    window: Window,
    kinds: Kinds,
    config: LearningConfig,
    seed: int,
    folder: Path,
    progress: Progress,
) -> list[Cut]:
    """The window that is judged, then those before it.

    Raises
    ------
    NotEnoughData : no window before it has enough shoppers who came back.
    """
    days = learning.window_days(histories, until=window.cut, config=config)
    cuts = learning.cut_windows(
        histories,
        newest=window.cut,
        days=days,
        kinds=kinds,
        config=config,
        seed=seed,
        folder=folder,
        progress=progress,
        last=window.cut + window.days,
    )
    if len(cuts) < 2:
        require_enough(histories, window, Window.of(histories, cut=window.cut - days, days=days))
        raise NotEnoughData(f"not enough data: training needs {3 * days:.0f} days of orders before the latest ones")
    return cuts


def require_enough(histories: Histories, *windows: Window) -> None:
    """Raise NotEnoughData unless every window has shoppers to ask about, and there are items to choose from."""
    returning = min(len(window.warm_shoppers) for window in windows)
    if returning < LEAST_RETURNING or len(histories.item_ids) < LEAST_ITEMS:
        raise NotEnoughData(
            f"not enough data: training needs at least {LEAST_RETURNING} shoppers who came back in the latest orders "
            f"and {LEAST_ITEMS} items; there are {returning} and {len(histories.item_ids)}"
        )


def _measure(window: Window, judged: Recommender, live: store.Loaded | None, *, seed: int) -> Table:
    """Ours, the live version and the floors, on the window."""
    scorers = {
        gate.OURS: scorer_of(judged, window.train, now=window.cut),
        **floors(window, half_life_days=HALF_LIFE_DAYS),
    }
    if live is not None:
        scorers[gate.LIVE] = scorer_of(Recommender.of(live.arrays), window.train, now=window.cut)
    return table(window, scorers, rng=np.random.default_rng(seed), most=JUDGED_AT_THE_END)


def _summary(measured: Table) -> dict[str, Any]:
    """The figures that are told in a line, all of the window."""
    told = {
        "ndcg_10": gate.OURS,
        "ndcg_10_repeat": gate.HABIT,
        "ndcg_10_most_popular": gate.FLOOR,
    }
    summary: dict[str, Any] = {key: measured.value(View.WINDOW, name, "ndcg_10") for key, name in told.items()}
    return summary | {"shoppers": measured.shoppers.get(View.WINDOW, 0)}
