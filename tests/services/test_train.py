import subprocess
import sys
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from recommendations import store
from recommendations.data.facts import Facts
from recommendations.data.orders import PlacedLine, PlacedOrder
from recommendations.data.texts import TextSpace
from recommendations.evaluation.baselines import most_popular
from recommendations.exceptions import LeaseLost, NotEnoughData
from recommendations.models import Artefact, ArtefactKind, Item
from recommendations.ranking import past as past_module
from recommendations.selectors import persons as persons_module
from recommendations.selectors.histories import all_histories
from recommendations.selectors.persons import person
from recommendations.services import gate, record
from recommendations.services import train as train_module
from recommendations.services.train import train
from tests.factories import NOW, fold_all, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fake_catalogue")]


def quietly(_fraction, _message):
    pass


@pytest.fixture
def small(settings, tmp_path):
    changes = {"STORE_DIR": str(tmp_path), "TRAIN_EPOCHS": 3, "TRAIN_FACTORS": 8}
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, **changes}
    store._loaded.clear()


def record_visits(goods_of, *, visits=range(6)):
    """60 shoppers who each come every ten days for two goods."""
    placed = []
    for shopper in range(60):
        for visit in visits:
            lines = tuple(PlacedLine(product, 1, 1) for product in goods_of(shopper))
            at = NOW - timedelta(days=60 - visit * 10, minutes=shopper)
            placed.append(PlacedOrder(f"{shopper}-{visit}", lines, at, "EUR", f"user:{shopper}"))
    record.orders(placed)
    fold_all()


@pytest.fixture
def faithful():
    """Goods of one of three kinds, always the shopper's own."""
    rng = np.random.default_rng(1)
    return lambda shopper: [f"k{shopper % 3}-{item}" for item in rng.choice(6, 2, replace=False)]


@pytest.fixture
def shuffled():
    """The same goods, each time of whatever kind: nothing is left to learn but what sells."""
    rng = np.random.default_rng(2)

    def goods(_shopper):
        return [f"k{item % 3}-{item // 3}" for item in rng.choice(18, 2, replace=False)]

    return goods


@pytest.fixture
def faithful_shoppers(faithful):
    record_visits(faithful)


def test_a_trained_network_goes_live_with_its_figures(small, faithful_shoppers):
    artefact = train(progress=quietly, now=NOW)
    figures = store.live(ArtefactKind.NETWORK).metrics
    assert artefact.data_orders == 360
    assert figures["ndcg_10"] > figures["ndcg_10_most_popular"]
    assert {"ndcg_10_repeat", "shoppers", "cut", "epochs", "windows", "gate", "trained_until"} <= set(figures)
    assert 0 < figures["ndcg_10"] <= 1
    ours = figures["table"]["window"]["ours"]["ndcg_10"]
    assert ours["low"] <= ours["value"] <= ours["high"]
    assert set(figures["table"]["window"]) >= {"most_popular", "recent_popular", "personal_frequency"}
    assert len(figures["curves"]["train"]) == len(figures["curves"]["validation"]) >= figures["curves"]["best_epoch"]
    assert figures["gate"]["passed"]
    assert "no version that serves" in figures["gate"]["reason"]


@pytest.mark.parametrize("orders", [0, 5])
def test_too_little_data_is_said_with_what_is_needed(small, orders):
    for number in range(orders):
        make_order("a", "b", shopper=f"user:{number}")
    with pytest.raises(NotEnoughData, match="needs at least 20 shoppers who came back"):
        train(progress=quietly, now=NOW)


def test_a_trained_network_keeps_what_turned_its_texts_into_vectors(small, faithful_shoppers, fake_catalogue):
    for key in Item.objects.values_list("key", flat=True):
        fake_catalogue.shelf[key] = Facts(key=key, title=f"Product of kind {key[:2]}", url="/")
    train(progress=quietly, now=NOW)
    network = store.live(ArtefactKind.NETWORK)
    vectors = TextSpace.from_arrays(network.arrays)(["Product of kind k1"])
    assert network.metrics["encoders"] == {"text": None, "image": None}
    assert vectors.shape == (1, network.arrays["texts"].shape[1])
    assert vectors.any()


def test_a_network_trained_on_shuffled_purchases_is_refused(small, shuffled):
    record_visits(shuffled)
    refused = train(progress=quietly, now=NOW)
    assert refused.status == "refused"
    assert "it has learnt nothing" in refused.reason
    assert store.live(ArtefactKind.NETWORK) is None


