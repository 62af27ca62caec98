"""The network: asymmetric matrix factorisation in cosine form. A shopper is the sum of what they bought.

d = factors, n = items, b = batch, h = history length (padded with index n), s = samples.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of a network; `temperature` scales cosines in [-1, 1] to scores.

    `spread` is how far outputs begin from their common centre, `prior` how much of an item's log popularity its bias
    begins with.
    """

    items: int
    factors: int = 32
    temperature: float = 8.0
    spread: float = 0.3
    prior: float = 0.75


class Network(nn.Module):
    """score(history, item) = temperature * cosine(sum of weighted inputs, output of the item) + bias of the item.

    Nothing in it belongs to a shopper: whoever has a history has a vector (Koren 2008, "asymmetric SVD").
    """

    def __init__(self, config: NetworkConfig, *, orders: Tensor, generator: torch.Generator) -> None:
        """A network that ranks by popularity until it learns better; `orders` float32[n] counts purchases of an item.

        A cosine has no small values for an item that was hardly seen: outputs at random would put rare items at the
        top of every list. So they begin close together, where every shopper finds them equally near.
        """
        super().__init__()
        self.config = config
        self.inputs = nn.Embedding(config.items + 1, config.factors, padding_idx=config.items)  # [n + 1, d]
        self.outputs = nn.Embedding(config.items, config.factors)  # [n, d]
        self.bias = nn.Embedding(config.items, 1)  # [n, 1]
        scale = config.factors**-0.5
        popularity = torch.log1p(orders)  # [n]
        with torch.no_grad():
            self.inputs.weight.normal_(0.0, scale, generator=generator)
            self.inputs.weight[config.items] = 0.0
            self.outputs.weight.normal_(scale, config.spread * scale, generator=generator)
            self.bias.weight[:, 0] = config.prior * (popularity - popularity.mean())

    def taste(self, history: Tensor, weights: Tensor) -> Tensor:
        """The shoppers' vectors of length 1, from item indexes [b, h] and weights [b, h]."""
        vectors = self.inputs(history)  # [b, h, d]
        summed = (weights.unsqueeze(1) @ vectors).squeeze(1)  # [b, d]
        return functional.normalize(summed, dim=-1)  # [b, d]

    def forward(self, history: Tensor, weights: Tensor, items: Tensor) -> Tensor:
        """Scores [b, s] of the items [b, s]."""
        taste = self.taste(history, weights)  # [b, d]
        outputs = functional.normalize(self.outputs(items), dim=-1)  # [b, s, d]
        cosine = (outputs @ taste.unsqueeze(-1)).squeeze(-1)  # [b, s]
        scores: Tensor = self.config.temperature * cosine + self.bias(items).squeeze(-1)  # [b, s]
        return scores

    def shared_scores(self, taste: Tensor, items: Tensor) -> Tensor:
        """Scores [b, m] of the same items [m] for tastes [b, d]."""
        outputs = functional.normalize(self.outputs(items), dim=-1)  # [m, d]
        scores: Tensor = self.config.temperature * taste @ outputs.T + self.bias(items).squeeze(-1)  # [b, m]
        return scores
