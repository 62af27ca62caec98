"""Star ratings by matrix factorisation in cosine form, with mean-square loss.

rating = mean + bias of the shopper + bias of the item + scale * cosine(vector of the shopper, vector of the item).
d = factors, b = batch, k = ratings.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommendations.neural.curves import Curves
from recommendations.neural.fitting import FittingConfig, Log, Progress, fit

Indexes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ratings:
    """`shoppers` int64[k] and `items` int64[k] dense indexes, `stars` float32[k], out of so many shoppers and items."""

    shoppers: Indexes
    items: Indexes
    stars: NDArray[np.float32]
    shopper_count: int
    item_count: int

    def __post_init__(self) -> None:
        if not len(self.shoppers) == len(self.items) == len(self.stars):
            raise ValueError("shoppers, items and stars must have one entry a rating")
        for name, values, count in (
            ("shoppers", self.shoppers, self.shopper_count),
            ("items", self.items, self.item_count),
        ):
            if len(values) and not 0 <= values.min() <= values.max() < count:
                raise ValueError(f"{name} must be 0..{count - 1}, not {values.min()}..{values.max()}")
        if not np.isfinite(self.stars).all():
            raise ValueError("stars must be finite numbers")


@dataclass(frozen=True, slots=True)
class RatingConfig:
    """Sizes and training.

    Parameters
    ----------
    factors, batch_size : at least 1.
    scale : above 0, stars that a cosine of 1 adds.
    softness : at least 0, added to the squared lengths under the cosine: a vector that weight decay keeps short, as
        that of one who rated little, says little. At 0 it is the plain cosine, which has no small values.
    lowest, highest : the range of a prediction.
    """

    factors: int = 32
    batch_size: int = 1_024
    scale: float = 2.0
    softness: float = 1.0
    lowest: float = 1.0
    highest: float = 5.0
    fitting: FittingConfig = field(
        default_factory=lambda: FittingConfig(epochs=60, learning_rate=0.01, weight_decay=0.1)
    )

    def __post_init__(self) -> None:
        if min(self.factors, self.batch_size) < 1 or not self.scale > 0 or self.softness < 0:
            raise ValueError(
                f"factors and batch_size must be at least 1, scale above 0, softness at least 0, not {self}"
            )
        if not self.lowest < self.highest:
            raise ValueError(f"lowest must be below highest, not {self.lowest} and {self.highest}")


class RatingNetwork(nn.Module):
    """The formula above; untrained it predicts about the mean."""

    mean: Tensor

    def __init__(self, ratings: Ratings, config: RatingConfig, *, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.shoppers = nn.Embedding(ratings.shopper_count, config.factors)  # [t, d]
        self.items = nn.Embedding(ratings.item_count, config.factors)  # [n, d]
        self.shopper_bias = nn.Embedding(ratings.shopper_count, 1)  # [t, 1]
        self.item_bias = nn.Embedding(ratings.item_count, 1)  # [n, 1]
        self.register_buffer("mean", torch.tensor(float(ratings.stars.mean())))
        with torch.no_grad():
            for table in (self.shoppers, self.items):
                table.weight.normal_(0.0, 0.3 * config.factors**-0.5, generator=generator)
            for bias in (self.shopper_bias, self.item_bias):
                bias.weight.zero_()

    def forward(self, shoppers: Tensor, items: Tensor) -> Tensor:
        """Ratings [...] of shopper and item indexes [...], not cut to the range."""
        left, right = self.shoppers(shoppers), self.items(items)  # [..., d] each
        lengths = (left.pow(2).sum(-1) + self.config.softness) * (right.pow(2).sum(-1) + self.config.softness)  # [...]
        cosine = (left * right).sum(-1) / lengths.clamp(min=1e-12).sqrt()  # [...]
        biases = self.shopper_bias(shoppers).squeeze(-1) + self.item_bias(items).squeeze(-1)  # [...]
        rating: Tensor = self.mean + biases + self.config.scale * cosine  # [...]
        return rating


@dataclass(frozen=True, slots=True)
class FittedRatings:
    """A trained network with its curves."""

    network: RatingNetwork
    curves: Curves


def fit_ratings(
    ratings: Ratings,
    config: RatingConfig,
    *,
    seed: int,
    clock: Callable[[], float],
    later: Ratings | None = None,
    progress: Progress = lambda *_: None,
    log: Log | None = None,
    device: torch.device | None = None,
) -> FittedRatings:
    """Minimise the mean-square error; the validation is minus the root-mean-square error on `later` ratings.

    Parameters
    ----------
    later : ratings given after those, which decide when training stops; None trains for all epochs.

    Raises
    ------
    ValueError : there is no rating.
    """
    if not len(ratings.stars):
        raise ValueError("ratings must hold at least one rating")
    network = RatingNetwork(ratings, config, generator=torch.Generator().manual_seed(seed)).to(device or "cpu")
    columns = [
        torch.as_tensor(values, device=device)
        for values in (ratings.shoppers, ratings.items, ratings.stars.astype(np.float32))
    ]

    def batches(rng: np.random.Generator) -> Iterator[list[Tensor]]:
        drawn = rng.permutation(len(ratings.stars))
        for start in range(0, len(drawn), config.batch_size):
            some = torch.as_tensor(drawn[start : start + config.batch_size], device=device)  # [b]
            yield [column[some] for column in columns]

    judge = None if later is None else lambda trained: -root_mean_square_error(trained, later)
    fitted = fit(
        network, batches, _square, config.fitting, seed=seed, clock=clock, progress=progress, judge=judge, log=log
    )
    return FittedRatings(network, fitted.curves)


@torch.no_grad()
def predict(network: RatingNetwork, shoppers: Indexes, items: Indexes) -> NDArray[np.float32]:
    """float32[k], stars within `lowest..highest` for pairs of dense indexes."""
    place = network.mean.device
    stars = network(torch.as_tensor(shoppers, device=place), torch.as_tensor(items, device=place))  # [k]
    return np.asarray(stars.clamp(network.config.lowest, network.config.highest).cpu().numpy(), dtype=np.float32)


def root_mean_square_error(network: RatingNetwork, ratings: Ratings) -> float:
    """sqrt(mean (predicted - given)^2) in stars; lower is better."""
    predicted = predict(network, ratings.shoppers, ratings.items)
    return float(np.sqrt(np.mean((predicted - ratings.stars) ** 2, dtype=np.float64)))


def _square(network: RatingNetwork, batch: list[Tensor]) -> Tensor:
    shoppers, items, stars = batch  # [b] each
    error: Tensor = (network(shoppers, items) - stars).pow(2).mean()
    return error
