"""Orders change lists at three speeds: at once for whoever ordered, by a refresh for all, by a training in the end."""

from datetime import timedelta

import numpy as np
import pytest

from recommendations import store
from recommendations.catalogue import Facts
from recommendations.exceptions import DriftTooLarge, NotEnoughData, NothingChanged
from recommendations.models import Artefact, ArtefactKind, BasketTotals, Item, LivePointer
from recommendations.services import gate, record
from recommendations.services import refresh as refresh_module
from recommendations.services import train as train_module
from recommendations.services.refresh import refresh
from recommendations.services.train import train
from tests.factories import NOW, fold_all, make_order, tiny_network
from tests.services.asking import for_you
from tests.services.test_train import faithful, faithful_shoppers, quietly, record_visits, small  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fake_catalogue")]

LATER = NOW + timedelta(days=1)


@pytest.fixture
def network(small, faithful_shoppers, fake_catalogue):  # noqa: F811
    """Trained on 60 shoppers who buy goods of one of three kinds, `user:0` and every third after them of kind 0."""
    for key in Item.objects.values_list("key", flat=True):
        fake_catalogue.shelf[key] = Facts(key=key, title=f"Product {key}", url="/", categories=(key[:2],))
    return train(progress=quietly, now=NOW)


def told(shopper):
    """What the network suggests; what fills the list up is left out."""
    answer = for_you(shopper, now=LATER, limit=10)
    return [suggestion.item for suggestion in answer.items if suggestion.source == "network"]


def launch(catalogue, *, buyers, at=NOW + timedelta(hours=1), key="launched"):
    """Sell a new item of kind 0 to some of those who buy this kind, together with what they know."""
    catalogue.shelf[key] = Facts(key=key, title=f"Product k0-{key}", url="/", categories=("k0",))
    for shopper in buyers:
        make_order(key, "k0-0", "k0-1", shopper=f"user:{shopper}", at=at)
    fold_all(now=LATER)


def refreshed(**options):
    return refresh(progress=quietly, now=LATER, **options)


def arrays_that_serve():
    return {name: np.array(value) for name, value in store.live(ArtefactKind.NETWORK).arrays.items()}


def test_an_order_changes_the_shoppers_next_list_at_once(network):
    assert told("user:new") == []
    make_order("k1-0", "k1-1", shopper="user:new", at=NOW + timedelta(hours=1))
    fold_all(now=LATER)
    first = told("user:new")
    assert {key[:2] for key in first[:3]} == {"k1"}
    for _ in range(3):
        make_order("k2-0", "k2-1", "k2-2", "k2-3", shopper="user:new", at=NOW + timedelta(hours=2))
    fold_all(now=LATER)
    assert told("user:new") != first
    assert "k2" in {key[:2] for key in told("user:new")[:3]}
    serving = store.live(ArtefactKind.NETWORK)
    assert (serving.artefact_id, serving.refreshed_at) == (network.pk, None)


def test_after_a_refresh_an_item_that_was_new_is_suggested_to_who_never_bought_it(network, fake_catalogue):
    launch(fake_catalogue, buyers=range(0, 45, 3))
    assert "launched" not in told("user:57")
    figures = refreshed()
    assert "launched" in told("user:57")
    assert (figures["artefact"], figures["touched_items"], figures["new_items"]) == (network.pk, 3, 1)
    serving = store.live(ArtefactKind.NETWORK)
    assert serving.data_sequence == BasketTotals.objects.live().get().sequence > network.data_sequence
    assert serving.refreshed_at == LATER


def test_a_new_item_is_of_the_kind_that_the_catalogue_says(network, fake_catalogue):
    launch(fake_catalogue, buyers=range(0, 45, 3))
    refreshed()
    arrays, ids = arrays_that_serve(), dict(Item.objects.values_list("key", "pk"))
    new, known, other = (int(np.searchsorted(arrays["item_ids"], ids[key])) for key in ("launched", "k0-0", "k1-0"))
    assert arrays["groups"][new, 0] == arrays["groups"][known, 0] != arrays["groups"][other, 0]
    assert arrays["texts"][new].any()


def test_the_catalogue_is_not_asked_where_no_item_is_new(network, monkeypatch):
    monkeypatch.setattr(refresh_module, "describe_beside", None)
    make_order("k0-0", "k0-1", at=NOW + timedelta(hours=1))
    fold_all(now=LATER)
    assert refreshed()["new_items"] == 0


