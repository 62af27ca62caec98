"""Neural collaborative filter (NeuMF, He et al. 2017): a product of vectors and a perceptron, side by side.

A control, not a candidate: a tuned dot product is known to beat it (Rendle et al. 2020, "Neural Collaborative Filtering
vs. Matrix Factorization Revisited"). d = factors, b = batch, t = shoppers, n = items.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recommendations.data.histories import Histories
from recommendations.neural.curves import Curves
from recommendations.neural.fitting import FittingConfig, Log, Progress, fit
from recommendations.neural.negatives import Negatives

Shoppers = NDArray[np.int64]
CELLS_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class NeuMFConfig:
    """Sizes and training of a NeuMF.

    Parameters
    ----------
    factors : at least 1, length of the vectors of each side.
    hidden : widths of the perceptron's layers after its first, which takes both vectors.
    dropout : 0..1 (1 excluded), of the perceptron's input and hidden values.
    negatives : at least 1, uniform items beside each purchase.
    batch_size : at least 1, purchases a step.
    """

    factors: int = 32
    hidden: tuple[int, ...] = (64, 32, 16)
    dropout: float = 0.2
    negatives: int = 4
    batch_size: int = 1_024
    fitting: FittingConfig = field(
        default_factory=lambda: FittingConfig(epochs=20, learning_rate=0.005, weight_decay=0.1)
    )

    def __post_init__(self) -> None:
        if min(self.factors, self.negatives, self.batch_size, *self.hidden) < 1 or not 0 <= self.dropout < 1:
            raise ValueError(f"factors, hidden, negatives and batch_size must be at least 1, dropout 0..1, not {self}")


class NeuMF(nn.Module):
    """logit(shopper, item) = linear(product of vectors, perceptron(other vectors))."""

    def __init__(self, shoppers: int, items: int, config: NeuMFConfig, *, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.shoppers = nn.Embedding(shoppers, 2 * config.factors)  # [t, 2 d], product and perceptron
        self.items = nn.Embedding(items, 2 * config.factors)  # [n, 2 d]
        layers: list[nn.Module] = []
        for wide, narrow in zip((2 * config.factors, *config.hidden), config.hidden, strict=False):
            layers += [nn.Dropout(config.dropout), nn.Linear(wide, narrow), nn.ReLU()]
        self.perceptron = nn.Sequential(*layers)
        self.head = nn.Linear(config.factors + (config.hidden or (2 * config.factors,))[-1], 1)
        with torch.no_grad():
            for table in (self.shoppers, self.items):
                table.weight.normal_(0.0, 0.1, generator=generator)
            for layer in self.modules():
                if isinstance(layer, nn.Linear):
                    nn.init.xavier_uniform_(layer.weight, generator=generator)
                    layer.bias.zero_()

    def forward(self, shoppers: Tensor, items: Tensor) -> Tensor:
        """Logits [...] of shopper and item indexes of the same shape [...]."""
        product, perceived = self.shoppers(shoppers).chunk(2, dim=-1)  # [..., d] each
        item_product, item_perceived = self.items(items).chunk(2, dim=-1)  # [..., d] each
        deep = self.perceptron(torch.cat([perceived, item_perceived], dim=-1))  # [..., h]
        logits: Tensor = self.head(torch.cat([product * item_product, deep], dim=-1)).squeeze(-1)  # [...]
        return logits


@dataclass(frozen=True, slots=True)
class FittedNeuMF:
    """A trained filter with its curves."""

    network: NeuMF
    curves: Curves

    def scores(self, shoppers: Shoppers) -> NDArray[np.float32]:
        """float32[t, n], logits of the whole catalogue for shoppers of the histories it was fitted to; any range."""
        return score_all(self.network, shoppers)


@torch.no_grad()
def score_all(network: NeuMF, shoppers: Shoppers) -> NDArray[np.float32]:
    """float32[t, n], logits of the whole catalogue, a block of shoppers at a time."""
    place = network.items.weight.device
    catalogue = torch.arange(network.items.num_embeddings, device=place)  # [n]
    scores = np.empty((len(shoppers), len(catalogue)), dtype=np.float32)
    block = max(CELLS_AT_ONCE // max(len(catalogue), 1), 1)
    for start in range(0, len(shoppers), block):
        some = torch.as_tensor(shoppers[start : start + block], device=place).unsqueeze(1)  # [b, 1]
        shape = (len(some), len(catalogue))
        scores[start : start + block] = network(some.expand(shape), catalogue.expand(shape)).cpu().numpy()
    return scores


def fit_neumf(
    histories: Histories,
    config: NeuMFConfig,
    *,
    seed: int,
    clock: Callable[[], float],
    progress: Progress = lambda *_: None,
    judge: Callable[[NeuMF], float] | None = None,
    log: Log | None = None,
    device: torch.device | None = None,
) -> FittedNeuMF:
    """Binary cross-entropy over each distinct purchase and `config.negatives` uniform items beside it.

    A drawn item that the shopper did buy counts as bought.

    Parameters
    ----------
    judge : validation on a later window, higher is better, for instance from `score_all`; None keeps the last epoch.

    Raises
    ------
    ValueError : there is no purchase.
    """
    n = len(histories.item_ids)
    bought = np.unique(histories.shoppers * n + histories.items)
    if not len(bought):
        raise ValueError("histories must hold at least one purchase")
    negatives = Negatives.of(np.bincount(histories.items, minlength=n), uniform=1.0)
    network = NeuMF(len(histories), n, config, generator=torch.Generator().manual_seed(seed)).to(device or "cpu")

    def batches(rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        drawn = rng.permutation(bought)
        for start in range(0, len(drawn), config.batch_size):
            some = drawn[start : start + config.batch_size]
            shoppers = np.broadcast_to((some // n)[:, None], (len(some), 1 + config.negatives))
            items = np.column_stack([some % n, negatives.draw((len(some), config.negatives), rng)])
            keys = shoppers * n + items
            labels = bought[np.minimum(np.searchsorted(bought, keys), len(bought) - 1)] == keys
            yield (
                torch.as_tensor(shoppers.copy(), device=device),
                torch.as_tensor(items, device=device),
                torch.as_tensor(labels, dtype=torch.float32, device=device),
            )

    fitted = fit(
        network,
        batches,
        _cross_entropy,
        config.fitting,
        seed=seed,
        clock=clock,
        progress=progress,
        judge=judge,
        log=log,
    )
    return FittedNeuMF(network, fitted.curves)


def _cross_entropy(network: NeuMF, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    shoppers, items, labels = batch  # [b, 1 + s] each
    return functional.binary_cross_entropy_with_logits(network(shoppers, items), labels)
