"""Files that are not what was published are refused, and nothing in them is run."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from recommendations import store
from recommendations.conf import store_dir
from recommendations.data.artefacts import Field
from recommendations.exceptions import ArtefactRefused
from recommendations.models import Artefact, LivePointer
from tests.store.published import NETWORK, arrays, flip, link, path_of, publish, reload, swap_in

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


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
