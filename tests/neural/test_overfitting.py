"""Where there is nothing to learn nothing is learnt, and what holds training back shows in the gap to what is new."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recommendations.data.histories import Histories
from recommendations.evaluation.views import View
from recommendations.neural.batches import Examples
from recommendations.neural.fitting import FittingConfig
from recommendations.neural.ials import IalsConfig, fit_ials
from recommendations.neural.losses import bpr
from recommendations.neural.low_rank import LowRankConfig, learn_low_rank
from recommendations.neural.neumf import NeuMFConfig, fit_neumf
from recommendations.neural.purchases import purchase_matrix
from recommendations.neural.training import TrainingConfig, train
from tests.neural.planted import cut_in_time, hit_rate, planted

TRAINING = TrainingConfig(factors=16, epochs=20, batch_size=512, examples_per_epoch=4_000)


def clock():
    return 0.0


def network_scores(histories, shoppers, **changes):
    trained = train(
        histories, replace(TRAINING, epochs=6, **changes), seed=0, clock=clock, progress=lambda *_: None
    ).network
    bought = torch.as_tensor(purchase_matrix(histories, "plain", today=0.0)[shoppers].toarray())
    with torch.no_grad():
        items = torch.arange(len(histories.item_ids))
        return trained.shared_scores(trained.taste(items.expand(len(shoppers), -1), bought), items).numpy()


def neumf_scores(histories, shoppers):
    fitting = FittingConfig(epochs=8, learning_rate=0.02, weight_decay=0.1)
    config = NeuMFConfig(factors=8, hidden=(8,), batch_size=512, fitting=fitting)
    return fit_neumf(histories, config, seed=0, clock=clock).scores(shoppers)


def ials_scores(histories, shoppers):
    purchases = purchase_matrix(histories, "plain", today=0.0)
    factors = fit_ials(purchases, IalsConfig(factors=4, epochs=5, regularisation=20.0), seed=0).factors
    return (factors.shoppers[shoppers] @ factors.items.T).numpy()


def linear_scores(histories, shoppers):
    purchases = purchase_matrix(histories, "plain", today=0.0)
    return learn_low_rank(purchases, LowRankConfig(rank=16, ridge=50.0), seed=0).scores(purchases[shoppers])


SCORERS = {
    "bpr": network_scores,
    "sampled_softmax": lambda *some: network_scores(*some, loss="sampled_softmax", negatives=256),
    "neumf": neumf_scores,
    "ials": ials_scores,
    "low_rank": linear_scores,
}


def beside_popular(name, *, shuffled):
    """Hit rate at 5 on what shoppers bought next that they never had: of a network, and of most popular."""
    split = cut_in_time(planted(orders=6, shuffled=shuffled), share=0.6)
    later = split.tests[View.WINDOW]
    bought = purchase_matrix(split.train, "plain", today=0.0)[later.shoppers].toarray() > 0
    new = [set(test.tolist()) - set(np.flatnonzero(row)) for test, row in zip(later, bought, strict=True)]
    popular = np.tile(np.bincount(split.train.items, minlength=bought.shape[1]).astype(float), (len(bought), 1))
    scores = SCORERS[name](split.train, later.shoppers)
    return tuple(hit_rate(np.where(bought, -np.inf, ranking), new) for ranking in (scores, popular))


@pytest.mark.parametrize("name", list(SCORERS))
def test_shuffled_purchases_teach_no_more_than_popularity(name):
    ours, popular = beside_popular(name, shuffled=True)
    assert ours < 1.25 * popular


@pytest.mark.parametrize("name", list(SCORERS))
def test_where_there_is_a_taste_each_beats_popularity(name):
    ours, popular = beside_popular(name, shuffled=False)
    assert ours > 2 * popular


def gap(*, dropout):
    """How much worse the loss is on later purchases than on those trained on, nothing left out of either's history."""
    histories = planted(shoppers=60, orders=8, shuffled=True)
    split = cut_in_time(histories, share=0.6)
    network = train(
        split.train, replace(TRAINING, dropout=dropout), seed=0, clock=clock, progress=lambda *_: None
    ).network
    return loss(network, histories, later=split.cut) - loss(network, split.train, later=-np.inf)


def loss(network, histories: Histories, *, later):
    examples = Examples.of(histories, length=60)
    new = histories.days[examples.targets] >= later
    examples = replace(examples, targets=examples.targets[new], starts=examples.starts[new], stops=examples.stops[new])
    rng = np.random.default_rng(0)
    (batch,) = examples.batches(
        size=10_000, negatives=16, dropout=0.0, rng=rng, most=10_000, device=torch.device("cpu")
    )
    with torch.no_grad():
        scores = network(batch.history, batch.weights, batch.items)
    return bpr(scores[:, 0], scores[:, 1:]).item()


def test_dropout_of_history_lowers_the_gap():
    assert gap(dropout=0.7) < 0.8 * gap(dropout=0.0)


def neumf_gap(*, weight_decay):
    """How much worse a NeuMF of shuffled purchases does on later ones: share of pairs ranked below a random item."""
    histories = planted(shoppers=60, orders=8, shuffled=True)
    split = cut_in_time(histories, share=0.6)
    fitting = FittingConfig(epochs=20, learning_rate=0.02, weight_decay=weight_decay)
    config = NeuMFConfig(factors=16, hidden=(8,), dropout=0.0, batch_size=256, fitting=fitting)
    scores = fit_neumf(split.train, config, seed=0, clock=clock).scores(np.arange(60))
    seen = purchase_matrix(split.train, "plain", today=0.0).toarray() > 0
    later = (purchase_matrix(histories, "plain", today=0.0).toarray() > 0) & ~seen
    neither = ~seen & ~later
    below = [
        np.mean(scores[:, :, None] < scores[:, None, :], where=of[:, :, None] & neither[:, None, :])
        for of in (seen, later)
    ]
    return below[1] - below[0]


def test_weight_decay_lowers_the_gap():
    assert neumf_gap(weight_decay=2.0) < 0.8 * neumf_gap(weight_decay=0.0)
