"""The ranker: small networks side by side over a shopper's candidates, trained listwise on what was bought after.

m = networks, b = shoppers, c = candidates of a shopper (padded), f = columns, heads = next basket, window, new items.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommendations.neural.curves import Curves
from recommendations.neural.fitting import SAFETY_SECONDS, FittingConfig, Log, Progress, fit

HEADS = 3
NEW = 2
LIMIT = 6.0
SPREAD = 1e-3
ROWS_AT_ONCE = 10_000

LENGTH = 10
"""Of the lists that are judged."""


@dataclass(frozen=True, slots=True)
class RankerConfig:
    """Sizes of the ranker and how it is trained.

    Parameters
    ----------
    networks : how many small networks are averaged.
    hidden, second : widths of their two layers.
    dropout : share of each layer's units left out in a step of training.
    evenness : 0..1; a list with p purchases counts p^(1 - evenness) times as much as one with a single purchase.
    batch_size : shoppers a step.
    epochs : most passes over the windows.
    rows : at least 1, most candidates that a fit reads in all its epochs; of larger windows it makes fewer, at least
        one. 40 million take about two minutes of a core.
    seconds : a safety net, as in `FittingConfig`.
    """

    networks: int = 3
    hidden: int = 64
    second: int = 32
    dropout: float = 0.1
    evenness: float = 0.75
    batch_size: int = 32
    epochs: int = 12
    rows: int = 40_000_000
    seconds: float = SAFETY_SECONDS
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    patience: int = 4


@dataclass(frozen=True, slots=True)
class Window:
    """Candidates of many shoppers at one cut, and what they bought after it.

    Parameters
    ----------
    offsets : int64[shoppers + 1], shopper s has the candidates `offsets[s]:offsets[s + 1]`.
    values : float32[n, f], columns of each candidate; may be mapped from a file.
    bought : bool[n], whether the shopper had bought it before.
    labels : bool[n, 3], whether it was in the next basket, bought in the window, bought in the window as new.
    relevant : int64[shoppers, 3], how many items of the whole catalogue were.
    items : int64[n], positions of the candidates in the catalogue.
    """

    offsets: NDArray[np.int64]
    values: NDArray[np.float32]
    bought: NDArray[np.bool_]
    labels: NDArray[np.bool_]
    relevant: NDArray[np.int64]
    items: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """`values` float32[b, c, f], `allowed` bool[b, c, 3] and `labels` float32[b, c, 3]."""

    values: Tensor
    allowed: Tensor
    labels: Tensor


class Ranker(nn.Module):
    """score = MLP(x) + linear skip, averaged over the networks; x are standardised columns."""

    def __init__(self, config: RankerConfig, *, mean: Tensor, scale: Tensor, generator: torch.Generator) -> None:
        super().__init__()
        m, f, h, g = config.networks, len(mean), config.hidden, config.second
        self.config = config
        self.mean = nn.Parameter(mean, requires_grad=False)  # [f]
        self.scale = nn.Parameter(scale, requires_grad=False)  # [f]
        self.weights_1 = _uniform((m, f, h), f, generator)
        self.bias_1 = nn.Parameter(torch.zeros(m, h))
        self.weights_2 = _uniform((m, h, g), h, generator)
        self.bias_2 = nn.Parameter(torch.zeros(m, g))
        self.weights_3 = _uniform((m, g, HEADS), 100 * g, generator)
        self.skip = _uniform((m, f, HEADS), f, generator)
        self.bias_3 = nn.Parameter(torch.zeros(m, HEADS))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, values: Tensor) -> Tensor:
        """Scores [m, n, 3] of n candidates with the columns [n, f]."""
        x = ((values - self.mean) / self.scale).clamp(-LIMIT, LIMIT)  # [n, f]
        hidden = torch.relu(x @ self.weights_1 + self.bias_1[:, None])  # [m, n, h]
        hidden = torch.relu(hidden @ self._thinned(self.weights_2) + self.bias_2[:, None])  # [m, n, g]
        scores: Tensor = hidden @ self._thinned(self.weights_3) + x @ self.skip + self.bias_3[:, None]  # [m, n, 3]
        return scores

    def _thinned(self, weights: Tensor) -> Tensor:
        """Without the rows of the units that dropout leaves out, the same ones of a network for a whole step.

        A mask for every candidate would cost more than all else in the step, and rank no better.
        """
        thinned: Tensor = weights * self.dropout(torch.ones_like(weights[:, :, :1]))
        return thinned


def train_ranker(
    windows: Sequence[Window],
    config: RankerConfig,
    *,
    seed: int,
    clock: Callable[[], float],
    progress: Progress = lambda *_: None,
    judge: Callable[[Ranker], float] | None = None,
    log: Log | None = None,
    stop_after: int | None = None,
) -> tuple[Ranker, Curves]:
    """Fit a ranker to windows, one after the other.

    Parameters
    ----------
    windows : their columns may be mapped from files, so that little of them is in memory; at least one has a shopper.
    judge : validation on a later window, higher is better.
    stop_after : at least 1, ends the course of the learning rate early, where validation once was best.
    """
    mean, scale = _moments(windows)
    generator = torch.Generator().manual_seed(seed)
    ranker = Ranker(config, mean=mean, scale=scale, generator=generator)
    steps = sum(-(-len(window) // config.batch_size) for window in windows)
    rows = sum(len(window.items) for window in windows)
    epochs = min(config.epochs, max(config.rows // max(rows, 1), 1))
    fitting = FittingConfig(
        epochs=min(stop_after or epochs, epochs),
        seconds=config.seconds,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        patience=config.patience,
        cycle_steps=steps * epochs,
    )

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        for number in rng.permutation(len(windows)):
            window = replace(windows[number], values=_remapped(windows[number].values))
            order = rng.permutation(len(window))
            for start in range(0, len(order), config.batch_size):
                yield _batch(window, order[start : start + config.batch_size])

    def loss(network: Ranker, batch: Batch) -> Tensor:
        return listwise_loss(network, batch, config.evenness)

    fitted = fit(
        ranker,
        batches,
        loss,
        fitting,
        seed=seed,
        clock=clock,
        progress=progress,
        judge=judge,
        log=log,
    )
    return ranker, fitted.curves


def listwise_loss(ranker: Ranker, batch: Batch, evenness: float) -> Tensor:
    """Softmax cross-entropy of each list against what was bought (ListNet, Cao et al. 2007), summed over the heads."""
    b, c, f = batch.values.shape
    scores = ranker(batch.values.reshape(b * c, f)).reshape(-1, b, c, HEADS)  # [m, b, c, 3]
    logs = torch.log_softmax(scores.masked_fill(~batch.allowed, -1e9), dim=2)  # [m, b, c, 3]
    bought = batch.labels.sum(dim=1).clamp(min=1.0)  # [b, 3]
    lists = -(logs * batch.labels).sum(dim=2) / bought**evenness  # [m, b, 3]
    return lists.sum(dim=2).mean(dim=1).sum()


def scores_of(ranker: Ranker, window: Window) -> NDArray[np.float32]:
    """float32[n, 3], the mean of the networks' scores."""
    with torch.no_grad():
        parts = [ranker(torch.from_numpy(part)).mean(dim=0).numpy() for part in _parts([window])]
    return np.concatenate([np.zeros((0, HEADS), dtype=np.float32), *parts])


