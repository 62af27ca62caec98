"""A version's arrays are brought up to date: a second file on its row, which serves as long as it is whole."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from recommendations import store
from recommendations.conf import store_dir
from recommendations.exceptions import ArtefactRefused, LeaseLost
from recommendations.models import Artefact
from tests.factories import NOW
from tests.store.published import NETWORK, arrays, flip, link, path_of, publish, reload

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def refresh(artefact, value, *, sequence=8, **options):
    told = {"metrics": {"touched_items": 2}, "data_sequence": sequence, "now": NOW, **options}
    store.refresh(artefact.pk, arrays(value), **told)
    artefact.refresh_from_db()
    return store_dir() / artefact.refreshed["file"]


def says(loaded):
    return loaded.arrays["inputs"][0, 0]


def test_refreshed_arrays_serve_with_the_state_of_the_data_that_they_know(django_assert_num_queries):
    artefact = publish(1.0)
    assert (store.live(NETWORK).data_sequence, store.live(NETWORK).refreshed_at) == (7, None)
    refresh(artefact, 2.0)
    loaded = store.live(NETWORK)
    assert (says(loaded), loaded.artefact_id, loaded.metrics) == (2.0, artefact.pk, {"ndcg_10": 0.2})
    assert (loaded.data_sequence, loaded.refreshed_at, loaded.created_at) == (8, NOW, artefact.created_at)
    with django_assert_num_queries(1):
        assert store.live(NETWORK) is loaded


def test_the_arrays_of_the_training_are_there_beside_them():
    refresh(publish(1.0), 2.0)
    trained = store.trained(NETWORK)
    assert (says(trained), trained.data_sequence, trained.refreshed_at) == (1.0, 7, None)
    assert says(store.live(NETWORK)) == 2.0


def test_without_a_version_there_is_none_as_trained():
    assert store.trained(NETWORK) is None


@pytest.mark.parametrize(
    "spoil",
    [
        flip,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: link(path, path.with_name("elsewhere")),
    ],
    ids=["flipped bit", "truncated", "empty", "missing", "a link"],
)
def test_where_the_refreshed_file_is_spoilt_the_arrays_as_trained_serve(spoil, caplog):
    artefact = publish(1.0)
    spoil(refresh(artefact, 2.0))
    loaded = reload()
    assert (says(loaded), loaded.data_sequence, loaded.refreshed_at) == (1.0, 7, None)
    assert f"the refresh of version {artefact.pk} of network is refused: " in caplog.text
    caplog.clear()
    assert says(store.live(NETWORK)) == 1.0
    assert caplog.text == ""


def test_the_whole_file_of_another_refresh_is_refused():
    artefact, other = publish(1.0), publish(3.0)
    swapped = refresh(other, 4.0).read_bytes()
    path = refresh(artefact, 2.0)
    path.write_bytes(swapped)
    store.roll_back(NETWORK)
    assert says(reload()) == 1.0


@pytest.mark.parametrize(
    "told",
    [{"file": 3}, {"file": "../x.npz", "at": "soon"}, {"sha256": None}, {"size": "big"}, {"at": "2026-99-99T10:00"}],
)
def test_a_row_that_tells_nonsense_of_its_refresh_is_refused(told):
    artefact = publish(1.0)
    refresh(artefact, 2.0)
    Artefact.objects.filter(pk=artefact.pk).update(refreshed={**artefact.refreshed, **told})
    assert says(reload()) == 1.0


def test_where_the_file_of_the_training_is_spoilt_the_refreshed_one_serves():
    artefact = publish(1.0)
    refresh(artefact, 2.0)
    flip(path_of(artefact))
    assert says(reload()) == 2.0
    assert store.trained(NETWORK) is None


def test_with_both_files_spoilt_the_version_before_serves_as_it_was_refreshed():
    before, artefact = publish(1.0), publish(3.0)
    refresh(before, 2.0)
    for path in (path_of(artefact), refresh(artefact, 4.0)):
        flip(path)
    loaded = reload()
    assert (loaded.artefact_id, says(loaded)) == (before.pk, 2.0)


def test_rolling_back_takes_the_refresh_out_of_service():
    first, second = publish(1.0), publish(2.0)
    refresh(second, 3.0)
    assert says(store.live(NETWORK)) == 3.0
    store.roll_back(NETWORK)
    assert (store.live(NETWORK).artefact_id, says(store.live(NETWORK))) == (first.pk, 1.0)


def test_a_refresh_of_a_version_that_was_replaced_meanwhile_serves_nobody():
    first = publish(1.0)
    publish(2.0)
    refresh(first, 3.0)
    assert says(store.live(NETWORK)) == 2.0


def test_a_forgotten_refresh_serves_no_more():
    artefact = publish(1.0)
    refresh(artefact, 2.0)
    store.forget_refresh(artefact.pk)
    assert (says(store.live(NETWORK)), store.live(NETWORK).data_sequence) == (1.0, 7)


def test_arrays_that_break_the_schema_are_refused_and_what_served_goes_on():
    artefact = publish(1.0)
    refresh(artefact, 2.0)
    with pytest.raises(ArtefactRefused, match="inputs"):
        refresh(artefact, float("nan"))
    assert says(reload()) == 2.0


def test_whoever_lost_the_lease_refreshes_nothing():
    artefact = publish(1.0)
    served = refresh(artefact, 2.0)

    def lost():
        raise LeaseLost

    with pytest.raises(LeaseLost):
        refresh(artefact, 3.0, still_ours=lost)
    with pytest.raises(LeaseLost):
        store.forget_refresh(artefact.pk, still_ours=lost)
    assert {path.name for path in store_dir().iterdir()} == {artefact.file, served.name}
    assert says(reload()) == 2.0


def test_a_process_that_is_killed_before_the_row_is_written_leaves_the_former_refresh_in_service(monkeypatch):
    """What it wrote lies about until it is cleaned away; a kill gives nobody the time to delete it."""
    artefact = publish(1.0)
    refresh(artefact, 2.0)

    def killed():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store.Path, "unlink", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            refresh(artefact, 3.0, still_ours=killed)
    assert says(reload()) == 2.0
    assert len(list(store_dir().iterdir())) == 3
    store.clean(timezone.now() + timedelta(minutes=11))
    assert {path.name for path in store_dir().iterdir()} == {artefact.file, artefact.refreshed["file"]}


def test_cleaning_keeps_what_serves_and_deletes_replaced_refreshes_after_minutes(monkeypatch):
    monkeypatch.setattr(store, "FILES_KEPT", 2)
    made = [publish(float(number)) for number in range(3)]
    for number in range(3):
        refresh(made[2], 10.0 + number)
    refresh(made[0], 9.0)
    (store_dir() / f"network-refreshed-{'0' * 32}.half").write_bytes(b"half")
    now = timezone.now()
    store.clean(now + timedelta(minutes=9))
    assert len(list(store_dir().iterdir())) == 8
    store.clean(now + timedelta(minutes=11))
    kept = {*(one.file for one in made), made[2].refreshed["file"]}
    assert {path.name for path in store_dir().iterdir()} == kept, "files of versions stay for hours"
    store.clean(now + timedelta(hours=7))
    assert {path.name for path in store_dir().iterdir()} == {made[1].file, made[2].file, made[2].refreshed["file"]}
    assert says(reload()) == 12.0


def test_a_process_keeps_no_replaced_refresh_in_memory():
    artefact = publish(1.0)
    for number in range(4):
        refresh(artefact, float(number))
        assert says(store.live(NETWORK)) == number
        assert says(store.trained(NETWORK)) == 1.0
    assert {(version, file) for version, file, _ in store._loaded} == {
        (artefact.pk, artefact.file),
        (artefact.pk, artefact.refreshed["file"]),
    }


def test_a_refresh_to_the_same_arrays_knows_the_later_orders():
    artefact = publish(1.0)
    assert store.live(NETWORK).data_sequence == 7
    refresh(artefact, 1.0, sequence=8)
    assert store.live(NETWORK).data_sequence == 8
    refresh(artefact, 1.0, sequence=9)
    assert store.live(NETWORK).data_sequence == 9


def test_a_refreshed_file_may_be_replaced_while_it_is_mapped():
    artefact = publish(1.0)
    path = refresh(artefact, 2.0)
    loaded = store.live(NETWORK)
    refresh(artefact, 3.0)
    os.unlink(path)
    assert (says(loaded), says(store.live(NETWORK))) == (2.0, 3.0)


def test_what_serves_stays_in_memory_however_much_is_loaded_beside_it(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(store, "LOADED_KEPT", 3)
    serves = publish(1.0)
    told = (serves.pk, f"{serves.sha256} {{}}")
    loaded = store.pointed(NETWORK, told)
    for number in range(4):
        refresh(publish(2.0 + number), 9.0)
        store.live(NETWORK)
        with django_assert_num_queries(0):
            assert store.pointed(NETWORK, told) is loaded
