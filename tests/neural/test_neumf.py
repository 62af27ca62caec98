from dataclasses import replace

import numpy as np
import pytest
import torch

from recommendations.data.histories import Histories
from recommendations.neural.fitting import FittingConfig
from recommendations.neural.neumf import NeuMF, NeuMFConfig, fit_neumf, score_all
from tests.neural.planted import planted, share_of_own_kind

CONFIG = NeuMFConfig(
    factors=8, hidden=(8,), dropout=0.0, batch_size=256, fitting=FittingConfig(epochs=15, learning_rate=0.02)
)
SHOPPERS = np.arange(50)


def fitted(histories, config=CONFIG, seed=0, **changes):
    return fit_neumf(histories, config, seed=seed, clock=lambda: 0.0, **changes)


def test_it_finds_what_each_shopper_is_faithful_to():
    found = fitted(planted())
    assert share_of_own_kind(found.scores(SHOPPERS), SHOPPERS) > 0.9
    assert found.curves.train[-1] < found.curves.train[0]


def test_scores_of_the_catalogue_are_those_of_each_pair_by_the_formula():
    network = NeuMF(3, 4, NeuMFConfig(factors=2, hidden=(3,)), generator=torch.Generator().manual_seed(0)).eval()
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    ours = score_all(network, np.array([2, 0]))
    for row, shopper in enumerate((2, 0)):
        for item in range(4):
            left, right = weights["shoppers.weight"][shopper], weights["items.weight"][item]
            hidden = weights["perceptron.1.weight"] @ np.concatenate([left[2:], right[2:]])
            deep = np.maximum(hidden + weights["perceptron.1.bias"], 0)
            expected = weights["head.weight"][0] @ np.concatenate([left[:2] * right[:2], deep])
            assert ours[row, item] == pytest.approx(expected + weights["head.bias"][0], abs=1e-6)


def test_blocks_of_shoppers_score_as_one(monkeypatch):
    network = NeuMF(9, 4, CONFIG, generator=torch.Generator().manual_seed(0)).eval()
    whole = score_all(network, np.arange(9))
    monkeypatch.setattr("recommendations.neural.neumf.CELLS_AT_ONCE", 8)
    assert score_all(network, np.arange(9)) == pytest.approx(whole, abs=1e-6)


def test_the_same_seed_gives_the_same_scores():
    config = replace(CONFIG, dropout=0.3, fitting=FittingConfig(epochs=1))
    histories = planted(shoppers=20)
    one, two, other = (fitted(histories, config, seed).scores(SHOPPERS[:20]) for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()


def test_an_empty_history_and_a_size_out_of_range_are_told():
    nothing = np.zeros(0, dtype=np.int64)
    with pytest.raises(ValueError, match="at least one purchase"):
        fitted(Histories.of(nothing, nothing, nothing.astype(float), nothing))
    with pytest.raises(ValueError, match="at least 1"):
        NeuMFConfig(factors=0)
