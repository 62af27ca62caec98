"""The ranker learns a planted rule, by the loss that a slow oracle gives, and is judged over the whole catalogue."""

import numpy as np
import pytest
import torch

from recommendations.evaluation.metrics import ndcg
from recommendations.neural.ranker import (
    NEW,
    Batch,
    Ranker,
    RankerConfig,
    Window,
    listwise_loss,
    mean_ndcg,
    ndcg_of,
    train_ranker,
)

CONFIG = RankerConfig(networks=2, hidden=8, second=4, epochs=8, dropout=0.0, batch_size=16, learning_rate=0.01)


def planted(*, seed, shoppers=120, shuffled=False):
    """Twenty candidates each, of which the two with the highest second column were bought; shuffled: any two."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(shoppers, 20, 5)).astype(np.float32)
    best = np.argsort(-values[:, :, 1], axis=1)[:, :2]
    labels = np.zeros((shoppers, 20), dtype=bool)
    np.put_along_axis(labels, best, True, axis=1)
    if shuffled:
        labels = rng.permuted(labels, axis=1)
    bought = rng.random(labels.shape) < 0.3
    three = np.stack([labels, labels, labels & ~bought], axis=2)
    return Window(
        np.arange(shoppers + 1) * 20, values.reshape(-1, 5), bought.ravel(), three.reshape(-1, 3), three.sum(axis=1)
    )


def trained(window, **options):
    return train_ranker([lambda: window], CONFIG, seed=0, clock=lambda: 0.0, **options)


def untrained(columns=5):
    generator = torch.Generator().manual_seed(3)
    return Ranker(CONFIG, mean=torch.zeros(columns), scale=torch.ones(columns), generator=generator)


def test_it_learns_a_planted_rule_and_knows_it_of_other_shoppers():
    ranker, curves = trained(planted(seed=0))
    assert mean_ndcg(ndcg_of(ranker, planted(seed=1))) > 0.9
    assert curves.train[-1] < curves.train[0]


def test_of_shuffled_labels_it_learns_nothing():
    ranker, _ = trained(planted(seed=0, shuffled=True))
    chance = [mean_ndcg(ndcg_of(untrained(), planted(seed=seed, shuffled=True))) for seed in range(5, 10)]
    assert mean_ndcg(ndcg_of(ranker, planted(seed=1, shuffled=True))) < np.mean(chance) + 0.1


def test_the_same_seed_gives_the_same_ranker():
    one, two = (trained(planted(seed=0), stop_after=1)[0].skip.detach().numpy() for _ in range(2))
    assert (one == two).all()


def test_the_loss_is_that_of_each_list_alone():
    rng, ranker = np.random.default_rng(0), untrained().eval()
    values = torch.tensor(rng.normal(size=(4, 6, 5)).astype(np.float32))
    allowed = torch.tensor(rng.random((4, 6, 3)) < 0.7)
    allowed[:, 0] = True
    labels = (torch.tensor(rng.random((4, 6, 3)) < 0.4) & allowed).float()
    with torch.no_grad():
        found = listwise_loss(ranker, Batch(values, allowed, labels), 0.75).item()
        scores = ranker(values.reshape(24, 5)).reshape(CONFIG.networks, 4, 6, 3).numpy().astype(float)
    expected = 0.0
    for network in scores:
        for shopper in range(4):
            for head in range(3):
                there = allowed[shopper, :, head].numpy()
                gone = labels[shopper, there, head].numpy()
                of_list = network[shopper, there, head]
                chance = np.exp(of_list) / np.exp(of_list).sum()
                expected -= (gone * np.log(chance)).sum() / max(gone.sum(), 1) ** 0.75 / 4
    assert found == pytest.approx(expected, rel=1e-5)


def test_judged_by_the_measure_of_evaluation():
    window, ranker = planted(seed=2, shoppers=10), untrained().eval()
    window.relevant[3] += 2
    with torch.no_grad():
        scores = ranker(torch.tensor(window.values)).mean(dim=0).numpy()
    found = ndcg_of(ranker, window)
    for shopper in range(10):
        span = slice(shopper * 20, shopper * 20 + 20)
        for head in range(3):
            of_list = np.where(window.bought[span] & (head == NEW), -np.inf, scores[span, head])
            hits = window.labels[span, head][np.argsort(-of_list, kind="stable")[:10]]
            asked = int(window.relevant[shopper, head])
            if asked:
                assert found[shopper, head] == pytest.approx(ndcg(hits, asked))
            else:
                assert np.isnan(found[shopper, head])


def test_where_nobody_was_asked_the_mean_is_nothing():
    assert mean_ndcg(np.full((3, 3), np.nan)) == 0.0
    assert mean_ndcg(np.array([[0.5, np.nan, np.nan], [1.0, np.nan, np.nan]])) == 0.75
