from dataclasses import replace

import numpy as np
import pytest
import torch

from recommendations.data.histories import Histories
from recommendations.evaluation.metrics import ndcg
from recommendations.evaluation.views import View
from recommendations.neural.batches import Examples
from recommendations.neural.export import as_arrays
from recommendations.neural.network import Network, NetworkConfig
from recommendations.neural.training import TrainingConfig, train
from tests.neural.planted import cut_in_time

KINDS = 5
CONFIG = TrainingConfig(factors=8, epochs=6, batch_size=256, examples_per_epoch=4_000)
BOTH = [CONFIG, replace(CONFIG, loss="sampled_softmax", negatives=256)]


def planted(*, shuffled=False):
    """300 shoppers, each faithful to one of five kinds of goods with eight items each; or to nothing, if shuffled."""
    rng = np.random.default_rng(1)
    rows = []
    for shopper in range(1, 301):
        for order in range(8):
            goods = 1 + shopper % KINDS * 8 + rng.choice(8, 2, replace=False)
            rows += [(shopper, item, float(order), shopper * 10 + order) for item in goods]
    shoppers, items, days, orders = map(np.array, zip(*rows, strict=True))
    if shuffled:
        items = rng.permutation(items)
    return Histories.of(shoppers, items, days, orders)


def network_scores(arrays, items, weights):
    """outputs . normalised(sum of weighted inputs) + bias, with numpy alone."""
    taste = weights @ arrays["inputs"][items]
    return arrays["outputs"] @ (taste / np.linalg.norm(taste)) + arrays["bias"]


