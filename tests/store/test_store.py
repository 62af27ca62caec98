"""What is published is served, rolled back and cleaned up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import transaction

from recommendations import store
from recommendations.conf import store_dir
from recommendations.exceptions import ArtefactRefused, LeaseLost
from recommendations.models import Artefact, LivePointer
from tests.factories import NOW
from tests.store.published import NETWORK, flip, path_of, publish, reload

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_what_is_published_is_served_from_the_file_read_only(django_assert_num_queries):
    artefact = publish(2.0)
    loaded = store.live(NETWORK)
    assert (loaded.artefact_id, loaded.data_sequence, loaded.metrics) == (artefact.pk, 7, {"ndcg_10": 0.2})
    assert loaded.arrays["inputs"].tolist() == [[2.0] * 4] * 3
    assert isinstance(loaded.arrays["inputs"].base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        loaded.arrays["inputs"][0, 0] = 1
    with django_assert_num_queries(1):
        assert store.live(NETWORK) is loaded


def test_nothing_published_is_nothing_live():
    assert store.live(NETWORK) is None


def test_a_new_version_replaces_the_old_one():
    publish(1.0)
    publish(2.0)
    assert store.live(NETWORK).arrays["inputs"][0, 0] == 2.0


def test_rolling_back_lets_the_version_before_serve():
    first, second = publish(1.0), publish(2.0)
    assert store.roll_back(NETWORK) == first
    assert store.live(NETWORK).artefact_id == first.pk
    with pytest.raises(ArtefactRefused, match="no earlier version"):
        store.roll_back(NETWORK)
    assert Artefact.objects.filter(pk=second.pk).exists()


def test_it_is_known_that_somebody_went_back_until_a_version_is_published():
    assert not store.is_rolled_back(NETWORK)
    publish(1.0)
    publish(2.0)
    assert not store.is_rolled_back(NETWORK)
    store.roll_back(NETWORK)
    assert store.is_rolled_back(NETWORK)
    store.refuse(NETWORK, reason="no better", metrics={}, data_sequence=0, data_orders=0)
    assert store.is_rolled_back(NETWORK)
    publish(3.0)
    assert not store.is_rolled_back(NETWORK)


def test_rolling_back_passes_over_a_spoilt_version():
    first, second = publish(1.0), publish(2.0)
    publish(3.0)
    flip(path_of(second))
    assert store.roll_back(NETWORK) == first


def test_whoever_lost_the_lease_publishes_nothing():
    first = publish(1.0)

    def lost():
        raise LeaseLost

    with pytest.raises(LeaseLost):
        publish(2.0, still_ours=lost)
    assert store.live(NETWORK).artefact_id == first.pk
    assert [path.name for path in store_dir().iterdir()] == [first.file]


@pytest.mark.parametrize("step", ["write_array", "os.fsync", "Path.replace", "Artefact.objects.create"])
def test_a_publication_that_dies_between_two_steps_leaves_nothing(monkeypatch, step):
    first = publish(1.0)

    def dies(*_args, **_options):
        raise KeyboardInterrupt

    owner, name = {
        "write_array": (np.lib.format, "write_array"),
        "os.fsync": (store.os, "fsync"),
        "Path.replace": (Path, "replace"),
        "Artefact.objects.create": (Artefact.objects, "create"),
    }[step]
    with monkeypatch.context() as patch, transaction.atomic():
        patch.setattr(owner, name, dies)
        with pytest.raises(KeyboardInterrupt):
            publish(2.0)
    assert [path.name for path in store_dir().iterdir()] == [first.file]
    assert reload().artefact_id == first.pk


def test_cleaning_removes_old_leftovers_and_files_beyond_the_newest(monkeypatch):
    monkeypatch.setattr(store, "FILES_KEPT", 2)
    made = [publish(float(number)) for number in range(4)]
    (store_dir() / f"network-{'0' * 32}.half").write_bytes(b"half")
    store.clean(NOW - timedelta(days=365))
    assert len(list(store_dir().iterdir())) == 5
    store.clean(NOW + timedelta(days=3_650))
    assert {path.name for path in store_dir().iterdir()} == {made[2].file, made[3].file}
    assert Artefact.objects.count() == 4


def test_cleaning_leaves_what_is_not_the_stores_alone():
    publish()
    (store_dir() / "shop.sqlite3").write_bytes(b"precious")
    (store_dir() / "folder").mkdir()
    store.clean(NOW + timedelta(days=3_650))
    assert len(list(store_dir().iterdir())) == 3


def test_a_version_that_got_the_id_of_a_lost_one_is_another_version():
    first = publish(1.0)
    assert store.live(NETWORK).arrays["inputs"][0, 0] == 1.0
    LivePointer.objects.all().delete()
    Artefact.objects.all().delete()
    second = publish(2.0)
    LivePointer.objects.all().delete()
    row = Artefact.objects.filter(pk=second.pk).values().get()
    Artefact.objects.all().delete()
    Artefact.objects.create(**{**row, "id": first.pk})
    LivePointer.objects.create(kind=NETWORK, artefact_id=first.pk)
    assert store.live(NETWORK).arrays["inputs"][0, 0] == 2.0


def test_a_process_keeps_few_versions_in_memory(monkeypatch):
    monkeypatch.setattr(store, "LOADED_KEPT", 3)
    for number in range(6):
        publish(float(number))
        assert store.live(NETWORK).arrays["inputs"][0, 0] == number
    assert len(store._loaded) == 3


def test_threads_that_ask_at_once_read_the_file_once(monkeypatch):
    artefact, read, reads = publish(), store._read, []

    def counted(stored):
        reads.append(stored.artefact.pk)
        return read(stored)

    monkeypatch.setattr(store, "_read", counted)
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(store._freshest, [artefact] * 20))
    assert reads == [artefact.pk]
    assert all(one is loaded[0] for one in loaded)
