"""Say how the live network did on held-out orders and what each placement brought."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recommendations import store
from recommendations.models import ArtefactKind
from recommendations.services import figures


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`network` is the version that serves, None without any; `earned` is what lists earned in `period`."""

    network: store.Loaded | None
    earned: figures.Earned
    period: figures.Period
    figures_of: datetime | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; `low` and `high` are the ends of its 95 % interval over shoppers, None without one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one recommender on one view, by metric; metrics that were not measured are absent."""

    view: str
    shoppers: int
    recommender: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Curves:
    """Training by epoch: the loss on what is learnt from, the validation on later orders, and the best epoch from 1."""

    train: tuple[float, ...]
    validation: tuple[float, ...]
    best_epoch: int


def evaluate(*, days: int, now: datetime) -> Evaluation:
    """The live network's stored figures and the daily figures of the last `days`; trains and measures nothing anew.

    `figures_of` is the time that the daily figures are from, None before the first.
    """
    period = figures.Period.latest(days, now=now)
    network = store.live(ArtefactKind.NETWORK)
    return Evaluation(network, figures.earned(period), period, figures.computed_at())


def lines(metrics: Mapping[str, Any]) -> Iterator[Line]:
    """The stored table of a version, views in the order of measurement; nothing for one of before there was a table."""
    shoppers = metrics.get("shoppers_of", {})
    for view, recommenders in metrics.get("table", {}).items():
        for recommender, measured in recommenders.items():
            figures = {
                metric: Figure(one["value"], one.get("low"), one.get("high")) for metric, one in measured.items()
            }
            yield Line(view, shoppers.get(view, 0), recommender, figures)


def curves(metrics: Mapping[str, Any]) -> Curves | None:
    """The stored course of the training; None where there is none."""
    stored = metrics.get("curves")
    if not stored or not stored.get("train"):
        return None
    return Curves(tuple(stored["train"]), tuple(stored.get("validation", ())), int(stored.get("best_epoch", 0)))
