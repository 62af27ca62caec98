import subprocess
import sys
from datetime import timedelta

import numpy as np
import pytest

from recommendations import store
from recommendations.data.orders import PlacedLine, PlacedOrder
from recommendations.exceptions import LeaseLost, NotEnoughData
from recommendations.models import Artefact, ArtefactKind
from recommendations.selectors.histories import all_histories, shopper_history
from recommendations.services import record
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


@pytest.fixture
def faithful_shoppers():
    """60 shoppers who each come six times for goods of one of three kinds."""
    rng = np.random.default_rng(1)
    placed = []
    for shopper in range(60):
        for visit in range(6):
            goods = [f"k{shopper % 3}-{item}" for item in rng.choice(6, 2, replace=False)]
            lines = tuple(PlacedLine(product, 1, 1) for product in goods)
            at = NOW - timedelta(days=60 - visit * 10, minutes=shopper)
            placed.append(PlacedOrder(f"{shopper}-{visit}", lines, at, "EUR", f"user:{shopper}"))
    record.orders(placed)
    fold_all()


def test_a_trained_network_goes_live_with_its_figures(small, faithful_shoppers):
    artefact = train(progress=quietly, now=NOW)
    figures = store.live(ArtefactKind.NETWORK).metrics
    assert artefact.data_orders == 360
    assert figures["ndcg_10_network"] > figures["ndcg_10_most_popular"]
    assert {"ndcg_10", "ndcg_10_repeat", "shoppers", "cut", "epochs", "validations"} <= set(figures)
    assert 0 < figures["ndcg_10"] <= 1


@pytest.mark.parametrize("orders", [0, 5])
def test_too_little_data_is_said_with_what_is_needed(small, orders):
    for number in range(orders):
        make_order("a", "b", shopper=f"user:{number}")
    with pytest.raises(NotEnoughData, match="needs at least 20 shoppers who came back"):
        train(progress=quietly, now=NOW)


def test_a_network_that_learnt_nothing_is_refused_and_the_old_one_serves(small, faithful_shoppers, monkeypatch):
    first = train(progress=quietly, now=NOW)
    monkeypatch.setattr(train_module, "WORST_SHARE", 1e9)
    refused = train(progress=quietly, now=NOW)
    assert refused.status == "refused"
    assert "held-out" in refused.reason
    assert store.live(ArtefactKind.NETWORK).artefact_id == first.pk


def test_a_training_that_lost_its_lease_publishes_nothing(small, faithful_shoppers):
    def lost():
        raise LeaseLost

    with pytest.raises(LeaseLost):
        train(progress=quietly, now=NOW, still_ours=lost)
    assert not Artefact.objects.exists()


def test_a_history_is_what_was_kept_with_older_purchases_counting_less():
    make_order("a", "b", at=NOW - timedelta(days=90))
    make_order("a", at=NOW)
    gone = make_order("c")
    record.cancel(order_key=gone.key, key="c", at=NOW)
    history = shopper_history("user:1", now=NOW)
    weights = dict(zip(history.item_ids.tolist(), history.weights.tolist(), strict=True))
    assert sorted(weights.values()) == pytest.approx([0.5, 1.5])
    assert sorted(history.ages.tolist()) == [0, 90 * 86_400]
    assert len(shopper_history("user:2").item_ids) == 0


def test_one_query_reads_a_history(django_assert_num_queries):
    make_order("a")
    with django_assert_num_queries(1):
        shopper_history("user:1")


def test_all_histories_leave_guests_and_what_came_back_out():
    make_order("a", "b", shopper="user:1")
    make_order("a", shopper=None)
    refunded = make_order("c", shopper="user:2")
    record.refund(order_key=refunded.key, key="r", at=NOW)
    histories = all_histories()
    assert (len(histories), len(histories.items), len(histories.item_ids)) == (1, 2, 2)


def test_the_figures_choose_nothing(small, faithful_shoppers, monkeypatch):
    """What stops the training lies before the window of the published figures."""
    cuts, real = [], train_module.cut_in_time

    def noted(histories, *, share):
        split = real(histories, share=share)
        cuts.append(split)
        return split

    judged, some = [], train_module._some
    monkeypatch.setattr(train_module, "cut_in_time", noted)
    monkeypatch.setattr(train_module, "_some", lambda split, *rest: judged.append(split) or some(split, *rest))
    train(progress=quietly, now=NOW)
    reported, stopping = cuts
    assert judged == [stopping, reported]
    assert stopping.train.days.max() < stopping.cut < reported.cut


def test_a_network_of_no_numbers_is_refused_and_the_old_one_serves(small, faithful_shoppers, monkeypatch):
    first, exported = train(progress=quietly, now=NOW), train_module.as_arrays

    def spoilt(*args):
        arrays = exported(*args)
        return {**arrays, "bias": np.full_like(arrays["bias"], np.nan)}

    monkeypatch.setattr(train_module, "as_arrays", spoilt)
    assert train(progress=quietly, now=NOW).status == "refused"
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
