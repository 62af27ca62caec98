"""The content tower: from what an item is to its vector, so that an item nobody bought yet lands near its kind.

n = items, f = attributes, d = factors, h = hidden, b = batch, s = samples, m = shoppers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]
Progress = Callable[[float, str], None]

JUDGED_AT = 10

SURE = 2.0
"""Standard errors by which training must rank better than the closed form, or that is kept: fewer items are held out
than it takes to tell two towers apart by their means alone."""


def _silent(_share: float, _words: str) -> None:
    """Nobody is told."""


BEGINNING_SPREAD = 2.0
"""Standard deviation of a shopper's scores before training: a softmax over them neither flat nor decided."""


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """Sizes of the tower and how to train it; `patience` counts epochs without a better validation, and 0 epochs
    give the closed form alone.

    `ridge` is its lambda, `popularity` the weights that an item's popularity, as its attributes tell it, may begin with
    (in spreads of a shopper's scores; the best on held-out items is taken), `held_out` the share of the items on whose
    shoppers training is stopped, `judged` how many shoppers those are at most.
    """

    hidden: int = 128
    ridge: float = 3.0
    popularity: tuple[float, ...] = (0.0, 0.3, 0.6, 1.0, 2.0)
    epochs: int = 15
    batches: int = 40
    batch_size: int = 512
    negatives: int = 512
    learning_rate: float = 0.001
    weight_decay: float = 0.1
    dropout: float = 0.2
    patience: int = 3
    held_out: float = 0.1
    judged: int = 500


@dataclass(frozen=True, slots=True)
class TrainedContent:
    """The tower, the epochs that it was trained for (0: it is the closed form), with which weight of popularity it
    began, and NDCG@10 among held-out items of each epoch, the first of them that of the closed form."""

    tower: "ContentTower"
    epochs: int
    popularity: float
    validations: tuple[float, ...]


class ContentTower(nn.Module):
    """vector(item) = A x + B relu(C x + c) + a, of the attributes x: a straight way that begins as the closed form,
    and a bent one that begins at nothing.

    The vector has d + 1 numbers: a shopper's score of the item is the product with (their vector of length 1, 1), so
    the last one is how popular such an item is with everybody.
    """

    def __init__(self, straight: Tensor, config: ContentConfig, *, generator: torch.Generator) -> None:
        """`straight` float32[f + 1, d + 1], its last row the constant."""
        super().__init__()
        width, size = len(straight) - 1, straight.shape[1]
        self.dropout = nn.Dropout(config.dropout)
        self.straight = nn.Linear(width, size)
        self.hidden = nn.Linear(width, config.hidden)
        self.output = nn.Linear(config.hidden, size, bias=False)
        with torch.no_grad():
            self.straight.weight.copy_(straight[:-1].T)
            self.straight.bias.copy_(straight[-1])
            self.hidden.weight.normal_(0.0, width**-0.5, generator=generator)
            self.hidden.bias.zero_()
            self.output.weight.zero_()

    def forward(self, attributes: Tensor) -> Tensor:
        """Vectors [n, d + 1] of attributes [n, f]."""
        seen = self.dropout(attributes)  # [n, f]
        bent = self.output(functional.relu(self.hidden(seen)))  # [n, d + 1]
        vectors: Tensor = self.straight(seen) + bent  # [n, d + 1]
        return vectors


def ridge_weights(attributes: Vectors, targets: Vectors, *, ridge: float) -> NDArray[np.float64]:
    """float64[f + 1, d], W = (X^T X + ridge I)^-1 X^T V of the attributes X with a column of ones; the last row of W is
    its constant.

    Raises
    ------
    ValueError : ridge is not above 0, or there is not one target an item.
    """
    if ridge <= 0:
        raise ValueError(f"ridge must be above 0, not {ridge}")
    if len(attributes) != len(targets):
        raise ValueError(f"targets must have a row an item: {len(attributes)}, not {len(targets)}")
    x = np.column_stack([attributes, np.ones(len(attributes))]).astype(np.float64)
    gram = x.T @ x
    gram[np.diag_indices(len(gram))] += ridge
    return np.asarray(np.linalg.solve(gram, x.T @ targets.astype(np.float64)), dtype=np.float64)


