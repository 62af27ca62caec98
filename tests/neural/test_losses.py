import numpy as np
import pytest
import torch

from recommendations.neural.losses import bpr, sampled_softmax
from recommendations.neural.negatives import Negatives

SCORES = torch.tensor([[1.0, -0.5, 2.0, 0.3], [0.2, 0.1, -1.0, 0.0]])
TARGETS = torch.tensor([2, 0])


def test_bpr_is_the_chance_that_the_purchase_is_above():
    margin = torch.tensor([[1.0 - 3.0, 1.0 - 0.0]])
    expected = -torch.log(1 / (1 + torch.exp(-margin))).mean()
    assert bpr(torch.tensor([1.0]), torch.tensor([[3.0, 0.0]])) == pytest.approx(float(expected))


def test_with_each_item_drawn_once_it_is_the_softmax_over_the_catalogue():
    positive = SCORES.gather(1, TARGETS.unsqueeze(1)).squeeze(1)
    hits = torch.arange(4) == TARGETS.unsqueeze(1)
    ours = sampled_softmax(positive, SCORES, log_expected=torch.zeros(4), hits=hits)
    assert ours.item() == pytest.approx(torch.nn.functional.cross_entropy(SCORES, TARGETS).item(), abs=1e-6)


def test_many_draws_by_popularity_come_to_the_same_softmax_once_corrected():
    negatives = Negatives.of(np.array([1, 50, 400, 9]))
    drawn = torch.as_tensor(negatives.draw((40_000,), np.random.default_rng(0)))
    log_expected = torch.as_tensor(negatives.log_chance)[drawn] + np.log(40_000)
    positive = SCORES.gather(1, TARGETS.unsqueeze(1)).squeeze(1)
    hits = drawn == TARGETS.unsqueeze(1)
    ours = sampled_softmax(positive, SCORES[:, drawn], log_expected=log_expected, hits=hits)
    plain = sampled_softmax(positive, SCORES[:, drawn], log_expected=torch.full((40_000,), np.log(1e4)), hits=hits)
    exact = torch.nn.functional.cross_entropy(SCORES, TARGETS).item()
    assert ours.item() == pytest.approx(exact, abs=0.02)
    assert abs(plain.item() - exact) > 0.1


def test_where_every_negative_is_the_purchase_there_is_nothing_to_lose():
    loss = sampled_softmax(
        torch.tensor([0.5]), torch.zeros(1, 3), log_expected=torch.zeros(3), hits=torch.ones(1, 3, dtype=torch.bool)
    )
    assert loss.item() == pytest.approx(0.0)