def ndcg_of(ranker: Ranker, window: Window) -> NDArray[np.float64]:
    """float64[shoppers, 3], NDCG@10 of each head with the whole catalogue ranked; nan where nothing was bought."""
    return ndcg_of_scores(scores_of(ranker, window), window)


def ndcg_of_scores(scores: NDArray[np.float32], window: Window) -> NDArray[np.float64]:
    """float64[shoppers, 3], likewise, of scores float32[n, 3]."""
    scores = scores.copy()
    scores[window.bought, NEW] = -np.inf
    discounts = 1.0 / np.log2(np.arange(2, LENGTH + 2))
    ideal = np.concatenate([[np.nan], np.cumsum(discounts)])[np.minimum(window.relevant, LENGTH)]  # [s, 3]
    gains = np.zeros(window.relevant.shape)
    for shopper in range(len(window)):
        span = slice(window.offsets[shopper], window.offsets[shopper + 1])
        best = np.argsort(-scores[span], axis=0, kind="stable")[:LENGTH]  # [k, 3]
        gains[shopper] = discounts[: len(best)] @ np.take_along_axis(window.labels[span], best, axis=0)
    return np.asarray(gains / ideal)


def mean_ndcg(ndcg: NDArray[np.float64]) -> float:
    """The mean over shoppers of each head that anybody was asked about, and of these; 0 where nobody was."""
    asked = ~np.isnan(ndcg).all(axis=0)
    return float(np.nanmean(ndcg[:, asked], axis=0).mean()) if asked.any() else 0.0


def ranker_arrays(ranker: Ranker) -> dict[str, NDArray[np.float32]]:
    """The ranker as plain arrays, as `ranking.ranker.ranker_scores` wants them."""
    state = ranker.state_dict()
    return {f"ranker_{name}": np.ascontiguousarray(value.numpy().astype("<f4")) for name, value in state.items()}


def _batch(window: Window, shoppers: NDArray[np.int64]) -> Batch:
    starts = window.offsets[shoppers]
    lengths = window.offsets[shoppers + 1] - starts
    columns = np.arange(lengths.max())
    filled = columns < lengths[:, None]  # [b, c]
    places = np.where(filled, starts[:, None] + columns, 0)
    new = filled & ~window.bought[places]
    allowed = np.stack([filled, filled, new], axis=2)
    labels = window.labels[places] & allowed
    return Batch(
        torch.from_numpy(window.values[places]), torch.from_numpy(allowed), torch.from_numpy(labels.astype(np.float32))
    )


def _moments(windows: Sequence[Window]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each column over all windows, float32[f] each."""
    count = sum(len(window.values) for window in windows)
    mean = sum(part.sum(axis=0, dtype=np.float64) for part in _parts(windows)) / max(count, 1)
    square = sum(((part - mean) ** 2).sum(axis=0) for part in _parts(windows)) / max(count, 1)
    return torch.tensor(mean, dtype=torch.float32), torch.tensor(np.sqrt(square) + SPREAD, dtype=torch.float32)


def _parts(windows: Sequence[Window]) -> Iterator[NDArray[np.float32]]:
    """The columns of all windows, copies of few rows at once."""
    for window in windows:
        values = _remapped(window.values)
        for start in range(0, len(values), ROWS_AT_ONCE):
            yield np.array(values[start : start + ROWS_AT_ONCE])


def _remapped(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where they are mapped from a file a mapping of its own: what was read of it leaves memory when it does."""
    if not isinstance(values, np.memmap):
        return values
    return np.memmap(str(values.filename), np.float32, mode="r", offset=values.offset, shape=values.shape)


def _uniform(shape: tuple[int, int, int], inputs: int, generator: torch.Generator) -> nn.Parameter:
    bound = inputs**-0.5
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound, generator=generator))