def train_content(
    attributes: Vectors,
    inputs: Vectors,
    outputs: Vectors,
    bought: sparse.csr_matrix,
    config: ContentConfig,
    *,
    seed: int,
    later: sparse.csr_matrix | None = None,
    progress: Progress = _silent,
) -> TrainedContent:
    """Fit a tower to a collaborative model's vectors and to who bought what.

    It begins as the ridge regression from attributes to `outputs` and to what each item sold.
    Training then lowers a sampled softmax of what each shopper bought among other items, the bought one's own part
    taken out of the shopper's vector. It stops when shoppers' purchases of held-out items, which they are known
    without, are ranked no better; then the tower is fitted to all items for as many epochs, for none if that was no
    better than the closed form by `SURE` standard errors.

    Parameters
    ----------
    attributes : float32[n, f] of the items that have been bought.
    inputs, outputs : float32[n, d]; in that model a shopper is the normalised sum of the inputs of what they bought,
        by weight, and scores an item by the product with its output.
    bought : [m, n], how much each purchase of a shopper counts; 0 where there is none.
    later : [m, n], what they bought after that, to judge by; None: `bought`.
    progress : is told a share of 0..1 and a few words after each epoch.

    Raises
    ------
    ValueError : the arrays are not of one number of items, or nobody bought anything.
    """
    if not len(attributes) == len(inputs) == len(outputs) == bought.shape[1]:
        raise ValueError("attributes, inputs, outputs and the columns of bought must be of the same items")
    if not bought.nnz:
        raise ValueError("bought must hold at least one purchase")
    rng = np.random.default_rng(seed)
    held = np.sort(rng.choice(len(inputs), int(config.held_out * len(inputs)), replace=False))
    everything = _Learnt.of(attributes, inputs, outputs, bought, np.arange(len(inputs)))
    judge = _Judge.of(inputs, bought, bought if later is None else later, held, most=config.judged, rng=rng)
    if not len(judge.shoppers):
        alone = replace(config, epochs=0)
        return TrainedContent(_fit(everything, 0.0, alone, seed)[0], 0, 0.0, ())
    known = _Learnt.of(attributes, inputs, outputs, bought, np.setdiff1d(np.arange(len(inputs)), held))
    begun = replace(config, epochs=0)
    popularity = max(config.popularity, key=lambda weight: _fit(known, weight, begun, seed, judge)[1][0].mean())
    _, judged = _fit(known, popularity, config, seed, judge, progress)
    means = [float(values.mean()) for values in judged]
    epochs = int(np.argmax(means))
    gain = judged[epochs] - judged[0]
    if gain.mean() <= SURE * gain.std() / len(gain) ** 0.5:
        epochs = 0
    tower, _ = _fit(everything, popularity, replace(config, epochs=epochs), seed)
    return TrainedContent(tower, epochs, popularity, tuple(means))


def as_arrays(tower: ContentTower) -> dict[str, NDArray[Any]]:
    """The weights for `ranking.content`: `straight` float32[f, d + 1], `constant` [d + 1], `hidden` [f, h],
    `hidden_constant` [h], `output` [h, d + 1]."""
    return {
        "straight": _array(tower.straight.weight.T),
        "constant": _array(tower.straight.bias),
        "hidden": _array(tower.hidden.weight.T),
        "hidden_constant": _array(tower.hidden.bias),
        "output": _array(tower.output.weight.T),
    }


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What a tower is fitted to: some of the items, and the shoppers as these alone tell them (float32[m, d])."""

    items: Ids
    attributes: Tensor
    inputs: Vectors
    outputs: Vectors
    bought: sparse.coo_matrix
    shoppers: Vectors

    @classmethod
    def of(
        cls, attributes: Vectors, inputs: Vectors, outputs: Vectors, bought: sparse.csr_matrix, items: Ids
    ) -> "_Learnt":
        known = bought[:, items]
        sums = np.asarray(known @ inputs[items], dtype=np.float32)
        return cls(items, torch.as_tensor(attributes), inputs, outputs, known.tocoo(), sums)

    def beginning(self, popularity: float, config: ContentConfig) -> Vectors:
        """float32[f + 1, d + 1], the closed form, scaled to scores of `BEGINNING_SPREAD`."""
        told = self.attributes[self.items].numpy()
        sold = np.asarray(self.bought.sum(axis=0), dtype=np.float32).ravel()
        weights = ridge_weights(told, np.column_stack([self.outputs[self.items], sold]), ridge=config.ridge)
        found = told @ weights[:-1] + weights[-1]
        some = self.shoppers[self.shoppers.any(axis=1)][:200]
        some = some / np.linalg.norm(some, axis=1, keepdims=True)
        weights[:, :-1] *= _scale((some @ found[:, :-1].T).std(axis=1).mean() if len(some) else 0.0)
        weights[:, -1] *= popularity * _scale(found[:, -1].std())
        return weights.astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Shoppers as they are without the held-out items, and which of those they bought."""

    held: Ids
    shoppers: Tensor
    relevant: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        inputs: Vectors,
        bought: sparse.csr_matrix,
        later: sparse.csr_matrix,
        held: Ids,
        *,
        most: int,
        rng: np.random.Generator,
    ) -> "_Judge":
        known = inputs.copy()
        known[held] = 0.0
        sums = np.asarray(bought @ known, dtype=np.float32)
        theirs = np.asarray((later[:, held] != 0).todense(), dtype=bool)
        fit = np.flatnonzero(theirs.any(axis=1) & sums.any(axis=1))
        fit = rng.permutation(fit)[:most]
        return cls(held, _with_one(torch.as_tensor(sums[fit])), theirs[fit])

    def __call__(self, tower: ContentTower, attributes: Tensor) -> NDArray[np.float64]:
        """NDCG@10 of each shopper among the held-out items."""
        with torch.no_grad():
            scores = (self.shoppers @ tower(attributes[self.held]).T).numpy()  # [b, held]
        best = np.argsort(-scores, axis=1, kind="stable")[:, :JUDGED_AT]
        discounts = 1 / np.log2(np.arange(2, best.shape[1] + 2))
        gains = (np.take_along_axis(self.relevant, best, axis=1) * discounts).sum(axis=1)
        ideal = np.cumsum(discounts)[np.minimum(self.relevant.sum(axis=1), best.shape[1]) - 1]
        return np.asarray(gains / ideal, dtype=np.float64)


