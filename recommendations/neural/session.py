"""The session encoder: the latest event pays attention to those before it, and its state is compared with every item.

n = items, b = batch, l = length (padded with index n), d = width, h = heads, f = inner width, s = items scored.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recommendations.data.sequences import Kind


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Sizes of an encoder.

    Parameters
    ----------
    items : n, from 1.
    width : d, a multiple of `heads`.
    length : l, how many of the latest events are looked at.
    inner : f. `dropout` : share of values left out while training, in [0, 1).
    spread : how far vectors begin from 0: before it learns, the encoder ranks by popularity.

    Raises
    ------
    ValueError : a size is out of its range; the message names it.
    """

    items: int
    width: int = 64
    heads: int = 2
    length: int = 20
    inner: int = 128
    dropout: float = 0.2
    spread: float = 0.3

    def __post_init__(self) -> None:
        if min(self.items, self.width, self.heads, self.length, self.inner) < 1:
            raise ValueError("items, width, heads, length and inner must be at least 1")
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads ({self.heads}), not {self.width}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, not {self.dropout}")


class SessionEncoder(nn.Module):
    """One block of attention (Kang and McAuley 2018, SASRec), asked by the latest event alone, with tied item vectors.

    An event is its item's vector, its kind, how long ago it was in events, and how much interest it showed.
    """

    def __init__(self, config: SessionConfig, *, counts: Tensor, generator: torch.Generator) -> None:
        """`counts` float32[n]: how often each item is a target; its log is where the bias begins."""
        super().__init__()
        self.config = config
        width, inner, part = config.width, config.inner, config.width // config.heads

        def drawn(*sizes: int, scale: float) -> nn.Parameter:
            return nn.Parameter(torch.empty(sizes).normal_(0.0, scale, generator=generator))

        self.vectors = drawn(config.items, width, scale=config.spread * width**-0.5)
        self.kinds = drawn(len(Kind), width, scale=0.02)
        self.places = drawn(config.length, width, scale=0.02)
        self.interest = drawn(width, scale=0.02)
        self.query = drawn(config.heads, width, part, scale=width**-0.5)
        self.key = drawn(config.heads, width, part, scale=width**-0.5)
        self.value = drawn(config.heads, width, part, scale=width**-0.5)
        self.mix = drawn(width, width, scale=width**-0.5)
        self.inner = drawn(width, inner, scale=width**-0.5)
        self.inner_bias = nn.Parameter(torch.zeros(inner))
        self.outer = drawn(inner, width, scale=inner**-0.5)
        self.outer_bias = nn.Parameter(torch.zeros(width))
        self.norms = nn.Parameter(torch.stack([torch.ones(2, width), torch.zeros(2, width)], dim=1))  # [2, 2, d]
        chance = torch.log((counts + 0.1) / (counts + 0.1).sum())  # [n]
        self.bias = nn.Parameter(chance - chance.mean())

    def state(self, items: Tensor, kinds: Tensor, weights: Tensor) -> Tensor:
        """What a session looks for [b, d], from its events [b, l], the latest last, padded in front with item n."""
        width, length = self.config.width, items.shape[1]
        padded = items == self.config.items  # [b, l]
        given = self.vectors[items.masked_fill(padded, 0)] * width**0.5 + self.kinds[kinds]  # [b, l, d]
        given = given + self.places[:length].flip(0) + weights.unsqueeze(-1) * self.interest  # [b, l, d]
        given = functional.dropout(given, self.config.dropout, self.training)
        latest = given[:, -1]  # [b, d]
        keys = torch.einsum("bld,hdp->bhlp", given, self.key)
        values = torch.einsum("bld,hdp->bhlp", given, self.value)
        asked = torch.einsum("bd,hdp->bhp", latest, self.query)
        heard = torch.einsum("bhp,bhlp->bhl", asked, keys) * keys.shape[-1] ** -0.5  # [b, h, l]
        attention = heard.masked_fill(padded.unsqueeze(1), -torch.inf).softmax(dim=-1)  # [b, h, l]
        said = torch.einsum("bhl,bhlp->bhp", attention, values).flatten(1) @ self.mix  # [b, d]
        said = functional.dropout(said, self.config.dropout, self.training)
        state = self._norm(latest + said, 0)  # [b, d]
        inner = functional.relu(state @ self.inner + self.inner_bias)  # [b, f]
        inner = functional.dropout(inner, self.config.dropout, self.training)
        return self._norm(state + inner @ self.outer + self.outer_bias, 1)  # [b, d]

    def forward(self, items: Tensor, kinds: Tensor, weights: Tensor, among: Tensor | None = None) -> Tensor:
        """Logits [b, s] of the items `among` [s], or of all [b, n]."""
        state = self.state(items, kinds, weights)  # [b, d]
        vectors, bias = (self.vectors, self.bias) if among is None else (self.vectors[among], self.bias[among])
        scores: Tensor = state @ vectors.T + bias  # [b, s]
        return scores

    def _norm(self, values: Tensor, number: int) -> Tensor:
        gain, shift = self.norms[number]
        return functional.layer_norm(values, (self.config.width,), gain, shift)


def as_session_arrays(encoder: SessionEncoder) -> dict[str, NDArray[np.float32]]:
    """The encoder's part of an artefact, which `ranking.session.encoder_scores` reads: `session_<parameter>` each."""
    return {
        f"session_{name}": np.ascontiguousarray(value.detach().cpu().numpy(), dtype="<f4")
        for name, value in encoder.named_parameters()
    }
