"""The training loop: BPR over sampled negatives, weight decay, early stopping on a later time window."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from recommendations.data.histories import Histories
from recommendations.neural.batches import Examples
from recommendations.neural.network import Network, NetworkConfig

Progress = Callable[[float, str], None]
Judge = Callable[[Network], float]


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to train. `examples_per_epoch` bounds an epoch, `patience` counts epochs without a better validation."""

    factors: int = 32
    epochs: int = 30
    seconds: float = 20.0
    batch_size: int = 1_024
    negatives: int = 16
    learning_rate: float = 0.01
    weight_decay: float = 1e-5
    dropout: float = 0.3
    history_length: int = 60
    examples_per_epoch: int = 60_000
    patience: int = 3


@dataclass(frozen=True, slots=True)
class Trained:
    """The network at its best epoch, how many epochs that took, the loss and the validation of each epoch."""

    network: Network
    epochs: int
    validations: tuple[float, ...]
    losses: tuple[float, ...]


def train(
    histories: Histories,
    config: TrainingConfig,
    *,
    seed: int,
    clock: Callable[[], float],
    progress: Progress,
    judge: Judge | None = None,
    device: torch.device | None = None,
) -> Trained:
    """Fit a network to histories.

    Parameters
    ----------
    clock : seconds from any start; training ends after the epoch in which `config.seconds` pass.
    judge : validation of a network, higher is better; None trains for exactly `config.epochs`.
    progress : is told a share of 0..1 and a few words after each epoch.
    """
    if not len(histories.items):
        raise ValueError("histories must hold at least one purchase")
    place = device or torch.device("cpu")
    generator = torch.Generator().manual_seed(seed)
    rng = np.random.default_rng(seed)
    orders = np.bincount(histories.items, minlength=len(histories.item_ids)).astype(np.float32)
    sizes = NetworkConfig(len(orders), config.factors)
    network = Network(sizes, orders=torch.as_tensor(orders), generator=generator).to(place)
    examples = Examples.of(histories, length=config.history_length)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    begun, best, best_epoch, validations = clock(), network.state_dict(), 0, list[float]()
    losses = list[float]()
    for epoch in range(1, config.epochs + 1):
        total, seen = 0.0, 0
        for batch in examples.batches(
            size=config.batch_size,
            negatives=config.negatives,
            dropout=config.dropout,
            rng=rng,
            most=config.examples_per_epoch,
            device=place,
        ):
            scores = network(batch.history, batch.weights, batch.items)  # [b, 1 + s]
            margins = scores[:, :1] - scores[:, 1:]  # [b, s]
            loss = -functional.logsigmoid(margins).mean()  # BPR, Rendle et al. 2009
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            total, seen = total + float(loss.detach()) * len(scores), seen + len(scores)
        losses.append(total / max(seen, 1))
        words = f"epoch {epoch}: loss {losses[-1]:.4f}"
        if judge is not None:
            validations.append(judge(network))
            words += f", validation {validations[-1]:.4f}"
        progress(epoch / config.epochs, words)
        if judge is None or validations[-1] >= max(validations):
            best = {name: value.detach().clone() for name, value in network.state_dict().items()}
            best_epoch = epoch
        if clock() - begun > config.seconds or epoch - best_epoch >= config.patience:
            break
    network.load_state_dict(best)
    return Trained(network, best_epoch, tuple(validations), tuple(losses))


def use_threads(most: int) -> None:
    """Let torch take at most so many of the machine's cores, which the shop needs too."""
    torch.set_num_threads(min(torch.get_num_threads(), most))
