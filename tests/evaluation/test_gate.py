"""The gate: which network may serve."""

import json

import numpy as np
import pytest

from recommendations.evaluation import gate


def scores(rng, mean, *, shoppers=400, view="window"):
    """NDCG as it is: 0 for most shoppers."""
    return {view: np.where(rng.random(shoppers) < 0.3, rng.random(shoppers), 0.0) + mean}


def shifted(of, by):
    return {view: values + by for view, values in of.items()}


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def better(view="window", mean=0.1, low=0.05):
    return {view: gate.Bound(mean, 0.01, low, mean + 0.05, 100)}


def worse(view="window"):
    return {view: gate.Bound(-0.1, 0.01, -0.15, -0.05, 100)}


def even(view="window"):
    return {view: gate.Bound(0.0, 0.01, -0.02, 0.02, 100)}


def test_the_bound_of_ten_differences_is_students():
    """Nine shoppers gain nothing and one .1: mean .01, standard error .01, t(9) at 95 % is 1.833."""
    bound = gate.paired({"window": np.eye(10)[0] * 0.1}, {"window": np.zeros(10)})["window"]
    assert (bound.mean, bound.error, bound.shoppers) == (pytest.approx(0.01), pytest.approx(0.01), 10)
    assert bound.low == pytest.approx(0.01 - 1.8331 * 0.01, abs=1e-6)
    assert bound.high == pytest.approx(0.01 + 1.8331 * 0.01, abs=1e-6)


def test_several_views_share_the_error():
    ours = {"window": np.eye(10)[0], "new_items": np.eye(10)[0]}
    both = gate.paired(ours, {view: np.zeros(10) for view in ours})["window"]
    alone = gate.paired({"window": ours["window"]}, {"window": np.zeros(10)}, confidence=0.975)["window"]
    assert both == alone


def test_only_views_that_both_have_are_compared():
    assert list(gate.paired({"a": np.zeros(20), "b": np.zeros(20)}, {"b": np.zeros(20), "c": np.zeros(20)})) == ["b"]


def test_different_shoppers_cannot_be_paired():
    with pytest.raises(ValueError, match="window: 3 shoppers beside 2"):
        gate.paired({"window": np.zeros(3)}, {"window": np.zeros(2)})


def test_with_too_few_shoppers_nothing_is_beyond_chance():
    for shoppers in (0, 1, 9):
        bound = gate.paired({"window": np.ones(shoppers)}, {"window": np.zeros(shoppers)})["window"]
        assert not bound.is_better
        assert bound.as_json()["low"] is None
        json.dumps(bound.as_json(), allow_nan=False)


def test_a_network_that_is_better_than_most_popular_goes_live_where_nothing_does():
    verdict = gate.judge(floor=better(), habit=even(), live=None)
    assert verdict.passed
    assert verdict.reason.startswith("better than most popular: NDCG@10 +0.1000 of 100 shoppers")


def test_a_network_that_is_no_better_than_most_popular_has_learnt_nothing():
    verdict = gate.judge(floor=even(), habit=even(), live=None)
    assert not verdict.passed
    assert "it has learnt nothing" in verdict.reason
    assert "window: NDCG@10 +0.0000 of 100 shoppers, bounds -0.0200 and +0.0200" in verdict.reason
    assert not gate.judge(floor={}, habit=even(), live=None).passed


def test_one_better_view_is_enough_and_a_worse_one_is_told():
    assert gate.judge(floor=better("window") | even("new_items"), habit=even(), live=None).passed
    verdict = gate.judge(floor=better("window") | worse("new_items"), habit=even(), live=None)
    assert verdict.passed
    assert "(and worse on new_items: NDCG@10 -0.1000" in verdict.reason
    assert not gate.judge(floor=even("window") | worse("new_items"), habit=even(), live=None).passed


def test_worse_than_what_shoppers_buy_anyway_is_refused_whatever_it_gains_elsewhere():
    verdict = gate.judge(floor=better("new_items"), habit=worse("window") | better("next_basket"), live=None)
    assert not verdict.passed
    assert "it is worse than decayed personal frequency on window: NDCG@10 -0.1000" in verdict.reason
    assert verdict.as_json()["habit"]["window"]["high"] == -0.05


def test_worse_than_the_live_version_on_any_view_is_refused_with_the_figures():
    verdict = gate.judge(floor=better(), habit=even(), live=better("window") | worse("new_items"))
    assert not verdict.passed
    assert "worse than the live version on new_items: NDCG@10 -0.1000" in verdict.reason
    assert verdict.as_json()["live"]["new_items"] == {
        "mean": -0.1,
        "error": 0.01,
        "low": -0.15,
        "high": -0.05,
        "shoppers": 100,
    }


def test_as_good_as_the_live_version_goes_live_unless_staff_went_back_to_that():
    assert gate.judge(floor=better(), habit=even(), live=even()).passed
    verdict = gate.judge(floor=better(), habit=even(), live=even(), must_win=True)
    assert not verdict.passed
    assert "staff went back to the live version" in verdict.reason
    assert gate.judge(floor=better(), habit=even(), live=better(), must_win=True).passed


def test_a_clear_loss_is_seen_and_a_small_one_is_not(rng):
    live = scores(rng, 0.1)
    noise = rng.normal(0, 0.1, 400)
    assert gate.paired({"window": live["window"] - 0.03 + noise}, live)["window"].is_worse
    assert not gate.paired({"window": live["window"] - 0.001 + noise}, live)["window"].is_worse


def test_equals_are_refused_at_most_as_often_as_the_confidence_says(rng):
    """Two networks of the same quality, four views, 60 shoppers, 1,000 trainings."""
    refused = 0
    for _ in range(1_000):
        ours, theirs = (
            {f"view{number}": np.where(rng.random(60) < 0.3, rng.random(60), 0.0) for number in range(4)}
            for _ in range(2)
        )
        refused += any(bound.is_worse for bound in gate.paired(ours, theirs).values())
    assert 0 < refused <= 65


def test_a_lead_over_the_same_floor_is_compared_across_windows(rng):
    """The later window is easier for everybody: the means rise, the lead stays, and nobody is called better."""
    popular = {"window": scores(rng, 0.1)["window"]}
    ours = shifted(popular, 0.05)["window"] + rng.normal(0, 0.05, 400)
    before = gate.paired({"window": ours}, popular)
    easier = gate.paired({"window": ours + 0.2}, shifted(popular, 0.2))
    assert gate.unpaired(easier, before)["window"].mean == pytest.approx(0)
    fallen = gate.paired({"window": ours - 0.03}, popular)
    assert gate.unpaired(fallen, before)["window"].is_worse


def test_an_unpaired_difference_is_welchs():
    """Errors .03 and .04 give .05; equal sizes of 11 give 10 (.03^2 + .04^2)^2 / (.03^4 + .04^4) = 18.5 degrees."""
    one, other = (gate.Bound(mean, error, 0, 0, 11) for mean, error in ((0.5, 0.03), (0.4, 0.04)))
    bound = gate.unpaired({"window": one}, {"window": other})["window"]
    assert (bound.mean, bound.error) == (pytest.approx(0.1), pytest.approx(0.05))
    assert bound.low == pytest.approx(0.1 - 1.7316 * 0.05, abs=1e-4)
