import numpy as np
import pytest

from recommendations.data.histories import Histories
from recommendations.evaluation import metrics
from recommendations.evaluation.views import View, Window

HITS = np.array([False, True, True, False])
NONE = np.zeros(4, dtype=bool)


def test_metrics_by_hand():
    assert metrics.precision(HITS) == 0.5
    assert metrics.recall(HITS, 5) == pytest.approx(0.4)
    assert metrics.f1(HITS, 5) == pytest.approx(2 * 0.5 * 0.4 / 0.9)
    assert metrics.hit_rate(HITS) == 1
    assert metrics.reciprocal_rank(HITS) == 0.5
    gained = 1 / np.log2(3) + 1 / np.log2(4)
    assert metrics.ndcg(HITS, 2) == pytest.approx(gained / (1 + 1 / np.log2(3)))
    assert metrics.ndcg(HITS, 100) == pytest.approx(gained / (1 / np.log2(np.arange(2, 6))).sum())


def test_a_perfect_list_has_an_ndcg_of_one():
    assert metrics.ndcg(np.array([True, True, False]), 2) == pytest.approx(1)


def test_without_hits_everything_is_zero():
    values = [
        metrics.precision(NONE),
        metrics.recall(NONE, 0),
        metrics.f1(NONE, 3),
        metrics.hit_rate(NONE),
        metrics.reciprocal_rank(NONE),
        metrics.ndcg(NONE, 0),
    ]
    assert values == [0] * 6


def test_a_cut_in_time_keeps_the_future_out_of_training():
    shoppers = np.array([1, 1, 1, 2, 2, 3])
    items = np.array([10, 20, 30, 10, 40, 10])
    days = np.array([1.0, 2.0, 9.0, 3.0, 9.5, 10.0])
    histories = Histories.of(shoppers, items, days, np.arange(6))
    window = Window.of(histories, cut=9.0, days=2.0)
    asked = window.tests[View.WINDOW]
    assert window.train.days.max() < window.cut
    assert asked.shoppers.tolist() == [0, 1]
    assert [window.train.item_ids[asked[row]].tolist() for row in range(2)] == [[30], [40]]
    assert len(window.train) == len(histories)


def test_a_cut_of_a_cut_stays_before_the_first():
    days = np.arange(20.0)
    histories = Histories.of(np.repeat([1, 2], 10), np.arange(20) % 3, np.concatenate([days[::2], days[1::2]]), days)
    window = Window.of(histories, cut=17.0, days=3.0)
    earlier = Window.of(window.train, cut=15.0, days=2.0)
    assert earlier.train.days.max() < earlier.cut < window.cut
    assert len(earlier.tests[View.WINDOW]) == len(earlier.warm_shoppers) == 2
