"""Losses over a purchase and sampled negatives. b = batch, s = negatives."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

LossName = Literal["bpr", "sampled_softmax"]


def bpr(positive: Tensor, negative: Tensor) -> Tensor:
    """Mean of -ln sigmoid(purchase - negative), Rendle et al. 2009.

    Parameters
    ----------
    positive, negative : scores float32[b] of the purchases and float32[b, s] of the negatives.
    """
    return -functional.logsigmoid(positive.unsqueeze(-1) - negative).mean()


def sampled_softmax(positive: Tensor, negative: Tensor, *, log_expected: Tensor, hits: Tensor) -> Tensor:
    """Mean of -ln of the softmax share of the purchase, the rest of the catalogue estimated from the negatives.

    The sum of e^score over the catalogue is estimated without bias by e^(score - ln expected draws) over the sample
    (LogQ; Bengio and Senecal 2008). The purchase is there with certainty, so its score stands as it is.

    Parameters
    ----------
    positive, negative : scores float32[b] and float32[b, s].
    log_expected : float32[s] or [b, s], ln(s Q(item)), how often an item is drawn on average.
    hits : bool[b, s], where a negative is the purchase itself and does not count.
    """
    corrected = (negative - log_expected).masked_fill(hits, -torch.inf)  # [b, s]
    logits = torch.cat([positive.unsqueeze(-1), corrected], dim=-1)  # [b, 1 + s]
    return (torch.logsumexp(logits, dim=-1) - positive).mean()