def test_shuffling_after_a_good_version_leaves_that_one_live(small, faithful_shoppers, shuffled):
    """What is left to chance passes once in 20 trainings at most, so one of five may."""
    train(progress=quietly, now=NOW)
    record_visits(shuffled, visits=range(6, 16))
    refused = 0
    for seed in range(5):
        live = store.live(ArtefactKind.NETWORK).artefact_id
        if train(progress=quietly, now=NOW, seed=seed).status == "refused":
            refused += 1
            assert store.live(ArtefactKind.NETWORK).artefact_id == live
    assert refused >= 4


def test_on_orders_that_the_live_version_never_saw_both_are_judged(small, faithful_shoppers, faithful):
    first = train(progress=quietly, now=NOW)
    record_visits(faithful, visits=(6,))
    second = train(progress=quietly, now=NOW)
    assert second.status == "published"
    gate = second.metrics["gate"]
    assert (gate["basis"], gate["live_version"]) == ("fresh", first.pk)
    assert gate["live"]["window"]["shoppers"] == 42, "of the latest tenth of the purchases"
    assert {"ours", "live"} <= set(second.metrics["table"]["window"])


def test_a_network_that_is_worse_than_the_live_one_is_refused_with_its_figures(
    small, faithful_shoppers, faithful, monkeypatch
):
    first = train(progress=quietly, now=NOW)
    record_visits(faithful, visits=(6,))
    scorer_of = train_module.scorer_of

    def forgetful(recommender, of, *, now):
        """The new recommender serves every other shopper bestsellers, the live one what it learnt."""
        known, bestsellers = scorer_of(recommender, of, now=now), most_popular(of)
        if isinstance(recommender.market.kinds.prices.base, np.memmap):
            return known
        return lambda who, view: np.where(who[:, None] % 2, known(who, view), bestsellers(who, view))

    monkeypatch.setattr(train_module, "scorer_of", forgetful)
    refused = train(progress=quietly, now=NOW)
    assert refused.status == "refused"
    assert refused.reason.startswith("it is worse than the live version on")
    assert refused.metrics["gate"]["live"]["window"]["high"] < 0
    assert store.live(ArtefactKind.NETWORK).artefact_id == first.pk


def test_without_enough_fresh_orders_the_live_versions_stored_figures_stand_for_it(small, faithful_shoppers):
    train(progress=quietly, now=NOW)
    second = train(progress=quietly, now=NOW)
    assert second.status == "published"
    assert second.metrics["gate"]["basis"] == "stored"
    assert second.metrics["gate"]["live"]["window"]["mean"] == 0, "the same orders give the same network"


def test_a_version_that_staff_went_back_from_does_not_come_back_by_training(small, faithful_shoppers):
    first = train(progress=quietly, now=NOW)
    train(progress=quietly, now=NOW)
    store.roll_back(ArtefactKind.NETWORK)
    again = train(progress=quietly, now=NOW)
    assert again.status == "refused"
    assert "staff went back to the live version" in again.reason
    assert store.live(ArtefactKind.NETWORK).artefact_id == first.pk
    wanted = train(progress=quietly, now=NOW, overrule_roll_back=True)
    assert store.live(ArtefactKind.NETWORK).artefact_id == wanted.pk


def test_a_version_of_before_there_was_a_gate_is_replaced_by_one_that_beats_the_floor(small, faithful_shoppers):
    first = train(progress=quietly, now=NOW)
    Artefact.objects.filter(pk=first.pk).update(metrics={"ndcg_10": 0.3})
    store._loaded.clear()
    second = train(progress=quietly, now=NOW)
    assert second.status == "published"
    assert "no version that serves" in second.metrics["gate"]["reason"]


def test_a_training_that_lost_its_lease_publishes_nothing(small, faithful_shoppers):
    def lost():
        raise LeaseLost

    with pytest.raises(LeaseLost):
        train(progress=quietly, now=NOW, still_ours=lost)
    assert not Artefact.objects.exists()


def test_a_history_is_what_was_kept_oldest_first():
    first = make_order("a", "b", at=NOW - timedelta(days=90))
    second = make_order("a", at=NOW)
    gone = make_order("c")
    record.cancel(order_key=gone.key, key="c", at=NOW)
    history = person("user:1").history
    assert (np.diff(history.days) >= 0).all()
    assert sorted(history.days - NOW.timestamp() / 86_400) == pytest.approx([-90, -90, 0])
    assert history.orders.tolist() == [first.pk, first.pk, second.pk]
    assert len(person("user:2").history) == 0


