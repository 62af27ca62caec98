import io
import os
import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import transaction

from recommendations import store
from recommendations.conf import store_dir
from recommendations.data.artefacts import Field
from recommendations.exceptions import ArtefactRefused, LeaseLost
from recommendations.models import Artefact, ArtefactKind, LivePointer
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

NETWORK = ArtefactKind.NETWORK


SCHEMA = {
    "item_ids": Field("<i8", ("items",), ascends=True),
    "inputs": Field("<f4", ("items", "factors")),
    "outputs": Field("<f4", ("items", "factors")),
    "bias": Field("<f4", ("items",)),
}
"""Of a kind with few arrays: the store is the same for all."""


@pytest.fixture(autouse=True)
def fresh_store(settings, tmp_path, monkeypatch):
    monkeypatch.setitem(store.SCHEMAS, NETWORK, SCHEMA)
    settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "STORE_DIR": str(tmp_path / "store")}
    store._loaded.clear()


def arrays(value=1.0, **changes):
    return {
        "item_ids": np.array([3, 5, 8], dtype="<i8"),
        "inputs": np.full((3, 4), value, dtype="<f4"),
        "outputs": np.full((3, 4), value, dtype="<f4"),
        "bias": np.zeros(3, dtype="<f4"),
        **changes,
    }


def publish(value=1.0, **options):
    return store.publish(NETWORK, arrays(value), metrics={"ndcg_10": 0.2}, data_sequence=7, data_orders=9, **options)


def path_of(artefact):
    return store_dir() / artefact.file


def reload():
    store._loaded.clear()
    return store.live(NETWORK)


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


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "spoil",
    [
        flip,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"x" * path.stat().st_size),
    ],
    ids=["flipped bit", "truncated", "empty", "missing", "garbage"],
)
def test_a_spoilt_file_is_refused_and_the_previous_version_serves(spoil, caplog):
    good = publish(1.0)
    spoil(path_of(publish(2.0)))
    loaded = reload()
    assert loaded.artefact_id == good.pk
    assert "is refused" in caplog.text
    caplog.clear()
    assert store.live(NETWORK).artefact_id == good.pk
    assert caplog.text == ""


def test_a_value_that_only_the_checksum_can_tell_is_refused():
    """The file is in order, and longer than what the zip reader checks when it looks at an array's header."""
    good = publish(1.0)
    wide = np.full((3, 5_000), 2.0, dtype="<f4")
    bad = store.publish(NETWORK, arrays(inputs=wide, outputs=wide), metrics={}, data_sequence=0, data_orders=0)
    two, three = (np.array(value, dtype="<f4").tobytes() for value in (2, 3))
    data = path_of(bad).read_bytes()
    at = data.index(two * 15_000) + len(two) * 10_000
    path_of(bad).write_bytes(data[:at] + three + data[at + len(three) :])
    assert reload().artefact_id == good.pk


def test_with_every_file_spoilt_nothing_is_live():
    publish()
    for path in store_dir().iterdir():
        flip(path)
    assert reload() is None


def swap_in(artefact, content):
    """Put other content in the file's place, with a row that vouches for it: only the format is left to refuse it."""
    path_of(artefact).write_bytes(content)
    Artefact.objects.filter(pk=artefact.pk).update(size=len(content), sha256=store._sha256(path_of(artefact)))


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path("/tmp/basketry-bomb"),)  # noqa: S108


def test_a_pickle_in_an_artefact_is_never_run():
    good, bad = publish(1.0), publish(2.0)
    buffer = io.BytesIO()
    bombs = np.array([Bomb(), Bomb(), Bomb()], dtype=object)
    np.savez(buffer, **arrays(bias=bombs))
    swap_in(bad, buffer.getvalue())
    assert reload().artefact_id == good.pk
    swap_in(bad, pickle.dumps(Bomb()))
    assert reload().artefact_id == good.pk
    assert not Path("/tmp/basketry-bomb").exists()  # noqa: S108


@pytest.mark.parametrize(
    "changes",
    [
        {"bias": np.zeros(3, dtype="<f8")},
        {"bias": np.zeros(2, dtype="<f4")},
        {"bias": np.zeros((3, 1), dtype="<f4")},
        {"bias": np.array([0, np.nan, 0], dtype="<f4")},
        {"item_ids": np.array([5, 3, 8], dtype="<i8")},
        {"more": np.zeros(3)},
    ],
)
def test_arrays_of_another_shape_are_refused_at_both_ends(changes):
    with pytest.raises(ArtefactRefused):
        store.publish(NETWORK, arrays(**changes), metrics={}, data_sequence=0, data_orders=0)
    assert not LivePointer.objects.exists()
    good, bad = publish(1.0), publish(2.0)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays(**changes))
    swap_in(bad, buffer.getvalue())
    assert reload().artefact_id == good.pk


