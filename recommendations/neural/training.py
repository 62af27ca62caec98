"""Fitting the network to histories: BPR or sampled softmax, dropout of history, early stopping on a later window."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from recommendations.data.histories import Histories
from recommendations.neural.batches import Batch, Examples
from recommendations.neural.curves import Curves
from recommendations.neural.fitting import SAFETY_SECONDS, FittingConfig, Log, Progress, fit
from recommendations.neural.losses import LossName, bpr, sampled_softmax
from recommendations.neural.network import Network, NetworkConfig

Judge = Callable[[Network], float]


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to train.

    Parameters
    ----------
    loss, negatives : bpr takes `negatives` for each purchase (16 will do); sampled_softmax takes them for a batch, all
        its purchases having them in common (256 or more).
    dropout : 0..1 (1 excluded), the chance that a purchase of the history is left out of an example.
    history_length : at least 1, the latest purchases that an example sees.
    examples_per_epoch : at least 1, bounds an epoch.
    epochs, seconds, learning_rate, weight_decay, patience : as in `FittingConfig`. A cosine does not see how long its
        vectors are, so weight decay holds the biases back, not the tastes; dropout is what does.

    Raises
    ------
    ValueError : a value is out of its range.
    """

    factors: int = 32
    epochs: int = 30
    seconds: float = SAFETY_SECONDS
    batch_size: int = 1_024
    loss: LossName = "bpr"
    negatives: int = 16
    learning_rate: float = 0.01
    weight_decay: float = 1e-5
    dropout: float = 0.3
    history_length: int = 60
    examples_per_epoch: int = 60_000
    patience: int = 3

    def __post_init__(self) -> None:
        if self.loss not in get_args(LossName):
            raise ValueError(f"loss must be one of {', '.join(get_args(LossName))}, not {self.loss}")
        for name in ("factors", "batch_size", "negatives", "history_length", "examples_per_epoch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be 0..1 (1 excluded), not {self.dropout}")

    @property
    def fitting(self) -> FittingConfig:
        """The part that the loop of all networks wants."""
        return FittingConfig(
            epochs=self.epochs,
            seconds=self.seconds,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            patience=self.patience,
        )


@dataclass(frozen=True, slots=True)
class Trained:
    """The network at its best epoch, how many epochs that took, the validation of each epoch, and the curves.

    Without any example (nobody came back) the network ranks by popularity, after 0 epochs and without curves.
    """

    network: Network
    epochs: int
    validations: tuple[float, ...]
    curves: Curves | None


def train(
    histories: Histories,
    config: TrainingConfig,
    *,
    seed: int,
    clock: Callable[[], float],
    progress: Progress,
    judge: Judge | None = None,
    log: Log | None = None,
    device: torch.device | None = None,
) -> Trained:
    """Fit a network to histories.

    Parameters
    ----------
    clock : seconds from any start; training ends after the epoch in which `config.seconds` pass.
    judge : validation of a network, higher is better; None trains for exactly `config.epochs`.
    progress : is told a share of 0..1 and a few words after each epoch.
    log : as in `fitting.fit`.
    """
    if not len(histories.items):
        raise ValueError("histories must hold at least one purchase")
    place = device or torch.device("cpu")
    orders = np.bincount(histories.items, minlength=len(histories.item_ids)).astype(np.float32)
    sizes, generator = NetworkConfig(len(orders), config.factors), torch.Generator().manual_seed(seed)
    network = Network(sizes, orders=torch.as_tensor(orders), generator=generator).to(place)
    examples = Examples.of(histories, length=config.history_length)
    if not len(examples):
        return Trained(network, 0, (), None)
    own, shared = (config.negatives, 0) if config.loss == "bpr" else (0, config.negatives)

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        return examples.batches(
            size=config.batch_size,
            negatives=own,
            shared=shared,
            dropout=config.dropout,
            rng=rng,
            most=config.examples_per_epoch,
            device=place,
        )

    curves = fit(
        network,
        batches,
        _bpr if config.loss == "bpr" else _sampled_softmax,
        config.fitting,
        seed=seed,
        clock=clock,
        progress=progress,
        judge=judge,
        log=log,
    ).curves
    return Trained(network, curves.best_epoch, curves.validation, curves)


def _bpr(network: Network, batch: Batch) -> Tensor:
    scores = network(batch.history, batch.weights, batch.items)  # [b, 1 + s]
    return bpr(scores[:, 0], scores[:, 1:])


def _sampled_softmax(network: Network, batch: Batch) -> Tensor:
    positive = network(batch.history, batch.weights, batch.items).squeeze(-1)  # [b]
    negative = network.shared_scores(network.taste(batch.history, batch.weights), batch.shared)  # [b, m]
    return sampled_softmax(positive, negative, log_expected=batch.log_expected, hits=batch.items == batch.shared)


def use_threads(most: int) -> None:
    """Let torch take at most so many of the machine's cores, which the shop needs too."""
    torch.set_num_threads(min(torch.get_num_threads(), most))
