"""Train the network on the orders so far, judge it on the latest ones, publish it if it is good enough.

Imported by the training process alone: it brings torch along.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from recommendations import store
from recommendations.conf import settings
from recommendations.data.histories import HALF_LIFE_DAYS
from recommendations.evaluation import metrics
from recommendations.evaluation.splits import Split, cut_in_time
from recommendations.exceptions import ArtefactRefused, NotEnoughData
from recommendations.models import Artefact, ArtefactKind, BasketTotals
from recommendations.neural.export import as_arrays
from recommendations.neural.network import Network
from recommendations.neural.training import TrainingConfig, use_threads
from recommendations.neural.training import train as fit
from recommendations.ranking import personal
from recommendations.selectors.histories import all_histories

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

WORST_SHARE = 0.5
"""A network below this share of most-popular's NDCG has learnt nothing: something is wrong with it or the data."""


def train(
    *,
    progress: Progress,
    now: datetime,
    seed: int = 0,
    still_ours: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Artefact:
    """Publish a network trained on all orders by known shoppers; refused ones are kept as a record and never serve.

    The latest `HELD_OUT` of the purchases give the published figures and choose nothing; the latest `HELD_OUT` of
    those before decide when training stops. Then the network is fitted once more on everything, for as many epochs
    as were best.

    Raises
    ------
    NotEnoughData : fewer than 20 shoppers with purchases on both sides of a cut, or fewer than 10 items.
    """
    use_threads(THREADS)
    totals = BasketTotals.objects.live().first()
    sequence, orders = (totals.sequence, totals.orders) if totals else (0, 0)
    histories = all_histories()
    split = cut_in_time(histories, share=1 - HELD_OUT)
    earlier = cut_in_time(split.train, share=1 - HELD_OUT)
    returning = min(len(split.shoppers), len(earlier.shoppers))
    if returning < LEAST_RETURNING or len(histories.item_ids) < LEAST_ITEMS:
        raise NotEnoughData(
            f"training needs at least {LEAST_RETURNING} shoppers who came back in the latest orders and {LEAST_ITEMS} "
            f"items; there are {returning} and {len(histories.item_ids)}"
        )
    progress(0.05, f"{len(histories.items):,} purchases of {len(histories):,} shoppers read")
    config = TrainingConfig(
        factors=settings.TRAIN_FACTORS, epochs=settings.TRAIN_EPOCHS, seconds=settings.TRAIN_SECONDS * 0.5
    )
    judged = _some(earlier, JUDGED_WHILE_TRAINING, seed)

    def judge(network: Network) -> float:
        arrays = as_arrays(network, histories.item_ids)
        return _ndcg(judged, lambda history, weights: personal.network_scores(arrays, history, weights))

    trained = fit(earlier.train, config, seed=seed, clock=clock, judge=judge, progress=_part(progress, 0.05, 0.5))
    figures = _figures(_some(split, JUDGED_AT_THE_END, seed), as_arrays(trained.network, histories.item_ids))
    figures |= {
        "epochs": trained.epochs,
        "validations": [round(value, 5) for value in trained.validations],
        "cut": (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=split.cut)).isoformat(),
        "items": len(histories.item_ids),
        "purchases": len(histories.items),
        "seed": seed,
        "trained_at": now.isoformat(),
    }
    progress(0.6, f"NDCG@{LIST_LENGTH} {figures['ndcg_10']:.4f}, most popular {figures['ndcg_10_most_popular']:.4f}")
    reason = _problem(figures)
    if reason is None:
        final = TrainingConfig(
            factors=config.factors, epochs=max(trained.epochs, 1), seconds=settings.TRAIN_SECONDS * 0.5
        )
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


def _problem(figures: Mapping[str, object]) -> str | None:
    network, popular = float(str(figures["ndcg_10_network"])), float(str(figures["ndcg_10_most_popular"]))
    if network < WORST_SHARE * popular:
        return (
            f"its NDCG@{LIST_LENGTH} of {network:.4f} on held-out orders is below {WORST_SHARE:.0%} of what most "
            f"popular reaches ({popular:.4f})"
        )
    return None


def _some(split: Split, most: int, seed: int) -> Split:
    """The split with at most `most` of its test shoppers, drawn at random."""
    if len(split.shoppers) <= most:
        return split
    chosen = np.sort(np.random.default_rng(seed).choice(len(split.shoppers), most, replace=False))
    return Split(split.cut, split.train, split.shoppers[chosen], tuple(split.tests[number] for number in chosen))


def _figures(split: Split, arrays: Arrays) -> dict[str, object]:
    """NDCG@10 over the whole catalogue of the served score and of what it is made of, beside most popular."""
    popular = np.bincount(split.train.items, minlength=len(split.train.item_ids)).astype(np.float32)

    def served(history: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        return personal.served_scores(personal.network_scores(arrays, history, weights), history, weights)

    def repeat(history: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        scores = popular / max(float(popular.max()), 1.0) * 1e-3
        scores[history] += weights
        return scores

    return {
        "ndcg_10": _ndcg(split, served),
        "ndcg_10_network": _ndcg(split, lambda *one: personal.network_scores(arrays, *one)),
        "ndcg_10_repeat": _ndcg(split, repeat),
        "ndcg_10_most_popular": _ndcg(split, lambda *_: popular),
        "shoppers": len(split.shoppers),
    }


def _ndcg(split: Split, scorer: Callable[[NDArray[np.int64], NDArray[np.float32]], NDArray[np.float32]]) -> float:
    """Mean NDCG@10 over the split's shoppers, the whole catalogue ranked."""
    train, total = split.train, 0.0
    for shopper, test in zip(split.shoppers, split.tests, strict=True):
        span = slice(train.offsets[shopper], train.offsets[shopper + 1])
        history, at = np.unique(train.items[span].astype(np.int64), return_inverse=True)
        decayed = 0.5 ** ((split.cut - train.days[span]) / HALF_LIFE_DAYS)
        scores = scorer(history, np.bincount(at, weights=decayed).astype(np.float32))
        best = np.argpartition(-scores, min(LIST_LENGTH, len(scores) - 1))[:LIST_LENGTH]
        best = best[np.argsort(-scores[best], kind="stable")]
        total += float(metrics.ndcg(np.isin(best, test), len(test)))
    return total / max(len(split.shoppers), 1)


def _part(progress: Progress, low: float, high: float) -> Progress:
    return lambda fraction, words: progress(low + (high - low) * fraction, words)
