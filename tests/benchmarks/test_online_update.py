"""The benchmark of updates: the share of a training's gain, and what an event costs."""

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from benchmarks.online_update import fold_in_ms, share_of_gain

STALE = np.array([0.1, 0.2, 0.3, 0.2])


def shares(ours, retrained):
    return share_of_gain(STALE, STALE + ours, STALE + retrained, np.random.default_rng(0))


def test_the_share_is_of_the_mean_gain_with_its_interval():
    found = shares(np.array([0.1, 0.0, 0.1, 0.2]), np.array([0.2, 0.1, 0.3, 0.2]))
    assert found["share_of_retrain"] == pytest.approx(0.5)
    assert found["share_of_retrain_low"] < 0.5 < found["share_of_retrain_high"]


@pytest.mark.parametrize(("ours", "share"), [(0.0, 0.0), (0.2, 1.0), (-0.1, -0.5)])
def test_nothing_is_none_and_all_is_one(ours, share):
    assert shares(ours, 0.2)["share_of_retrain"] == pytest.approx(share)


def test_of_a_training_that_gains_nothing_there_is_no_share():
    assert shares(0.1, 0.0) == {}
    assert shares(0.1, -0.1) == {}


def test_an_event_costs_something():
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    assert fold_in_ms(vectors, vectors.T @ vectors) > 0