def test_all_histories_leave_guests_and_what_came_back_out():
    make_order("a", "b", shopper="user:1")
    make_order("a", shopper=None)
    refunded = make_order("c", shopper="user:2")
    record.refund(order_key=refunded.key, key="r", at=NOW)
    histories = all_histories()
    assert (len(histories), len(histories.items), len(histories.item_ids)) == (1, 2, 2)


def test_the_figures_choose_nothing(small, faithful_shoppers, monkeypatch):
    """What decides how long to train, and what the judged ranker learns from, ends where the judged window begins."""
    chosen, fitted, judged = [], [], []
    choose, fit, window_of = train_module.learning.choose_course, train_module.learning.fit_ranker, gate.window_of
    monkeypatch.setattr(gate, "window_of", lambda *args: judged.append(window_of(*args)) or judged[-1])
    monkeypatch.setattr(
        train_module.learning,
        "choose_course",
        lambda cuts, *args, **kw: chosen.append(cuts) or choose(cuts, *args, **kw),
    )
    monkeypatch.setattr(train_module.learning, "fit_ranker", lambda cuts, **kw: fitted.append(cuts) or fit(cuts, **kw))
    train(progress=quietly, now=NOW)
    (window,) = judged
    for cuts in (*chosen, fitted[0]):
        for cut in cuts:
            assert cut.until <= window.cut
    assert [len(cuts) for cuts in fitted] == [len(chosen[0]), len(chosen[0]) + 1]
    assert fitted[1][0].at == window.cut


def test_a_ranker_of_shuffled_labels_is_refused_by_the_gate(small, faithful_shoppers, monkeypatch):
    """Only what the ranker learns from is shuffled, within each shopper's candidates; the judged window is real.

    What nothing was learnt from ranks as it began, by the luck of the seed above or below most popular. As well as
    habit it ranks once in 20 trainings, so one of five may pass.
    """
    rng, real = np.random.default_rng(7), train_module.learning.cut_windows

    def shuffled(*args, **kwargs):
        judged, *earlier = real(*args, **kwargs)
        for cut in earlier:
            offsets, labels = cut.window.offsets, cut.window.labels
            for start, stop in pairwise(offsets):
                labels[start:stop] = rng.permutation(labels[start:stop])
        return [judged, *earlier]

    monkeypatch.setattr(train_module.learning, "cut_windows", shuffled)
    trained = [train(progress=quietly, now=NOW, seed=seed) for seed in range(3, 8)]
    refused = [artefact for artefact in trained if artefact.status == "refused"]
    assert len(refused) >= 4
    assert any("decayed personal frequency" in artefact.reason for artefact in refused)


def test_a_network_of_no_numbers_is_refused_and_the_old_one_serves(small, faithful_shoppers, monkeypatch):
    first, arrays_of = train(progress=quietly, now=NOW), train_module.learning.arrays_of

    def spoilt(*args):
        arrays = arrays_of(*args)
        return {**arrays, "ranker_bias_3": np.full_like(arrays["ranker_bias_3"], np.nan)}

    monkeypatch.setattr(train_module.learning, "arrays_of", spoilt)
    refused = train(progress=quietly, now=NOW)
    assert (refused.status, "ranker_bias_3" in refused.reason) == ("refused", True)
    assert store.live(ArtefactKind.NETWORK).artefact_id == first.pk


WEB = """
import sys, django
django.setup()
import config.urls, recommendations.tasks, recommendations.services.serve, django.contrib.admin
from django.contrib import admin
admin.autodiscover()
print("torch" in sys.modules)
"""


def test_the_web_process_never_imports_torch():
    answer = subprocess.run([sys.executable, "-c", WEB], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout.strip() == "False"


def test_curves_are_written_for_tensorboard_on_request(small, faithful_shoppers, tmp_path):
    pytest.importorskip("tensorboard")
    train(progress=quietly, now=NOW, tensorboard=tmp_path / "curves")
    assert list((tmp_path / "curves").glob("events.out.tfevents.*"))


def test_a_history_is_read_as_far_back_as_a_ranker_learns_from(small, faithful_shoppers, monkeypatch):
    monkeypatch.setattr(persons_module, "MOST_PURCHASES", 3)
    whole = all_histories()
    span = slice(whole.offsets[0], whole.offsets[1])
    assert len(person("user:0").history) == 3 < span.stop - span.start
    monkeypatch.setattr(past_module, "MOST_PURCHASES", 3)
    assert past_module.past_of(whole.items[span], whole.days[span], whole.orders[span], 1e6).lines == 3