def _fit(
    learnt: _Learnt,
    popularity: float,
    config: ContentConfig,
    seed: int,
    judge: _Judge | None = None,
    progress: Progress = _silent,
) -> tuple[ContentTower, list[NDArray[np.float64]]]:
    """A tower; with a judge, its validations before training and after each epoch."""
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    tower = ContentTower(torch.as_tensor(learnt.beginning(popularity, config)), config, generator=generator)
    decayed = [tower.hidden.weight, tower.output.weight]
    free = [tower.straight.weight, tower.straight.bias, tower.hidden.bias]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": config.weight_decay}, {"params": free, "weight_decay": 0.0}],
        lr=config.learning_rate,
        fused=True,
    )
    torch.manual_seed(seed)  # of the dropout
    validations = [judge(tower.eval(), learnt.attributes)] if judge else []
    for epoch in range(1, config.epochs + 1):
        tower.train()
        for _ in range(config.batches):
            loss = _loss(tower, learnt, config, rng)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        if judge:
            validations.append(judge(tower.eval(), learnt.attributes))
            progress(epoch / config.epochs, f"content epoch {epoch}: validation {validations[-1].mean():.4f}")
            if epoch - int(np.argmax([values.mean() for values in validations])) >= config.patience:
                break
    return tower.eval(), validations


def _loss(tower: ContentTower, learnt: _Learnt, config: ContentConfig, rng: np.random.Generator) -> Tensor:
    """Sampled softmax: the bought item of each shopper among others (Jean et al. 2015; the samples are uniform)."""
    drawn = rng.integers(0, learnt.bought.nnz, config.batch_size)
    items = learnt.items[learnt.bought.col[drawn]]
    own = learnt.bought.data[drawn][:, None].astype(np.float32) * learnt.inputs[items]
    shoppers = _with_one(torch.as_tensor(learnt.shoppers[learnt.bought.row[drawn]] - own))  # [b, d + 1]
    others = rng.choice(learnt.items, min(config.negatives, len(learnt.items)), replace=False)
    distinct, at = np.unique(np.concatenate([items, others]), return_inverse=True)
    vectors = tower(learnt.attributes[distinct])  # [s, d + 1]
    bought = (shoppers * vectors[at[: len(items)]]).sum(dim=1, keepdim=True)  # [b, 1]
    sampled = shoppers @ vectors[at[len(items) :]].T  # [b, s]
    same = torch.as_tensor(items[:, None] == others[None, :])  # [b, s]
    scores = torch.cat([bought, sampled.masked_fill(same, -torch.inf)], dim=1)  # [b, 1 + s]
    loss: Tensor = (torch.logsumexp(scores, dim=1) - bought.squeeze(1)).mean()
    return loss


def _scale(spread: float) -> float:
    return BEGINNING_SPREAD / float(spread) if spread > 1e-9 else 1.0


def _with_one(sums: Tensor) -> Tensor:
    """[b, d + 1], shoppers of length 1 and a 1 for popularity."""
    return torch.cat([functional.normalize(sums, dim=-1), torch.ones(len(sums), 1)], dim=1)


def _array(tensor: Tensor) -> Vectors:
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), dtype="<f4")