def test_a_compressed_file_is_refused():
    good, bad = publish(1.0), publish(2.0)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays())
    swap_in(bad, buffer.getvalue())
    assert reload().artefact_id == good.pk
    assert zipfile.is_zipfile(path_of(bad))


@pytest.mark.parametrize("name", ["../secret.npz", "/etc/passwd", "", "..", ".", "a/../b.npz", "no\x01such.npz"])
def test_a_path_out_of_the_store_is_refused(name):
    good, bad = publish(1.0), publish(2.0)
    path_of(bad).rename(store_dir().parent / "secret.npz")
    Artefact.objects.filter(pk=bad.pk).update(file=name)
    assert reload().artefact_id == good.pk


def test_the_whole_file_of_another_version_is_refused(caplog):
    good, other, bad = publish(1.0), publish(2.0), publish(3.0)
    Artefact.objects.filter(pk=other.pk).update(status="refused")
    path_of(bad).write_bytes(path_of(other).read_bytes())
    assert reload().artefact_id == good.pk
    assert "SHA-256 is not the one that was published" in caplog.text


def test_a_row_that_names_the_file_of_another_version_is_refused():
    good, bad = publish(1.0), publish(2.0)
    Artefact.objects.filter(pk=bad.pk).update(file=good.file)
    assert reload().artefact_id == good.pk


def link(path, elsewhere):
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def pipe(path, _elsewhere):
    path.unlink()
    os.mkfifo(path)


def folder(path, _elsewhere):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("place", [link, pipe, folder])
def test_what_is_no_regular_file_of_the_store_is_refused(place, tmp_path, caplog):
    """The link leads to the very bytes that were published: it is refused for being a link."""
    good, bad = publish(1.0), publish(2.0)
    place(path_of(bad), tmp_path / "elsewhere.npz")
    assert reload().artefact_id == good.pk
    assert "is refused" in caplog.text


def test_a_file_that_is_replaced_after_it_was_loaded_changes_nothing_until_it_is_read_again():
    good, bad = publish(1.0), publish(2.0)
    loaded, other = store.live(NETWORK), store_dir() / "other"
    other.write_bytes(b"x" * 10_000)
    other.replace(path_of(bad))
    assert store.live(NETWORK) is loaded
    assert loaded.arrays["outputs"].tolist() == [[2.0] * 4] * 3
    assert reload().artefact_id == good.pk


HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }"


@pytest.mark.parametrize("shape", ["(-3,)", "(4611686018427387907,)", "(3, 99999999999)", "(2,)", "(4,)", "[3]", "'3'"])
def test_a_shape_that_cannot_be_is_refused(shape):
    """Taken at its word, the second would be read as three numbers, the third as more memory than there is."""
    good, bad = publish(1.0), publish(2.0)
    text = (HEADER % shape).encode() + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(12)
    buffer = io.BytesIO()
    np.savez(buffer, **{name: array for name, array in arrays().items() if name != "bias"})
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("bias.npy", content)
    swap_in(bad, buffer.getvalue())
    assert reload().artefact_id == good.pk


@pytest.mark.parametrize(
    "changes",
    [
        {"offsets": [0, 2, 1, 3]},
        {"offsets": [1, 2, 2, 3]},
        {"offsets": [0, 1, 2, 2]},
        {"offsets": [0, 3]},
        {"columns": [0, 3, 1]},
        {"columns": [0, -1, 1]},
        {"columns": [0, 1]},
        {"weights": [0.5, np.inf, 0.5]},
    ],
)
def test_sparse_rows_that_lead_outside_are_refused_at_both_ends(changes, monkeypatch):
    schema = {
        "item_ids": Field("<i8", ("items",), ascends=True),
        "offsets": Field("<i8", ("items+1",), ends_at="nonzeros"),
        "columns": Field("<i4", ("nonzeros",), below="items"),
        "weights": Field("<f4", ("nonzeros",)),
    }
    monkeypatch.setitem(store.SCHEMAS, NETWORK, schema)
    plain = {"item_ids": [3, 5, 8], "offsets": [0, 2, 2, 3], "columns": [1, 2, 0], "weights": [0.5, 0.5, 1.0]}

    def typed(values):
        return {name: np.array(value, dtype=schema[name].dtype) for name, value in values.items()}

    with pytest.raises(ArtefactRefused):
        store.publish(NETWORK, typed(plain | changes), metrics={}, data_sequence=0, data_orders=0)
    good, bad = (store.publish(NETWORK, typed(plain), metrics={}, data_sequence=0, data_orders=0) for _ in range(2))
    assert reload().artefact_id == bad.pk
    buffer = io.BytesIO()
    np.savez(buffer, **typed(plain | changes))
    swap_in(bad, buffer.getvalue())
    assert reload().artefact_id == good.pk


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
