"""Fit a session encoder: softmax over all items or over mixed samples, early stopping on later visits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from recommendations.data.sequences import Sequences
from recommendations.neural.fitting import SAFETY_SECONDS
from recommendations.neural.session import SessionConfig, SessionEncoder

Ids = NDArray[np.int64]
Progress = Callable[[float, str], None]

LIST_LENGTH = 20
JUDGED = 2_000
"""Most questions of a validation."""


@dataclass(frozen=True, slots=True)
class SessionTraining:
    """How to train. `epochs` and `examples_per_epoch` bound it; `patience` counts epochs without a better validation.

    Parameters
    ----------
    full_up_to : items up to which all are in the softmax; above, `negatives` are drawn a batch, half of them evenly and
        half by popularity^0.75, and corrected by the log of their chance (LogQ; Bengio and Senecal 2008).
    seconds : a safety net: the epoch in which they pass is the last.
    forget : share of the events before the latest that are left out of an example, in [0, 1).
    """

    width: int = 64
    length: int = 20
    epochs: int = 30
    seconds: float = SAFETY_SECONDS
    batch_size: int = 512
    full_up_to: int = 5_000
    negatives: int = 512
    learning_rate: float = 0.004
    weight_decay: float = 0.01
    dropout: float = 0.2
    forget: float = 0.1
    examples_per_epoch: int = 60_000
    patience: int = 3


@dataclass(frozen=True, slots=True)
class TrainedSession:
    """The encoder at its best epoch, how many epochs that took, and loss and validation NDCG@20 of each epoch."""

    encoder: SessionEncoder
    epochs: int
    losses: tuple[float, ...]
    validations: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SessionBatch:
    """`items` int64[b, l] padded in front with n, `kinds` int64[b, l], `weights` float32[b, l], `targets` int64[b]."""

    items: Tensor
    kinds: Tensor
    weights: Tensor
    targets: Tensor


@dataclass(frozen=True, slots=True)
class SessionExamples:
    """Events that have others of their visit before them.

    Parameters
    ----------
    targets : int64[e], positions in `sequences` of the events to guess.
    starts : int64[e], where what came before each of them begins.
    """

    sequences: Sequences
    targets: Ids
    starts: Ids

    @classmethod
    def of(cls, sequences: Sequences, *, length: int, wanted: NDArray[np.bool_] | None = None) -> "SessionExamples":
        """Every event of a weight above 0, of the wanted ones where told, with the latest `length` events before it."""
        fits = (sequences.places > 0) & (sequences.weights > 0)
        targets = np.flatnonzero(fits if wanted is None else fits & wanted)
        starts = np.maximum(sequences.offsets[sequences.visits[targets]], targets - length)
        return cls(sequences, targets, starts)

    def __len__(self) -> int:
        return len(self.targets)

    def batch(
        self, some: Ids, *, device: torch.device, forget: float = 0.0, rng: np.random.Generator | None = None
    ) -> SessionBatch:
        """The examples `some`; each event but the latest is left out with chance `forget`."""
        read = self.sequences
        targets, starts = self.targets[some], self.starts[some]
        longest = int((targets - starts).max(initial=1))
        at = targets[:, None] - np.arange(longest, 0, -1)
        filled = at >= starts[:, None]
        at = np.where(filled, at, 0)
        if rng is not None and forget:
            left = rng.random(at.shape) >= forget
            left[:, -1] = True
            filled &= left
        return SessionBatch(
            torch.as_tensor(np.where(filled, read.items[at], len(read.item_ids)), dtype=torch.int64, device=device),
            torch.as_tensor(np.where(filled, read.kinds[at], 0), dtype=torch.int64, device=device),
            torch.as_tensor(np.where(filled, read.weights[at], 0), dtype=torch.float32, device=device),
            torch.as_tensor(read.items[targets], dtype=torch.int64, device=device),
        )


def train_session(
    sequences: Sequences,
    config: SessionTraining,
    *,
    seed: int,
    clock: Callable[[], float],
    progress: Progress = lambda *_: None,
    later: Sequences | None = None,
    wanted: Callable[[Sequences], NDArray[np.bool_]] | None = None,
    device: torch.device | None = None,
) -> TrainedSession:
    """Fit an encoder to visits.

    Parameters
    ----------
    later : visits after those of `sequences`, over the same items, which say when to stop; None trains for exactly
        `config.epochs`.
    clock : seconds from any start; training ends after the epoch in which `config.seconds` pass.
    wanted : which events of sequences, bool[events], are to be guessed; None: all.
    progress : is told a share of 0..1 and a few words after each epoch.

    Raises
    ------
    ValueError : no visit has two events.
    """
    place, rng = device or torch.device("cpu"), np.random.default_rng(seed)
    examples = SessionExamples.of(sequences, length=config.length, wanted=wanted and wanted(sequences))
    if not len(examples):
        raise ValueError("sequences must hold at least one visit with two events")
    judged = later and SessionExamples.of(later, length=config.length, wanted=wanted and wanted(later))
    n = len(sequences.item_ids)
    counts = np.bincount(sequences.items[examples.targets], minlength=n).astype(np.float64)
    sizes = SessionConfig(n, width=config.width, length=config.length, dropout=config.dropout)
    generator = torch.Generator().manual_seed(seed)
    encoder = SessionEncoder(sizes, counts=torch.as_tensor(counts, dtype=torch.float32), generator=generator).to(place)
    popular = 0.5 * counts**0.75 / (counts**0.75).sum() + 0.5 / n
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    begun, best, best_epoch = clock(), _kept(encoder), 0
    losses: list[float] = []
    validations: list[float] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for epoch in range(1, config.epochs + 1):
            losses.append(_epoch(encoder, examples, optimiser, popular, config, rng, place))
            words = f"epoch {epoch}: loss {losses[-1]:.4f}"
            if judged:
                validations.append(session_ndcg(encoder, judged, device=place))
                words += f", validation {validations[-1]:.4f}"
            progress(epoch / config.epochs, words)
            if not judged or validations[-1] >= max(validations):
                best, best_epoch = _kept(encoder), epoch
            if clock() - begun > config.seconds or epoch - best_epoch >= config.patience:
                break
    encoder.load_state_dict(best)
    return TrainedSession(encoder.eval(), best_epoch, tuple(losses), tuple(validations))


def session_ndcg(encoder: SessionEncoder, examples: SessionExamples, *, device: torch.device) -> float:
    """Mean NDCG@20 of what came next among all items, the latest one apart; at most `JUDGED` examples, evenly taken."""
    chosen: Ids = np.unique(np.linspace(0, max(len(examples) - 1, 0), min(JUDGED, len(examples))).astype(np.int64))
    total = 0.0
    encoder.eval()
    with torch.no_grad():
        for some in np.array_split(chosen, max(len(chosen) // 256, 1)):
            if not len(some):
                continue
            batch = examples.batch(some, device=device)
            scores = encoder(batch.items, batch.kinds, batch.weights)  # [b, n]
            scores.scatter_(1, batch.items[:, -1:], -torch.inf)
            own = scores.gather(1, batch.targets[:, None])  # [b, 1]
            ranks = (scores > own).sum(dim=1)  # [b]
            total += float(torch.where(ranks < LIST_LENGTH, 1 / torch.log2(ranks + 2.0), 0.0).sum())
    return total / max(len(chosen), 1)


def _epoch(
    encoder: SessionEncoder,
    examples: SessionExamples,
    optimiser: torch.optim.Optimizer,
    popular: NDArray[np.float64],
    config: SessionTraining,
    rng: np.random.Generator,
    device: torch.device,
) -> float:
    encoder.train()
    total, seen = 0.0, 0
    for some in _parts(rng.permutation(len(examples))[: config.examples_per_epoch], config.batch_size):
        batch = examples.batch(some, device=device, forget=config.forget, rng=rng)
        loss = _loss(encoder, batch, popular, config, rng)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimiser.step()
        total, seen = total + float(loss.detach()) * len(some), seen + len(some)
    return total / max(seen, 1)


def _loss(
    encoder: SessionEncoder,
    batch: SessionBatch,
    popular: NDArray[np.float64],
    config: SessionTraining,
    rng: np.random.Generator,
) -> Tensor:
    if encoder.config.items <= config.full_up_to:
        return functional.cross_entropy(encoder(batch.items, batch.kinds, batch.weights), batch.targets)
    drawn = np.searchsorted(np.cumsum(popular), rng.random(config.negatives) * popular.sum())
    others = torch.as_tensor(np.minimum(drawn, len(popular) - 1), device=batch.targets.device)  # [s]
    chance = torch.as_tensor(np.log(config.negatives * popular), dtype=torch.float32, device=others.device)  # [n]
    state = encoder.state(batch.items, batch.kinds, batch.weights)  # [b, d]
    right = (state * encoder.vectors[batch.targets]).sum(dim=1) + encoder.bias[batch.targets]  # [b]
    wrong = state @ encoder.vectors[others].T + encoder.bias[others] - chance[others]  # [b, s]
    wrong = wrong.masked_fill(others == batch.targets[:, None], -torch.inf)
    logits = torch.cat([(right - chance[batch.targets])[:, None], wrong], dim=1)  # [b, 1 + s]
    return functional.cross_entropy(logits, torch.zeros_like(batch.targets))


def _parts(numbers: Ids, size: int) -> Iterator[Ids]:
    for first in range(0, len(numbers), size):
        yield numbers[first : first + size]


def _kept(encoder: SessionEncoder) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in encoder.state_dict().items()}
