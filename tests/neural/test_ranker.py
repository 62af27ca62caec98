from dataclasses import replace

import numpy as np
import pytest
import torch

from recommendations.evaluation import metrics
from recommendations.neural.ranker import (
    Batch,
    Ranker,
    RankerConfig,
    Window,
    listwise_loss,
    mean_ndcg,
    ndcg_of,
    ranker_arrays,
    train_ranker,
)
from recommendations.ranking.ranker import ranker_scores

CONFIG = RankerConfig(networks=2, hidden=8, second=4, dropout=0.0, epochs=6, batch_size=8)


def window_of(shoppers, *, seed=0, shuffled=False):
    """Six candidates a shopper with three columns; what is bought has the largest first column."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(6 * shoppers, 3)).astype(np.float32)
    best = values[:, 0].reshape(shoppers, 6).argmax(axis=1) if not shuffled else rng.integers(0, 6, shoppers)
    labels = np.zeros((6 * shoppers, 3), dtype=bool)
    labels[np.arange(shoppers) * 6 + best] = True
    return Window(
        np.arange(shoppers + 1) * 6,
        values,
        np.zeros(6 * shoppers, dtype=bool),
        labels,
        np.ones((shoppers, 3), dtype=np.int64),
        np.tile(np.arange(6), shoppers),
    )


def fitted(window, **more):
    return train_ranker([window], CONFIG, seed=1, clock=lambda: 0.0, **more)


def test_what_columns_say_of_purchases_is_learnt_and_holds_for_others():
    ranker, curves = fitted(window_of(200))
    assert curves.train[-1] < curves.train[0]
    assert mean_ndcg(ndcg_of(ranker, window_of(100, seed=9))) > 0.9


def test_labels_without_a_reason_teach_nothing():
    ranker, _ = fitted(window_of(200, shuffled=True))
    chance = mean_ndcg(ndcg_of(ranker, window_of(200, seed=9, shuffled=True)))
    assert chance == pytest.approx(np.mean(1 / np.log2(np.arange(2, 8))), abs=0.08)


def test_columns_mapped_from_a_file_teach_the_same(tmp_path):
    window = window_of(30)
    window.values.tofile(tmp_path / "values")
    values = np.memmap(tmp_path / "values", np.float32, mode="r", shape=window.values.shape)
    mapped = replace(window, values=values)
    one, two = fitted(window)[0], fitted(mapped)[0]
    assert all(np.array_equal(ranker_arrays(one)[name], ranker_arrays(two)[name]) for name in ranker_arrays(one))
    assert np.array_equal(ndcg_of(one, window), ndcg_of(one, mapped))


def test_dropout_leaves_the_same_units_out_for_all_candidates_of_a_step():
    generator = torch.Generator().manual_seed(3)
    ranker = Ranker(replace(CONFIG, dropout=0.5), mean=torch.zeros(3), scale=torch.ones(3), generator=generator)
    torch.manual_seed(0)
    ranker.train()
    one, two = ranker(torch.ones(4, 3)), ranker(torch.ones(4, 3))
    assert torch.allclose(one, one[:, :1])
    assert not torch.allclose(one, two)
    ranker.eval()
    assert torch.equal(ranker(torch.ones(4, 3)), ranker(torch.ones(4, 3)))


def test_numpy_scores_as_torch_does():
    window = window_of(20)
    ranker, _ = fitted(window)
    with torch.no_grad():
        theirs = ranker(torch.tensor(window.values)).mean(dim=0).numpy()
    assert ranker_scores(ranker_arrays(ranker), window.values) == pytest.approx(theirs, abs=1e-5)


def test_the_same_seed_gives_the_same_ranker():
    one, two = (ranker_arrays(fitted(window_of(30))[0]) for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(("rows", "epochs"), [(10**9, 6), (6 * 30 * 4 + 1, 4), (6 * 30, 1), (1, 1)])
def test_large_windows_are_passed_over_less_often(rows, epochs):
    """180 candidates: as many epochs as the rows allow, but for the first one."""
    curves = train_ranker([window_of(30)], replace(CONFIG, rows=rows), seed=1, clock=lambda: 0.0)[1]
    assert len(curves.train) == epochs


def test_a_busy_machine_gives_the_same_ranker():
    now = iter(range(0, 10**9, 240))
    busy = train_ranker([window_of(30)], CONFIG, seed=1, clock=lambda: float(next(now)))[0]
    idle = fitted(window_of(30))[0]
    assert all(np.array_equal(ranker_arrays(busy)[name], ranker_arrays(idle)[name]) for name in ranker_arrays(idle))


def test_the_loss_is_the_cross_entropy_of_each_list():
    torch.manual_seed(0)
    zero, unit = torch.zeros(2), torch.ones(2)
    ranker = Ranker(CONFIG, mean=zero, scale=unit, generator=torch.Generator().manual_seed(3))
    values = torch.randn(1, 3, 2)
    labels = torch.tensor([[1.0, 0.0, 1.0]]).unsqueeze(2).repeat(1, 1, 3)
    allowed = torch.ones(1, 3, 3, dtype=torch.bool)
    found = float(listwise_loss(ranker, Batch(values, allowed, labels), 1.0).detach())
    with torch.no_grad():
        scores = ranker(values[0]).numpy()  # [m, 3, 3]
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    assert found == pytest.approx(-(logs[:, [0, 2]].mean(axis=1)).sum(), rel=1e-5)


def test_ndcg_is_that_of_the_evaluation_and_nan_where_nothing_was_bought():
    window = window_of(5)
    window.relevant[4] = 0
    ranker, _ = fitted(window)
    found = ndcg_of(ranker, window)
    scores = ranker_scores(ranker_arrays(ranker), window.values)
    for shopper in range(4):
        span = slice(6 * shopper, 6 * shopper + 6)
        order = np.argsort(-scores[span, 1], kind="stable")
        assert found[shopper, 1] == pytest.approx(float(metrics.ndcg(window.labels[span, 1][order], 1)))
    assert np.isnan(found[4]).all()