def test_two_refreshes_in_a_row_are_one_from_the_training(network, fake_catalogue):
    launch(fake_catalogue, buyers=range(0, 24, 3))
    refreshed()
    launch(fake_catalogue, buyers=range(24, 45, 3), at=NOW + timedelta(hours=2))
    refreshed()
    twice = arrays_that_serve()
    store.forget_refresh(network.pk)
    refreshed()
    once = arrays_that_serve()
    assert twice.keys() == once.keys()
    for name, value in once.items():
        np.testing.assert_array_equal(twice[name], value, err_msg=name)


def test_where_nothing_was_bought_since_it_says_so(network):
    with pytest.raises(NothingChanged, match=f"bought anything since version {network.pk} was trained"):
        refreshed()
    make_order("k0-0", "k0-1", shopper=None, at=NOW + timedelta(hours=1))
    fold_all(now=LATER)
    with pytest.raises(NothingChanged):
        refreshed()
    assert store.live(ArtefactKind.NETWORK).refreshed_at is None


def test_orders_that_are_taken_back_leave_the_arrays_as_trained(network):
    order = make_order("k0-0", "k0-1", at=NOW + timedelta(hours=1))
    fold_all(now=LATER)
    refreshed()
    record.cancel(order_key=order.key, key="c", at=LATER)
    fold_all(now=LATER)
    assert refreshed() == {"artefact": network.pk, "touched_items": 0, "new_items": 0, "drift": 0.0}
    assert store.live(ArtefactKind.NETWORK).refreshed_at is None


def test_without_a_network_or_the_end_of_its_training_it_says_what_is_needed(small):  # noqa: F811
    with pytest.raises(NotEnoughData, match=r"manage\.py train"):
        refreshed()
    version = tiny_network()
    with pytest.raises(NotEnoughData, match=f"version {version.pk} does not say until when it was trained"):
        refreshed()


def test_vectors_that_moved_too_far_leave_in_service_what_was(network, fake_catalogue):
    launch(fake_catalogue, buyers=range(0, 24, 3))
    refreshed()
    before = store.live(ArtefactKind.NETWORK)
    with pytest.raises(DriftTooLarge, match="retrain"):
        refreshed(drift_limit=1e-9)
    assert store.live(ArtefactKind.NETWORK) is before


def test_a_version_that_goes_live_during_a_refresh_serves_as_it_was_trained(network, fake_catalogue, monkeypatch):
    launch(fake_catalogue, buyers=range(0, 45, 3))
    calculate = refresh_module.refreshed

    def overtaken(arrays, *args, **options):
        found = calculate(arrays, *args, **options)
        store.publish(ArtefactKind.NETWORK, arrays, metrics={}, data_sequence=9, data_orders=9)
        return found

    monkeypatch.setattr(refresh_module, "refreshed", overtaken)
    assert refreshed()["artefact"] == network.pk
    serving = store.live(ArtefactKind.NETWORK)
    assert (serving.artefact_id, serving.refreshed_at) == (LivePointer.objects.get().artefact_id, None)
    assert serving.artefact_id != network.pk
    store.roll_back(ArtefactKind.NETWORK)
    assert store.live(ArtefactKind.NETWORK).refreshed_at == LATER


def test_the_gate_judges_the_live_version_as_it_was_trained(network, faithful, monkeypatch):  # noqa: F811
    """Its refreshed arrays know the very orders that the next training is judged on."""
    record_visits(faithful, visits=(6,))
    refreshed()
    assert store.live(ArtefactKind.NETWORK).refreshed_at == LATER
    planned, judged = [], []
    plan, of = gate.plan, train_module.Recommender.of
    monkeypatch.setattr(gate, "plan", lambda histories, live, **kw: planned.append(live) or plan(histories, live, **kw))
    monkeypatch.setattr(train_module.Recommender, "of", lambda arrays: judged.append(arrays) or of(arrays))
    second = train(progress=quietly, now=LATER)
    assert second.metrics["gate"]["basis"] == "fresh"
    assert [live.refreshed_at for live in planned] == [None]
    assert len(judged) == 1
    assert judged[0] is planned[0].arrays
    assert Artefact.objects.get(pk=network.pk).refreshed
