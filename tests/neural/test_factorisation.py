from dataclasses import replace

import numpy as np
import pytest
import torch

from recommendations.neural.factorisation import (
    RatingConfig,
    RatingNetwork,
    Ratings,
    fit_ratings,
    predict,
    root_mean_square_error,
)
from recommendations.neural.fitting import FittingConfig

CONFIG = RatingConfig(
    factors=4, batch_size=512, fitting=FittingConfig(epochs=40, learning_rate=0.03, weight_decay=0.05, patience=5)
)
SHOPPERS, ITEMS = 120, 40


def tastes(*, shuffled=False, share=0.5, seed=0):
    """Shoppers of two camps: items of their own get 5 or 4 stars, others 1 or 2. Earlier ratings and later ones."""
    rng = np.random.default_rng(seed)
    shoppers, items = np.nonzero(rng.random((SHOPPERS, ITEMS)) < share)
    stars = np.where(shoppers % 2 == items % 2, 5.0, 1.0) + np.where(
        items < 20, 0.0, np.where(shoppers % 2 == items % 2, -1, 1)
    )
    if shuffled:
        stars = rng.permutation(stars)
    first = rng.random(len(stars)) < 0.8
    return tuple(
        Ratings(shoppers[part], items[part], stars[part].astype(np.float32), SHOPPERS, ITEMS)
        for part in (first, ~first)
    )


def fitted(ratings, config=CONFIG, **changes):
    return fit_ratings(ratings, config, seed=0, clock=lambda: 0.0, **changes)


def spread(ratings, mean):
    """The error of always saying the mean."""
    return float(np.sqrt(np.mean((ratings.stars - mean) ** 2)))


def test_a_rating_is_the_formula():
    ratings = Ratings(np.array([0, 1]), np.array([1, 0]), np.array([3.0, 4.0], dtype=np.float32), 2, 2)
    network = RatingNetwork(ratings, CONFIG, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.shopper_bias.weight.copy_(torch.tensor([[0.5], [0.0]]))
        network.item_bias.weight.copy_(torch.tensor([[0.0], [-0.25]]))
        p, q = network.shoppers.weight[0], network.items.weight[1]
        cosine = p @ q / ((p @ p + 1.0) * (q @ q + 1.0)).sqrt()
    assert predict(network, np.array([0]), np.array([1])) == pytest.approx(3.5 + 0.5 - 0.25 + 2.0 * cosine.item())


def test_without_softness_it_is_the_plain_cosine():
    ratings = Ratings(np.array([0]), np.array([0]), np.array([3.0], dtype=np.float32), 1, 1)
    network = RatingNetwork(ratings, replace(CONFIG, softness=0.0), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.items.weight.copy_(0.01 * network.shoppers.weight)
    assert predict(network, np.array([0]), np.array([0])) == pytest.approx(5.0)


def test_it_learns_the_two_camps_and_stops_on_later_ratings():
    earlier, later = tastes()
    found = fitted(earlier, later=later)
    assert root_mean_square_error(found.network, later) < 0.5 * spread(later, earlier.stars.mean())
    assert -found.curves.validation[found.curves.best_epoch - 1] == root_mean_square_error(found.network, later)


def test_of_shuffled_stars_it_says_no_better_than_the_mean():
    earlier, later = tastes(shuffled=True)
    found = fitted(earlier, later=later)
    assert root_mean_square_error(found.network, later) > 0.97 * spread(later, earlier.stars.mean())


def test_weight_decay_lowers_the_gap_between_seen_and_later_ratings():
    earlier, later = tastes(shuffled=True, share=0.2)
    gaps, errors = [], []
    for decay in (0.0, 3.0):
        config = replace(CONFIG, fitting=FittingConfig(epochs=40, learning_rate=0.03, weight_decay=decay))
        network = fitted(earlier, config).network
        seen, unseen = (root_mean_square_error(network, some) for some in (earlier, later))
        gaps.append(unseen - seen)
        errors.append(unseen)
    assert gaps[1] < 0.5 * gaps[0]
    assert errors[1] < errors[0]


def test_predictions_stay_within_the_stars():
    earlier, _ = tastes()
    stars = predict(fitted(earlier).network, *np.divmod(np.arange(SHOPPERS * ITEMS), ITEMS))
    assert stars.min() >= 1.0
    assert stars.max() <= 5.0


def test_bad_ratings_and_sizes_are_told():
    one = np.array([0])
    with pytest.raises(ValueError, match=r"items must be 0\.\.0"):
        Ratings(one, one + 1, np.array([3.0], dtype=np.float32), 1, 1)
    with pytest.raises(ValueError, match="finite"):
        Ratings(one, one, np.array([np.nan], dtype=np.float32), 1, 1)
    with pytest.raises(ValueError, match="at least one rating"):
        fitted(Ratings(one[:0], one[:0], np.zeros(0, dtype=np.float32), 1, 1))
    with pytest.raises(ValueError, match="scale above 0"):
        RatingConfig(scale=0.0)
