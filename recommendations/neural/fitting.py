"""The one training loop of all networks: AdamW, early stopping on a judge, curves of each epoch.

A network brings its batches and its loss; this module knows neither items nor shoppers.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from recommendations.neural.curves import Curves

N = TypeVar("N", bound=nn.Module)
B = TypeVar("B")
W = TypeVar("W")

Progress = Callable[[float, str], None]
Log = Callable[[str, float, int], None]
Batches = Callable[[np.random.Generator], Iterable[B]]

SAFETY_SECONDS = 3_600.0
"""What bounds a fit are its epochs and batches, which are the same on a busy machine; this is far beyond them."""


@dataclass(frozen=True, slots=True)
class FittingConfig:
    """How to fit any network.

    Parameters
    ----------
    epochs : at least 1, at most so many passes over the batches.
    seconds : above 0, a safety net: the epoch in which they pass is the last.
    learning_rate, weight_decay : above 0 and at least 0, of AdamW (Loshchilov and Hutter 2019).
    patience : at least 1, how many epochs without a better validation end the fit.
    cycle_steps : steps over which the learning rate rises to its value and falls to nothing (one cycle, Smith 2018);
        0 keeps it as it is.

    Raises
    ------
    ValueError : a value is out of its range.
    """

    epochs: int = 30
    seconds: float = SAFETY_SECONDS
    learning_rate: float = 0.01
    weight_decay: float = 1e-5
    patience: int = 3
    cycle_steps: int = 0

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("patience", 1), ("weight_decay", 0)):
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")
        for name in ("seconds", "learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit leaves beside the network, which holds the weights of `curves.best_epoch`."""

    curves: Curves
    seconds: float


@dataclass(slots=True)
class _Best:
    """The weights of the best epoch so far."""

    epoch: int = 0
    value: float = -math.inf
    weights: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, epoch: int, value: float, network: nn.Module) -> None:
        if value >= self.value or not self.epoch:
            self.epoch, self.value = epoch, value if value == value else -math.inf
            self.weights = {name: weight.detach().clone() for name, weight in network.state_dict().items()}


def fit(
    network: N,
    batches: Batches[B],
    loss: Callable[[N, B], Tensor],
    config: FittingConfig,
    *,
    seed: int,
    clock: Callable[[], float],
    progress: Progress = lambda *_: None,
    judge: Callable[[N], float] | None = None,
    log: Log | None = None,
) -> Fitted:
    """Minimise the mean of `loss` over `batches`, in place, and leave the weights of the best epoch in the network.

    Parameters
    ----------
    network : may be fresh or already trained (a warm start); it is left in evaluation mode.
    batches : the batches of one epoch, drawn with the generator it is given; lazy, so that one is in memory at a time.
    loss : scalar tensor, the mean over a batch.
    seed : of the batches and of every dropout inside the network.
    clock : seconds from any start.
    progress : is told a share of 0..1 and a few words after each epoch.
    judge : validation on a later window, higher is better; None fits for all epochs and keeps the last.
    log : is told ("loss/train" or "validation", value, epoch) after each epoch.

    Raises
    ------
    ValueError : an epoch had no batch, or the loss became infinite or no number.
    """
    rng, begun, best = np.random.default_rng(seed), clock(), _Best()
    train: list[float] = []
    validation: list[float] = []
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    schedule = _schedule(optimiser, config)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for epoch in range(1, config.epochs + 1):
            network.train()
            train.append(_epoch(network, batches(rng), loss, optimiser, schedule))
            network.eval()
            if judge is not None:
                validation.append(judge(network))
            best.offer(epoch, validation[-1] if judge else float(epoch), network)
            _report(epoch, config, train, validation, progress=progress, log=log)
            if clock() - begun > config.seconds or epoch - best.epoch >= config.patience:
                break
    network.load_state_dict(best.weights)
    return Fitted(Curves(tuple(train), tuple(validation), best.epoch), clock() - begun)


def in_turn(windows: Sequence[Callable[[], W]], batches: Callable[[W, np.random.Generator], Iterable[B]]) -> Batches[B]:
    """Batches of several windows in random order, with one window in memory at a time.

    Parameters
    ----------
    windows : each builds, or maps from a file, the examples of one window.
    batches : the batches of one window; what they return must not outlive them.
    """

    def drawn(rng: np.random.Generator) -> Iterator[B]:
        for number in rng.permutation(len(windows)):
            yield from batches(windows[number](), rng)

    return drawn


def _schedule(optimiser: torch.optim.Optimizer, config: FittingConfig) -> Callable[[], None]:
    if not config.cycle_steps:
        return lambda: None
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.cycle_steps + 1, pct_start=0.1
    )
    return cycle.step


def _epoch(
    network: N,
    batches: Iterable[B],
    loss: Callable[[N, B], Tensor],
    optimiser: torch.optim.Optimizer,
    schedule: Callable[[], None],
) -> float:
    losses = []
    for batch in batches:
        value = loss(network, batch)
        optimiser.zero_grad()
        torch.autograd.backward(value)
        optimiser.step()
        schedule()
        losses.append(value.detach())
    if not losses:
        raise ValueError("batches must give at least one batch an epoch; there are no training examples")
    mean = float(torch.stack(losses).mean())
    if not math.isfinite(mean):
        raise ValueError(f"the loss became {mean}: the learning rate is too high or an input is no number")
    return mean


def _report(
    epoch: int,
    config: FittingConfig,
    train: Sequence[float],
    validation: Sequence[float],
    *,
    progress: Progress,
    log: Log | None,
) -> None:
    words = f"epoch {epoch}: loss {train[-1]:.4f}"
    if validation:
        words += f", validation {validation[-1]:.4f}"
    progress(epoch / config.epochs, words)
    if log is not None:
        log("loss/train", train[-1], epoch)
        if validation:
            log("validation", validation[-1], epoch)