def share_of_own_kind(histories, arrays):
    """How many of the ten best items for one purchase are of its kind."""
    found = []
    for kind in range(KINDS):
        scores = network_scores(arrays, np.array([kind * 8]), np.ones(1, dtype=np.float32))
        best = histories.item_ids[np.argsort(-scores)[:8]]
        found.append(np.mean((best - 1) // 8 == kind))
    return np.mean(found)


def fitted(histories, seed=0, config=CONFIG, **changes):
    return train(histories, config, seed=seed, clock=lambda: 0.0, progress=lambda *_: None, **changes)


@pytest.mark.parametrize("config", BOTH)
def test_the_network_finds_what_belongs_together(config):
    histories = planted()
    assert share_of_own_kind(histories, as_arrays(fitted(histories, 0, config).network, histories.item_ids)) > 0.9


@pytest.mark.parametrize("config", BOTH)
def test_from_shuffled_purchases_it_learns_nothing(config):
    histories = planted(shuffled=True)
    assert share_of_own_kind(histories, as_arrays(fitted(histories, 0, config).network, histories.item_ids)) < 0.4


def test_the_same_seed_gives_the_same_network():
    histories = planted()
    one, two, other = (
        as_arrays(fitted(histories, seed, replace(CONFIG, epochs=1)).network, histories.item_ids) for seed in (3, 3, 4)
    )
    assert (one["outputs"] == two["outputs"]).all()
    assert (one["outputs"] != other["outputs"]).any()


def test_training_stops_when_validation_gets_no_better_and_keeps_the_best():
    verdicts = iter([0.1, 0.5, 0.4, 0.3, 0.2, 0.1])
    trained = fitted(planted(), judge=lambda _: next(verdicts))
    assert trained.epochs == 2
    assert trained.validations == (0.1, 0.5, 0.4, 0.3, 0.2)


def test_training_stops_when_its_time_is_up():
    ticks = iter(range(0, 100_000, 2_400))
    told = []
    train(planted(), CONFIG, seed=0, clock=lambda: next(ticks), progress=lambda share, _: told.append(share))
    assert len(told) == 2


def test_exported_arrays_score_as_the_network_does():
    network = Network(
        NetworkConfig(items=6, factors=4), orders=torch.zeros(6), generator=torch.Generator().manual_seed(1)
    )
    with torch.no_grad():
        network.bias.weight.copy_(torch.arange(6.0).unsqueeze(1) / 10)
    arrays = as_arrays(network, np.arange(1, 7))
    weights = np.array([1.0, 0.5], dtype=np.float32)
    ours = network_scores(arrays, np.array([2, 5]), weights)
    history = torch.tensor([[2, 5]])
    theirs = network(history, torch.as_tensor(weights).unsqueeze(0), torch.arange(6).unsqueeze(0))
    assert ours == pytest.approx(theirs.detach().numpy()[0], abs=1e-5)


def test_an_example_sees_earlier_orders_alone():
    rows = [(1, 5, 1.0, 1), (1, 6, 1.0, 1), (1, 7, 2.0, 2), (2, 5, 1.0, 3)]
    histories = Histories.of(*map(np.array, zip(*rows, strict=True)))
    examples = Examples.of(histories, length=10)
    assert len(examples) == 1
    assert (examples.targets[0], examples.starts[0], examples.stops[0]) == (2, 0, 2)


def test_an_untrained_network_ranks_by_popularity():
    orders = torch.tensor([1.0, 50.0, 3.0, 0.0, 400.0, 10.0])
    network = Network(NetworkConfig(items=6, factors=16), orders=orders, generator=torch.Generator().manual_seed(1))
    arrays = as_arrays(network, np.arange(1, 7))
    for item in range(6):
        scores = network_scores(arrays, np.array([item]), np.ones(1, dtype=np.float32))
        assert {int(scores.argmax()), int(np.argsort(-scores)[1])} == {4, 1}


def ndcg_beside_popular(histories):
    """Mean NDCG@10 of the network and of most popular on the last order, which training never saw."""
    split = cut_in_time(histories, share=0.85)
    later = split.tests[View.WINDOW]
    arrays = as_arrays(fitted(split.train).network, histories.item_ids)
    popular = np.bincount(split.train.items, minlength=len(histories.item_ids))
    ours, theirs = [], []
    for shopper, test in zip(later.shoppers, later, strict=True):
        bought = split.train.items[split.train.offsets[shopper] : split.train.offsets[shopper + 1]].astype(np.int64)
        scores = network_scores(arrays, bought, np.ones(len(bought), dtype=np.float32))
        for found, ranking in ((ours, scores), (theirs, popular)):
            found.append(ndcg(np.isin(np.argsort(-ranking, kind="stable")[:10], test), len(test)))
    return np.mean(ours), np.mean(theirs)


def test_on_later_orders_it_beats_most_popular_where_there_is_something_to_learn():
    network, popular = ndcg_beside_popular(planted())
    assert network > 2 * popular


def test_on_later_orders_of_shuffled_purchases_it_does_not():
    network, popular = ndcg_beside_popular(planted(shuffled=True))
    assert network < 1.15 * popular


def test_negatives_in_common_score_as_each_alone():
    network = Network(
        NetworkConfig(items=6, factors=4), orders=torch.arange(6.0), generator=torch.Generator().manual_seed(1)
    )
    history, weights = torch.tensor([[2, 5], [0, 6]]), torch.tensor([[1.0, 0.5], [2.0, 0.0]])
    apart = network(history, weights, torch.tensor([[3, 1, 4]]).expand(2, 3))
    common = network.shared_scores(network.taste(history, weights), torch.tensor([3, 1, 4]))
    assert common.detach().numpy() == pytest.approx(apart.detach().numpy(), abs=1e-5)


def test_a_batch_shares_its_negatives_and_knows_how_often_each_is_drawn():
    examples = Examples.of(planted(), length=10)
    (batch,) = examples.batches(
        size=500,
        negatives=0,
        shared=32,
        dropout=0.0,
        rng=np.random.default_rng(0),
        most=500,
        device=torch.device("cpu"),
    )
    assert batch.items.shape == (500, 1)
    expected = np.log(32 * np.exp(examples.negatives.log_chance[batch.shared.numpy()]))
    assert batch.log_expected.numpy() == pytest.approx(expected, abs=1e-5)


def test_where_nobody_came_back_the_network_ranks_by_popularity():
    rows = [(1, 5, 1.0, 1), (2, 6, 1.0, 2), (3, 6, 1.0, 3)]
    trained = fitted(Histories.of(*map(np.array, zip(*rows, strict=True))))
    assert (trained.epochs, trained.curves) == (0, None)
    assert trained.network.bias.weight[1] > trained.network.bias.weight[0]


@pytest.mark.parametrize("changes", [{"loss": "hinge"}, {"negatives": 0}, {"dropout": 1.0}, {"epochs": 0}])
def test_a_value_out_of_range_is_named(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        fitted(planted(), 0, replace(CONFIG, **changes))
